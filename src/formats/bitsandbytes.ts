// Weights as bitsandbytes saves them in 4 bits (NF4 or FP4; Dettmers et al., 2023, "QLoRA"), beside `NAME`:
//
//   NAME                                    U8, two codes a byte, the first in the high half, blocks over the flat weight
//   NAME.quant_map                          F32 [16], the number of each code
//   NAME.absmax                             F32, a scale for each block, or with double quantization U8 codes of it
//   NAME.nested_absmax, .nested_quant_map   F32, scales of blocks of those codes, and the number of each code
//   NAME.quant_state.bitsandbytes__nf4      U8, JSON with shape, block sizes and the offset of the scales
//
//   w = quant_map[code] · absmax,   absmax = nested_quant_map[code] · nested_absmax + nested_offset
import { z } from 'zod'
import { invalidSafetensors, quote } from './safetensors-header.ts'
import type { SafetensorsFile } from './safetensors-read.ts'

const stateName = /^(.+)\.quant_state\.bitsandbytes__(?:nf4|fp4)$/s
const parts = ['quant_map', 'absmax', 'nested_absmax', 'nested_quant_map'] as const

const size = z.number().int().positive()
const stateSchema = z.object({
  shape: z.array(size),
  blocksize: size,
  nested_blocksize: size.optional(),
  nested_offset: z.number().optional(),
})

type State = z.infer<typeof stateSchema>

/**
 * A file in which the weights that bitsandbytes stored in 4 bits are tensors of their own shape that read as f32; what belongs to their
 * codes is no longer among the names. A file without any is given back as it is. Throws `invalid-safetensors`, naming the tensor, where
 * the parts do not fit together.
 */
export async function withDecodedWeights(file: SafetensorsFile, source: string): Promise<SafetensorsFile> {
  const names = file.names.flatMap((name) => stateName.exec(name)?.[1] ?? [])
  if (names.length === 0) return file
  const states = new Map<string, State>()
  const hidden = new Set<string>()
  for (const name of names) {
    const stored = file.names.find((candidate) => stateName.exec(candidate)?.[1] === name)!
    states.set(name, checkedState(file, name, await file.readRaw(stored), source))
    for (const part of parts) hidden.add(`${name}.${part}`)
    hidden.add(stored)
  }

  async function readPart(name: string, first: number, target: Float32Array): Promise<void> {
    const state = states.get(name)
    if (state === undefined) return file.readPart(name, first, target)
    const values = await decoded(file, name, state)
    target.set(values.subarray(first, first + target.length))
  }

  return {
    ...file,
    names: file.names.filter((name) => !hidden.has(name)),
    has: (name) => file.has(name) && !hidden.has(name),
    describe(name) {
      const state = states.get(name)
      if (state === undefined) return file.describe(name)
      return { dtype: 'F32', shape: state.shape, byteLength: 4 * elements(state) }
    },
    read: async (name) => {
      const state = states.get(name)
      return state === undefined ? file.read(name) : decoded(file, name, state)
    },
    readInto: async (name, target) =>
      states.has(name) ? readPart(name, 0, target) : file.readInto(name, target),
    readPart,
    readRaw: async (name) => {
      const state = states.get(name)
      return state === undefined
        ? file.readRaw(name)
        : new Uint8Array((await decoded(file, name, state)).buffer)
    },
  }
}

/** Reads the state and checks the sizes of everything that belongs to it. */
function checkedState(file: SafetensorsFile, name: string, json: Uint8Array, source: string): State {
  const refuse = (why: string) =>
    invalidSafetensors(source, `the 4-bit weight ${quote(name)} of bitsandbytes ${why}`)
  let state: State
  try {
    state = stateSchema.parse(JSON.parse(new TextDecoder().decode(json)))
  } catch {
    throw refuse('has a quant_state that cannot be read')
  }
  const { shape, blocksize, nested_blocksize: nestedSize } = state
  const count = elements(state)
  const blocks = Math.ceil(count / blocksize)
  const nested = file.has(`${name}.nested_absmax`)
  const expected: [string, string, number][] = [
    [name, 'U8', Math.ceil(count / 2)],
    [`${name}.quant_map`, 'F32', 4 * 16],
    [`${name}.absmax`, nested ? 'U8' : 'F32', nested ? blocks : 4 * blocks],
  ]
  if (nested) {
    if (nestedSize === undefined || state.nested_offset === undefined)
      throw refuse('has no nested_blocksize or nested_offset')
    expected.push([`${name}.nested_absmax`, 'F32', 4 * Math.ceil(blocks / nestedSize)])
    expected.push([`${name}.nested_quant_map`, 'F32', 4 * 256])
  }
  for (const [tensor, dtype, bytes] of expected) {
    if (!file.has(tensor)) throw refuse(`has no tensor ${quote(tensor)}`)
    const given = file.describe(tensor)
    if (given.dtype !== dtype || given.byteLength !== bytes) {
      throw refuse(
        `of shape [${shape.join(', ')}] in blocks of ${blocksize} needs ${quote(tensor)} as ${bytes} bytes of ${dtype}, and it is ${given.byteLength} of ${given.dtype}`,
      )
    }
  }
  return state
}

async function decoded(file: SafetensorsFile, name: string, state: State): Promise<Float32Array> {
  const [codes, levels, scales] = [
    await file.readRaw(name),
    await file.read(`${name}.quant_map`),
    await readScales(file, name, state),
  ]
  const values = new Float32Array(elements(state))
  for (let index = 0; index < values.length; index++) {
    const byte = codes[index >> 1]!
    const code = (index & 1) === 0 ? byte >> 4 : byte & 15
    values[index] = levels[code]! * scales[Math.floor(index / state.blocksize)]!
  }
  return values
}

async function readScales(file: SafetensorsFile, name: string, state: State): Promise<Float32Array> {
  if (!file.has(`${name}.nested_absmax`)) return file.read(`${name}.absmax`)
  const [codes, levels, scales] = [
    await file.readRaw(`${name}.absmax`),
    await file.read(`${name}.nested_quant_map`),
    await file.read(`${name}.nested_absmax`),
  ]
  const offset = Math.fround(state.nested_offset!)
  return Float32Array.from(
    codes,
    (code, index) =>
      Math.fround(levels[code]! * scales[Math.floor(index / state.nested_blocksize!)]!) + offset,
  )
}

function elements({ shape }: State): number {
  return shape.reduce((product, size) => product * size, 1)
}
