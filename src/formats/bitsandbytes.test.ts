import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openSafetensors,
  openSafetensorsFolder,
  type SafetensorsFile,
  type TensorData,
  writeSafetensors,
} from './safetensors.ts'

const fixture = join(import.meta.dirname, 'fixtures/bitsandbytes.safetensors')
let folder: string
let file: SafetensorsFile

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-bitsandbytes-'))
  cpSync(fixture, join(folder, 'model.safetensors'))
  file = await openSafetensorsFolder(folder)
})
afterAll(async () => {
  await file.close()
  rmSync(folder, { recursive: true })
})

describe('weights that bitsandbytes stored in 4 bits', () => {
  it('are tensors of their own shape, and nothing else of them is seen', async () => {
    expect([...file.names].filter((name) => !name.startsWith('decoded.')).sort()).toEqual([
      'floating.weight',
      'nested.weight',
      'norm.weight',
      'plain.weight',
    ])
    expect(file.describe('plain.weight')).toEqual({ dtype: 'F32', shape: [13, 30], byteLength: 1560 })
    expect(file.has('plain.weight.absmax')).toBe(false)
    expect([...(await file.read('norm.weight'))]).toEqual(Array(8).fill(1))
  })

  it.each(['plain.weight', 'nested.weight', 'floating.weight'])(
    '%s reads as the numbers that bitsandbytes decodes',
    async (name) => {
      const expected = await file.read(`decoded.${name}`)
      const values = await file.read(name)
      expect(values.length).toBe(expected.length)
      const difference = Math.max(...values.map((value, index) => Math.abs(value - expected[index]!)))
      expect(difference).toBeLessThan(1e-6)
      const target = new Float32Array(expected.length)
      await file.readInto(name, target)
      expect(target).toEqual(values)
      const part = new Float32Array(7)
      await file.readPart(name, 70, part)
      expect([...part]).toEqual([...values.subarray(70, 77)])
    },
  )

  it.each([
    ['plain.weight.absmax', undefined, /has no tensor "plain.weight.absmax"/],
    ['plain.weight', { shape: [10], data: new Uint8Array(10) }, /needs "plain.weight" as 195 bytes of U8/],
    ['nested.weight.nested_absmax', { shape: [1], data: new Float32Array(1) }, /needs ".*nested_absmax"/],
    [
      'plain.weight.quant_state.bitsandbytes__nf4',
      { shape: [2], data: Uint8Array.from(Buffer.from('{}')) },
      /quant_state that cannot be read/,
    ],
  ] as const)('are refused where %s is missing or wrong', async (name, replacement, message) => {
    const raw = await openSafetensors(fixture)
    const tensors: TensorData[] = []
    for (const other of raw.names) {
      const { dtype, shape } = raw.describe(other)
      if (other !== name) tensors.push({ name: other, shape, dtype, data: await raw.readRaw(other) })
    }
    await raw.close()
    if (replacement) tensors.push({ name, ...replacement })
    const broken = mkdtempSync(join(folder, 'broken-'))
    await writeSafetensors(join(broken, 'model.safetensors'), tensors)
    const error = await openSafetensorsFolder(broken).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid-safetensors', message: expect.stringMatching(message) })
  })
})
