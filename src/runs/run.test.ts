import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createRun, isRun, openRun, readEvents } from './run.ts'
import type { RunEvent } from './run.ts'

let folder: string

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'yuksu-run-'))
  folder = join(root, 'runs', '요약')
  return () => rmSync(root, { recursive: true })
})

const recipe = {
  objective: 'sequence-to-sequence',
  train: { learningRate: 2e-5, warmupRatio: undefined, layers: [1, { a: 2 }] },
  data: { column: '대화' },
}
const settings = { recipe, seed: 7 }

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const found: RunEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

const file = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('createRun', () => {
  it('writes recipe, seed and versions, and refuses a folder that already holds a run', async () => {
    const run = await createRun(folder, settings)
    expect(parse(file('recipe.yaml'))).toEqual(JSON.parse(JSON.stringify(recipe)))
    expect(JSON.parse(file('run.json'))).toMatchObject({ seed: 7 })
    expect(JSON.parse(file('versions.json'))).toMatchObject({
      yuksu: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
      onnxruntimeNode: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(run.path('checkpoints', 'step-5')).toBe(join(folder, 'checkpoints', 'step-5'))
    run.close()
    run.close()
    await expect(createRun(folder, settings)).rejects.toMatchObject({ code: 'run-exists' })
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })

  it('says what to do where the folder cannot be made', async () => {
    mkdirSync(join(folder, '..'), { recursive: true })
    writeFileSync(folder, 'a file')
    await expect(createRun(folder, settings)).rejects.toMatchObject({ code: 'cannot-write' })
  })
})

describe('openRun', () => {
  it('lets only one at a time write', async () => {
    const run = await createRun(folder, settings)
    await expect(openRun(folder)).rejects.toMatchObject({ code: 'run-in-use' })
    run.close()
    ;(await openRun(folder)).close()
  })

  it('names the keys of a recipe that differ', async () => {
    ;(await createRun(folder, settings)).close()
    ;(await openRun(folder, { recipe: structuredClone(recipe), seed: 7 })).close()
    const other = { ...recipe, train: { learningRate: 1e-3, layers: [1, { a: 3 }] }, extra: true }
    const error = await openRun(folder, { recipe: other, seed: 8 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'recipe-changed' })
    for (const part of [
      'train.learningRate (0.00002 → 0.001)',
      'train.layers',
      'extra (absent → true)',
      'seed (7 → 8)',
    ]) {
      expect((error as Error).message).toContain(part)
    }
    expect((error as Error).message).not.toContain('data.column')
    ;(await openRun(folder)).close()
  })

  it('tidies what a kill left, and notes other versions', async () => {
    ;(await createRun(folder, settings)).close()
    mkdirSync(join(folder, 'checkpoints', '.step-5.0123456789ab.partial'), { recursive: true })
    writeFileSync(
      join(folder, 'versions.json'),
      file('versions.json').replace(process.versions.node, '18.0.0'),
    )
    const run = await openRun(folder)
    run.close()
    expect(existsSync(join(folder, 'checkpoints', '.step-5.0123456789ab.partial'))).toBe(false)
    expect(await collect(run.events())).toEqual([
      expect.objectContaining({
        type: 'versions-changed',
        changed: [{ key: 'node', before: '18.0.0', after: process.versions.node }],
      }),
    ])
  })

  it('refuses a folder that is no run and one that is damaged, and leaves no lock', async () => {
    expect(isRun(folder)).toBe(false)
    await expect(openRun(folder)).rejects.toMatchObject({ code: 'missing-run' })
    ;(await createRun(folder, settings)).close()
    writeFileSync(join(folder, 'recipe.yaml'), 'a: [')
    await expect(openRun(folder)).rejects.toMatchObject({ code: 'damaged-run' })
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })
})

describe('events', () => {
  it('can be read while they are written, and carry their time', async () => {
    const run = await createRun(folder, settings)
    expect(await collect(run.events())).toEqual([])
    const before = new Date().toISOString()
    const emitted = run.emit({ type: 'step', step: 1, loss: 2.5, sample: '안녕 😀' })
    expect(emitted.time >= before && emitted.time <= new Date().toISOString()).toBe(true)
    expect(await collect(readEvents(folder))).toEqual([
      { ...emitted, type: 'step', step: 1, loss: 2.5, sample: '안녕 😀' },
    ])
    run.close()
  })

  it('keep a loss that is no number', async () => {
    const run = await createRun(folder, settings)
    run.emit({ type: 'step', loss: Number.NaN, norms: [Infinity, 1] })
    run.close()
    expect(await collect(run.events())).toMatchObject([{ loss: 'NaN', norms: ['Infinity', 1] }])
  })

  it('pass over a cut-off last line, go on after it, and tell damage elsewhere', async () => {
    const run = await createRun(folder, settings)
    run.emit({ type: 'step', step: 1 })
    run.close()
    appendFileSync(run.path('events.jsonl'), Buffer.from('{"type":"step","text":"가').subarray(0, -1))
    expect(await collect(readEvents(folder))).toHaveLength(1)
    const again = await openRun(folder)
    again.emit({ type: 'step', step: 2 })
    again.close()
    expect((await collect(readEvents(folder))).map(({ step }) => step)).toEqual([1, 2])
    writeFileSync(run.path('events.jsonl'), `{"type":\n${file('events.jsonl')}`)
    await expect(collect(readEvents(folder))).rejects.toThrow(/line 1 of .*events\.jsonl is damaged/)
  })
})

describe('lineage', () => {
  it('hashes input files once each, also when asked for all at once', async () => {
    const run = await createRun(folder, settings)
    const paths = ['a', 'b', 'c'].map((name) => run.path(name))
    for (const path of paths) writeFileSync(path, 'abc')
    const recorded = await Promise.all([...paths, paths[0]!].map((path) => run.recordFile(path)))
    expect(recorded[0]).toEqual({
      path: paths[0],
      size: 3,
      // FIPS 180-2, appendix B.1
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    })
    expect(JSON.parse(file('lineage.json'))).toEqual({ files: recorded.slice(0, 3) })
    run.close()
  })

  it('refuses other content under the same path when the run goes on', async () => {
    const run = await createRun(folder, settings)
    writeFileSync(run.path('rows.jsonl'), '{}')
    await run.recordFile(run.path('rows.jsonl'))
    run.close()
    writeFileSync(run.path('rows.jsonl'), '[]')
    const again = await openRun(folder)
    await expect(again.recordFile(run.path('rows.jsonl'))).rejects.toMatchObject({ code: 'data-changed' })
    await expect(again.recordFile(run.path('none'))).rejects.toMatchObject({ code: 'missing-file' })
    again.close()
  })
})
