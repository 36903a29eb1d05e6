import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openModel } from '../models/model.ts'
import { registerMerge } from './merge.ts'
import { createProgram, runProgram } from './program.ts'

const llama = join(import.meta.dirname, '../models/fixtures/llama')
let folder: string
let stdout: string
let stderr: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-merge-command-'))
  stdout = stderr = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += String(text))))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

async function merge(...words: string[]): Promise<number> {
  const program = createProgram()
  registerMerge(program)
  return runProgram(program, ['merge', ...words])
}

describe('yuksu merge', () => {
  it('writes a model of several, with the settings that were given', async () => {
    const out = join(folder, 'merged')
    const words = [
      '--method',
      'dare-ties',
      '--weights',
      '0.5,2',
      '--density',
      '0.5',
      '--seed',
      '3',
      '--scale',
      '0.9',
    ]
    expect(
      await merge(llama, llama, '--base', llama, ...words, '--out', out, '--type', 'bf16', '--json'),
    ).toBe(0)
    const report = JSON.parse(stdout) as Record<string, unknown>
    expect(report).toMatchObject({
      out,
      type: 'bf16',
      settings: { method: 'dare-ties', weights: [0.5, 2], density: 0.5, seed: 3, scale: 0.9 },
    })
    expect((await openModel(out)).parameterCounts.total).toBe(report['parameters'])
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({
      torch_dtype: 'bfloat16',
    })
  })

  it('writes a deeper model, of the layers given or of those by default', async () => {
    for (const [words, layers] of [
      [
        ['--upscale', '0-1,0,1'],
        [0, 1, 0, 1],
      ],
      [['--upscale'], [0, 1, 0, 1]],
    ] as const) {
      stdout = ''
      const out = join(folder, String(words.length))
      expect(await merge(llama, '--out', out, '--json', ...words)).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ layers })
      expect((await openModel(out)).configuration).toMatchObject({ layers: 4 })
    }
  })

  it.each([
    [[llama, llama, '--method', 'average', '--out', 'x'], /Allowed choices are linear, slerp/],
    [[llama, llama], /required option '--out/],
    [[llama, '--upscale', '0..3', '--out', 'x'], /ranges of layers such as 0-23,8-31/],
    [[llama, llama, '--upscale', '--out', 'x'], /given 2; give one model/],
    [[llama, '--upscale', '0-1', '--out', 'x', '--weights', '1'], /--upscale takes no --weights/],
    [[llama, llama, '--weights', '1,a', '--out', 'x'], /Expected a number/],
    [
      [llama, llama, '--method', 'ties', '--out', 'x'],
      /ties needs the model that the others were trained from/,
    ],
    [['nowhere-at-all', llama, '--out', 'x'], /nowhere-at-all/],
  ] as const)('%j fails with one line', async (words, message) => {
    expect(await merge(...words)).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.match(/\n/g)).toHaveLength(1)
  })
})
