import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { tinyFolder, type TinyFolder } from '../generate/testing/tiny-folder.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { createProgram, runProgram } from './program.ts'
import { registerTokenizerExtend } from './tokenizer-extend.ts'

let folder: string
let model: TinyFolder
let stdout: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-extend-command-'))
  model = await tinyFolder('decoder')
  stdout = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(async () => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
  await model.remove()
})

async function extend(...words: string[]): Promise<number> {
  const program = createProgram()
  registerTokenizerExtend(program.command('tokenizer'))
  return runProgram(program, ['tokenizer', 'extend', ...words])
}

it('yuksu tokenizer extend reads texts or columns and writes a model with more tokens', async () => {
  const rows = join(folder, 'rows.jsonl')
  const row = JSON.stringify({ text: '국물이 진해요 육수가 진해요', dialogue: 'x' })
  writeFileSync(rows, `${row}\n${row}\n${row}\n`)
  const out = join(folder, 'out')
  expect(await extend(model.folder, rows, '--column', 'text', '--tokens', '7', '--out', out, '--json')).toBe(
    0,
  )
  const report = JSON.parse(stdout) as Record<string, unknown>
  expect(report).toMatchObject({ out, added: 7, dropped: 0, model: { type: 'f32' } })
  expect((await loadTokenizer(out)).vocabularySize).toBe(report.vocabularySize)
  expect(await extend(model.folder, rows, '--tokens', '0', '--out', out)).toBe(1)
})
