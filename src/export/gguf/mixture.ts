/**
 * Which tensor is in which type: llama.cpp's rules (tools/quantize, src/llama-quant.cpp) for files made without a calibration matrix. Norms,
 * biases and tables of positions stay in f32; the output, or the embeddings where they are the output too, has more bits than the rest,
 * and with q4_k_m so have the values of attention and the second half of the feed-forward block in half of the layers.
 */
import type { GgufTensorTypeName } from '../../formats/gguf/tensor-types.ts'
import { ggufTensorTypes } from '../../formats/gguf/tensor-types.ts'

/** What most of a file's tensors are in, with its number in the metadata. */
export const ggufFileTypes = {
  f32: { most: 'F32', number: 0 },
  f16: { most: 'F16', number: 1 },
  q8_0: { most: 'Q8_0', number: 7 },
  q4_0: { most: 'Q4_0', number: 2 },
  q4_k_m: { most: 'Q4_K', number: 15 },
} as const satisfies Record<string, { most: GgufTensorTypeName; number: number }>

export type GgufFileType = keyof typeof ggufFileTypes

interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
}

/** The type of each tensor, in their order, which is that of the layers. */
export function chooseTypes(tensors: readonly NamedTensor[], fileType: GgufFileType): GgufTensorTypeName[] {
  const { most } = ggufFileTypes[fileType]
  const isTied = !tensors.some(({ name }) => name === 'output.weight')
  const kinds = [/\.attn_(v|qkv)\.weight$/, /\.ffn_down\.weight$/].map((pattern) => ({
    pattern,
    total: tensors.filter(({ name }) => pattern.test(name)).length,
    met: 0,
  }))
  return tensors.map(({ name, shape }) => {
    if (!isNarrowed({ name, shape })) return 'F32'
    if (most === 'F32' || most === 'F16') return most
    const columns = shape.at(-1)!
    if (name === 'output.weight' || (isTied && name === 'token_embd.weight'))
      return fallback(outputType(most, columns), columns)
    const kind = kinds.find(({ pattern }) => pattern.test(name))
    const richer = kind !== undefined && fileType === 'q4_k_m' && hasMoreBits(kind.met++, kind.total)
    return fallback(richer ? 'Q6_K' : most, columns)
  })
}

/** The first and the last eighth of the layers, and every third between them. */
function hasMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8)
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2
}

function isNarrowed({ name, shape }: NamedTensor): boolean {
  return (
    shape.length >= 2 &&
    name.endsWith('weight') &&
    !name.includes('_norm.weight') &&
    name !== 'position_embd.weight' &&
    name !== 'token_types.weight'
  )
}

function outputType(most: GgufTensorTypeName, columns: number): GgufTensorTypeName {
  if (most === 'Q8_0' || columns % ggufTensorTypes[most].blockLength !== 0) return 'Q8_0'
  return 'Q6_K'
}

/** Rows that are not whole blocks of 256 go into blocks of 32, and where they are not whole ones of these either stay in 16 bits. */
function fallback(type: GgufTensorTypeName, columns: number): GgufTensorTypeName {
  const fits = (candidate: GgufTensorTypeName) => columns % ggufTensorTypes[candidate].blockLength === 0
  if (fits(type)) return type
  const shorter = type === 'Q4_K' ? 'Q5_0' : type === 'Q6_K' ? 'Q8_0' : type
  return fits(shorter) ? shorter : 'F16'
}
