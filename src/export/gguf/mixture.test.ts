import { describe, expect, it } from 'vitest'
import { familyOfType } from '../../models/families.ts'
import { llamaArchitecture } from './decoders.ts'
import { planTensors } from './architecture.ts'
import { chooseTypes, type GgufFileType } from './mixture.ts'

/** The types of a Llama's tensors by their names, as `llama-quantize` of llama.cpp chose them for files of the same sizes. */
function typesOf(fileType: GgufFileType, changes: Partial<typeof wide> = {}): (name: string) => string {
  const family = familyOfType('llama', 'a test')
  const parameters = family.parameters(family.parseConfiguration({ ...wide, ...changes }))
  const planned = planTensors(llamaArchitecture, parameters)
  const types = chooseTypes(planned, fileType)
  return (name) => types[planned.findIndex((tensor) => tensor.name === name)]!
}

const wide = {
  model_type: 'llama',
  vocab_size: 320,
  hidden_size: 256,
  num_hidden_layers: 16,
  num_attention_heads: 4,
  intermediate_size: 512,
  tie_word_embeddings: false,
}

describe('the types of a file', () => {
  it.each(['f16', 'q8_0', 'q4_0', 'q4_k_m'] as const)('%s leaves norms in f32', (fileType) => {
    const typeOf = typesOf(fileType)
    for (const name of ['output_norm.weight', 'blk.3.attn_norm.weight', 'blk.3.ffn_norm.weight'])
      expect(typeOf(name)).toBe('F32')
  })

  it('gives the output more bits, and the embeddings where they are the output', () => {
    for (const fileType of ['q4_0', 'q4_k_m'] as const) {
      const most = { q4_0: 'Q4_0', q4_k_m: 'Q4_K' }[fileType]
      const apart = typesOf(fileType)
      expect([apart('output.weight'), apart('token_embd.weight')]).toEqual(['Q6_K', most])
      expect(typesOf(fileType, { tie_word_embeddings: true })('token_embd.weight')).toBe('Q6_K')
    }
    expect(typesOf('q8_0')('output.weight')).toBe('Q8_0')
  })

  it('q4_k_m gives values and what leads down more bits in the first and last eighth and every third layer between', () => {
    const typeOf = typesOf('q4_k_m')
    const richer = Array.from({ length: 16 }, (_, layer) => layer).filter(
      (layer) => typeOf(`blk.${layer}.attn_v.weight`) === 'Q6_K',
    )
    expect(richer).toEqual([0, 1, 4, 7, 10, 13, 14, 15])
    expect(richer.every((layer) => typeOf(`blk.${layer}.ffn_down.weight`) === 'Q6_K')).toBe(true)
    expect(typeOf('blk.0.attn_q.weight')).toBe('Q4_K')
    expect(typesOf('q4_0')('blk.0.attn_v.weight')).toBe('Q4_0')
  })

  it('falls back where rows are not whole blocks', () => {
    const narrow = typesOf('q4_k_m', { hidden_size: 96, intermediate_size: 100, num_hidden_layers: 3 })
    expect(narrow('blk.0.attn_q.weight')).toBe('Q5_0')
    expect(narrow('blk.2.attn_v.weight')).toBe('Q8_0')
    expect(narrow('output.weight')).toBe('Q8_0')
    expect(narrow('blk.0.ffn_down.weight')).toBe('F16')
    expect(typesOf('q4_0', { hidden_size: 96 })('output.weight')).toBe('Q8_0')
  })
})
