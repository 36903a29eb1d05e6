import { describe, expect, it } from 'vitest'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import { tinyBart } from '../train/testing.ts'
import { checkTiedTensors, sameTensor } from './stored-tensors.ts'

/** As much of a file as is asked for here. */
function fileOf(tensors: Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>) {
  return {
    names: Object.keys(tensors),
    describe: (name: string) => ({ dtype: 'F32', shape: tensors[name]!.shape, byteLength: 0 }),
    readPart: async (name: string, first: number, target: Float32Array) =>
      target.set(tensors[name]!.data.subarray(first, first + target.length)),
  } as unknown as SafetensorsFile
}

const long = (last: number) => {
  const data = new Float32Array(1025 * 1024)
  data[data.length - 1] = last
  return { shape: [1025, 1024], data }
}

describe('two tensors of a file', () => {
  it('are the same by shape and by every value', async () => {
    const file = fileOf({
      a: long(1),
      b: long(1),
      c: long(2),
      d: { ...long(1), shape: [1024, 1025] },
    })
    expect(await sameTensor(file, 'a', 'b')).toBe(true)
    expect(await sameTensor(file, 'a', 'c')).toBe(false)
    expect(await sameTensor(file, 'a', 'd')).toBe(false)
  })

  it('that stand for one parameter must be the same', async () => {
    const { family, configuration } = tinyBart()
    const table = (value: number) => ({ shape: [2, 2], data: new Float32Array(4).fill(value) })
    const names = { 'model.shared.weight': table(1), 'model.encoder.embed_tokens.weight': table(1) }
    await checkTiedTensors(family, configuration, fileOf(names), 'here')
    const head = fileOf({ ...names, 'lm_head.weight': table(2) })
    await expect(checkTiedTensors(family, configuration, head, 'here')).rejects.toMatchObject({
      code: 'tied-tensor',
      message: expect.stringMatching(/^here holds 'model.shared.weight' and 'lm_head.weight'/) as string,
    })
  })
})
