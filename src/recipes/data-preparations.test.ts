import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { definePreparation } from '../data/prepare/recipe.ts'
import { prepare } from '../data/prepare/prepare.ts'
import { hashFile } from '../runs/lineage.ts'
import { dataPreparations, describePreparations } from './data-preparations.ts'

const scratch = mkdtempSync(join(tmpdir(), 'yuksu-preparations-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const words = (row: number) =>
  Array.from({ length: 20 }, (_, index) => `낱말${(row * 37 + index * index) % 101}`).join(' ')
const lines = (rows: readonly number[]) =>
  rows.map((row) => `${JSON.stringify({ text: words(row) })}\n`).join('')

describe('rows that yuksu prepare has written', () => {
  const out = join(scratch, 'prepared')
  const train = join(out, 'train.jsonl')

  beforeEach(async () => {
    rmSync(out, { recursive: true, force: true })
    const [input, evaluation] = [join(scratch, 'train.jsonl'), join(scratch, 'dev.jsonl')]
    writeFileSync(input, lines([1, 2, 3, 4, 5, 6]))
    writeFileSync(evaluation, lines([3, 90]))
    const recipe = definePreparation({
      steps: ['exact-duplicates', { contamination: { evaluation: [evaluation] } }],
    })
    await prepare({ files: [input], out, recipe, threads: 1 })
  })

  it('are known by their record, with what was found of evaluation rows', async () => {
    const [found, ...others] = await dataPreparations([await hashFile(train)])
    expect(others).toEqual([])
    expect(found).toMatchObject({ path: train, contamination: [{ dropped: 1 }] })
    expect(found!.steps.map(({ name }) => name)).toEqual(['exact-duplicates', 'contamination'])
    expect(describePreparations([found!]).join()).toMatch(/dev\.jsonl.*1 of 2/)
  })

  it('are not taken for them once they are others', async () => {
    writeFileSync(train, lines([1, 2]))
    expect(await dataPreparations([await hashFile(train)])).toEqual([])
  })

  it('are no preparation where the record is someone else’s, is of other files, or there is none', async () => {
    const other = join(out, 'other.jsonl')
    writeFileSync(other, lines([1]))
    expect(await dataPreparations([await hashFile(other)])).toEqual([])
    for (const text of ['{}', 'no JSON']) {
      writeFileSync(join(out, 'preparation.json'), text)
      expect(await dataPreparations([await hashFile(train)])).toEqual([])
    }
    expect(await dataPreparations([await hashFile(join(scratch, 'train.jsonl'))])).toEqual([])
  })
})
