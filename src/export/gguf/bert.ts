/**
 * BERT as llama.cpp knows it (src/models/bert.cpp): an encoder that gives the embedding of a text, the mean over its tokens. What stands behind
 * the encoder, a pooler or a head, has no place there.
 */
import { bool, float32, type GgufArchitecture, numberOf, uint32, unsupported } from './architecture.ts'

const name = 'bert'
/** llama.cpp's number of the mean over tokens. */
const meanPooling = 1

/** Published files have the encoder with or without a prefix. */
const rules = ['', 'bert.'].flatMap((prefix) => {
  const tables = `${prefix}embeddings`
  const layer = `${prefix}encoder.layer.{}`
  return [
    { from: `${tables}.word_embeddings`, to: 'token_embd' },
    { from: `${tables}.position_embeddings`, to: 'position_embd' },
    { from: `${tables}.token_type_embeddings`, to: 'token_types' },
    { from: `${tables}.LayerNorm`, to: 'token_embd_norm' },
    { from: `${layer}.attention.self.query`, to: 'blk.{}.attn_q' },
    { from: `${layer}.attention.self.key`, to: 'blk.{}.attn_k' },
    { from: `${layer}.attention.self.value`, to: 'blk.{}.attn_v' },
    { from: `${layer}.attention.output.dense`, to: 'blk.{}.attn_output' },
    { from: `${layer}.attention.output.LayerNorm`, to: 'blk.{}.attn_output_norm' },
    { from: `${layer}.intermediate.dense`, to: 'blk.{}.ffn_up' },
    { from: `${layer}.output.dense`, to: 'blk.{}.ffn_down' },
    { from: `${layer}.output.LayerNorm`, to: 'blk.{}.layer_output_norm' },
  ]
})

export const bertArchitecture: GgufArchitecture = {
  name,
  modelTypes: ['bert'],
  rules,
  leftOut: /(^|\.)(pooler|cls|classifier|qa_outputs)\./,
  describe(settings) {
    const activation = String(settings.hidden_act)
    if (!activation.startsWith('gelu'))
      throw unsupported(name, `its activation is ${activation}; llama.cpp computes gelu there`)
    return {
      values: [
        ['context_length', uint32(numberOf(settings, 'max_position_embeddings'))],
        ['embedding_length', uint32(numberOf(settings, 'hidden_size'))],
        ['block_count', uint32(numberOf(settings, 'num_hidden_layers'))],
        ['feed_forward_length', uint32(numberOf(settings, 'intermediate_size'))],
        ['attention.head_count', uint32(numberOf(settings, 'num_attention_heads'))],
        ['attention.layer_norm_epsilon', float32(numberOf(settings, 'layer_norm_eps'))],
        ['attention.causal', bool(false)],
        ['pooling_type', uint32(meanPooling)],
        ['vocab_size', uint32(numberOf(settings, 'vocab_size'))],
        ['/tokenizer.ggml.token_type_count', uint32(numberOf(settings, 'type_vocab_size'))],
      ],
      notes: [
        'llama.cpp gives the mean over the tokens as the embedding of a text; a pooler or a head behind the encoder is left out',
        ...(activation === 'gelu'
          ? [
              'llama.cpp computes gelu by the hyperbolic tangent, the model by the error function: embeddings differ in the fourth digit',
            ]
          : []),
      ],
    }
  },
}
