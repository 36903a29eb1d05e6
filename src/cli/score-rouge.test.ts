import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RougeReport } from '../evaluate/metrics/rouge.ts'
import { registerScoreRouge } from './score-rouge.ts'

let folder = ''
const out = vi.spyOn(console, 'log')
const err = vi.spyOn(console, 'error')
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-rouge-'))
  out.mockReset().mockReturnValue()
  err.mockReset().mockReturnValue()
})
afterEach(() => rm(folder, { recursive: true }))

async function run(references: string, predictions: string, ...options: string[]): Promise<string> {
  const files = [join(folder, 'references.txt'), join(folder, 'predictions.txt')] as const
  await writeFile(files[0], references)
  await writeFile(files[1], predictions)
  const score = new Command('score').exitOverride()
  registerScoreRouge(score)
  await score.parseAsync(['rouge', '--references', files[0], '--predictions', files[1], ...options], {
    from: 'user',
  })
  return out.mock.calls.map((call) => String(call[0])).join('\n')
}

it('prints one JSON object with scores and intervals', async () => {
  const report = JSON.parse(await run('a b c d\nx\n', 'a b\nx\n', '--json')) as RougeReport
  expect(report).toMatchObject({ language: 'en', unit: 'word', rows: 2 })
  expect(report.rouge1).toMatchObject({ precision: 1, recall: 0.75 })
  expect(report.rouge2.recall).toBeCloseTo(1 / 6, 12)
  expect(report.rougeL.interval.recall).toEqual([0.5, 1])
  expect(out).toHaveBeenCalledTimes(1)
  expect(err).not.toHaveBeenCalled()
})

it('stems when told to', async () => {
  const plain = JSON.parse(await run('running\n', 'runs\n', '--json')) as RougeReport
  out.mockClear()
  const stemmed = JSON.parse(await run('running\n', 'runs\n', '--json', '--stem')) as RougeReport
  expect([plain.rouge1.f1, stemmed.rouge1.f1]).toEqual([0, 1])
})

it.each([
  [[], 'tokens: Korean by morpheme (garu-ko)'],
  [['--unit', 'word', '--language', 'ko'], 'tokens: Korean by word (eojeol)'],
  [['--unit', 'character'], 'tokens: by character'],
  [['--language', 'en', '--stem'], 'tokens: English by word (as rouge_score), stemmed'],
])('names in the table how %j cut the text, and Korean never scores 0', async (options, tokens) => {
  const table = await run('학교에 갔다\n', '학교에 간다\n', ...options)
  expect(table).toContain(tokens)
  expect(table).toMatch(/ROUGE-1 +0\.[1-9]/)
})

it('says on stderr how many rows had nothing to score', async () => {
  await run('a\nb\n', 'a\n\n')
  expect(err).toHaveBeenCalledWith('1 of 2 predictions have no tokens and score 0')
})

it('refuses files of different length', async () => {
  await expect(run('a\nb\n', 'a\n')).rejects.toMatchObject({ code: 'row-count' })
  expect(out).not.toHaveBeenCalled()
})
