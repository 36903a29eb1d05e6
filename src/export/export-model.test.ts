import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensorsFolder } from '../formats/safetensors.ts'
import { openTextModel } from '../generate/text-model.ts'
import { tinyFolder } from '../generate/testing/tiny-folder.ts'
import { openModel } from '../models/model.ts'
import { type ExportFormat, exportModel, exportTypes } from './export-model.ts'

const folders: Record<'decoder' | 'encoder-decoder', string> = { decoder: '', 'encoder-decoder': '' }
const scratch = mkdtempSync(join(tmpdir(), 'yuksu-export-'))
const place = (name: string) => join(scratch, name)

beforeAll(async () => {
  for (const kind of ['decoder', 'encoder-decoder'] as const) folders[kind] = (await tinyFolder(kind)).folder
})
afterAll(() => {
  for (const folder of [...Object.values(folders), scratch]) rmSync(folder, { recursive: true })
})

describe.each(['decoder', 'encoder-decoder'] as const)('a %s in safetensors', (kind) => {
  it.each([
    ['f16', 'F16', 2 ** -11],
    ['bf16', 'BF16', 2 ** -8],
    ['f32', 'F32', 0],
  ] as const)('%s holds every weight rounded, and opens as a model', async (type, stored, share) => {
    const out = place(`${kind}-${type}`)
    const report = await exportModel(folders[kind], { format: 'safetensors', out, type })
    const file = await openSafetensorsFolder(out)
    const { parameters } = await openModel(folders[kind])
    for (const [name, { data }] of parameters) {
      expect(file.describe(name).dtype).toBe(stored)
      const values = await file.read(name)
      expect(
        values.every(
          (value, index) => Math.abs(value - data[index]!) <= share * Math.abs(data[index]!) + 1e-7,
        ),
      ).toBe(true)
    }
    await file.close()
    expect(report.tensors).toEqual({ [stored]: parameters.size })
    const [comparison] = report.comparisons
    expect(comparison!.largestDifference > 0).toBe(share > 0)
    expect(comparison!.largestDifference).toBeLessThan(0.1)
    const json = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, unknown>
    expect(json.torch_dtype).toBe({ f16: 'float16', bf16: 'bfloat16', f32: 'float32' }[type])
    const text = await openTextModel(out)
    expect((await text.write(['안녕하세요']))[0]!.outputTokens).toBeGreaterThan(0)
    await text.release()
  })

  it('in shards is the same model, and no tensor is asked for twice', async () => {
    const out = place(`${kind}-shards`)
    const order: number[] = []
    const onProgress = (written: number) => order.push(written)
    const report = await exportModel(folders[kind], {
      format: 'safetensors',
      out,
      type: 'f32',
      maxShardBytes: 30_000,
      onProgress,
    })
    const shards = readdirSync(out).filter((name) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(name))
    expect(shards.length).toBeGreaterThan(2)
    expect(report.comparisons[0]!.largestDifference).toBe(0)
    expect(order).toEqual(Array.from({ length: report.tensors.F32! }, (_, index) => index + 1))
  })
})

it('keeps what config.json says besides, without the type that was', async () => {
  const path = join(folders.decoder, 'config.json')
  const before = readFileSync(path, 'utf8')
  const given = { ...(JSON.parse(before) as object), dtype: 'bfloat16', id2label: { 0: '가' } }
  writeFileSync(path, JSON.stringify(given))
  await exportModel(folders.decoder, { format: 'safetensors', out: place('config'), compare: false })
  writeFileSync(path, before)
  const json = JSON.parse(readFileSync(join(place('config'), 'config.json'), 'utf8')) as Record<
    string,
    unknown
  >
  expect(json).toMatchObject({ id2label: { 0: '가' }, torch_dtype: 'float16' })
  expect(json).not.toHaveProperty('dtype')
})

describe('what is refused, in one line, leaving what is there', () => {
  const line = expect.stringMatching(/^[^\n]+$/) as string
  const attempt = (format: string, out: string, more: object = {}) =>
    exportModel(folders.decoder, { format: format as ExportFormat, out, compare: false, ...more })

  it('a format or a type that is not known, naming those there are', async () => {
    await expect(attempt('pickle', place('x'))).rejects.toMatchObject({
      code: 'export-format',
      message: expect.stringContaining('gguf') as string,
    })
    for (const [format, types] of Object.entries(exportTypes)) {
      await expect(attempt(format, place('x'), { type: 'q3' })).rejects.toMatchObject({
        code: 'export-type',
        message: expect.stringContaining(types.join(', ')) as string,
      })
    }
  })

  it('something in the way', async () => {
    mkdirSync(place('full'))
    writeFileSync(place('full/mine'), 'mine')
    for (const format of ['gguf', 'safetensors']) {
      await expect(attempt(format, place('full'))).rejects.toMatchObject({
        code: 'folder-in-the-way',
        message: line,
      })
    }
    await expect(attempt('safetensors', place('full/mine'))).rejects.toMatchObject({
      code: 'file-in-the-way',
    })
    await expect(attempt('safetensors', folders.decoder)).rejects.toMatchObject({ code: 'folder-in-the-way' })
    await expect(attempt('gguf', place('none/model.gguf'))).rejects.toMatchObject({ code: 'cannot-write' })
    expect(readFileSync(place('full/mine'), 'utf8')).toBe('mine')
    expect(readdirSync(place('full'))).toEqual(['mine'])
  })

  it('a folder that is no model', async () => {
    const given = exportModel(scratch, { format: 'gguf', out: place('x.gguf') })
    await expect(given).rejects.toMatchObject({ code: 'no-model', message: line })
  })
})

describe('a disk that fills up', () => {
  const disk = mountSmallDisk()

  it.skipIf(disk === undefined)('leaves nothing behind (skipped where tmpfs cannot be mounted)', async () => {
    try {
      for (const [format, out] of [
        ['gguf', join(disk!, 'model.gguf')],
        ['safetensors', join(disk!, 'model')],
      ] as const) {
        const given = exportModel(folders.decoder, { format, out, type: 'f32' })
        await expect(given).rejects.toMatchObject({ code: 'disk-full' })
        expect(readdirSync(disk!)).toEqual([])
      }
    } finally {
      execFileSync('umount', ['-l', disk!])
      rmSync(disk!, { recursive: true })
    }
  })
})

/** A file system of a few kilobytes, where the machine lets us mount one. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-export-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}
