import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gguf as readWithLibrary } from '@huggingface/gguf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGguf } from '../../formats/gguf/read-gguf.ts'
import { tinyFolder } from '../../generate/testing/tiny-folder.ts'
import { familyOfType } from '../../models/families.ts'
import { Model } from '../../models/model.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { exportModel } from '../export-model.ts'
import { findLlamaCpp } from './llama-cpp.ts'

const library = await findLlamaCpp()
const scratch = mkdtempSync(join(tmpdir(), 'yuksu-export-gguf-'))
const out = join(scratch, 'model.gguf')
let folder = ''

beforeAll(async () => {
  const tiny = await tinyFolder('decoder')
  folder = tiny.folder
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(scratch, { recursive: true })
})

/** Rows of 64: llama.cpp has shortcuts for some processors that need more than one block a row. */
const sizes = {
  model_type: 'llama',
  vocab_size: 320,
  max_position_embeddings: 64,
  bos_token_id: 0,
  pad_token_id: 1,
  eos_token_id: 2,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 128,
  initializer_range: 0.2,
  tie_word_embeddings: true,
}

/** Writes a model of random weights into the folder, beside the tokenizer. */
async function writeModel(changes: Record<string, unknown> = {}): Promise<Model> {
  const json: Record<string, unknown> = { ...sizes, ...changes }
  const family = familyOfType(json.model_type, folder)
  const model = new Model(family, family.parseConfiguration(json)).initialize(1)
  // Biases and norms start alike in every place, where an error of theirs would not be seen.
  for (const [name, { data }] of model.parameters) {
    if (name.endsWith('bias') || name.includes('norm'))
      data.forEach((value, index) => (data[index] = value + 0.3 * Math.sin(index * 7 + name.length)))
  }
  await model.write(folder)
  return model
}

const yarn = {
  rope_type: 'yarn',
  factor: 4,
  original_max_position_embeddings: 16,
  rope_theta: 10_000,
}
const cases: [string, Record<string, unknown>][] = [
  ['a Llama', {}],
  ['heads wider than their share, an output of its own', { head_dim: 32, tie_word_embeddings: false }],
  ['biases everywhere', { attention_bias: true, mlp_bias: true }],
  ['another base of rotary positions', { rope_theta: 500 }],
  ['linear scaling', { rope_scaling: { rope_type: 'linear', factor: 3 } }],
  ['yarn', { rope_scaling: yarn }],
  [
    'yarn with all of its settings',
    { rope_scaling: { ...yarn, attention_factor: 1.3, beta_fast: 8, beta_slow: 2 } },
  ],
  [
    'scaling as in Llama 3',
    {
      head_dim: 32,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      },
    },
  ],
  ['a Mistral', { model_type: 'mistral', sliding_window: null }],
  ['a Qwen 2', { model_type: 'qwen2' }],
  ['a Qwen 3', { model_type: 'qwen3', head_dim: 32 }],
  ['a Gemma', { model_type: 'gemma', head_dim: 32, hidden_act: 'gelu_pytorch_tanh', initializer_range: 0.1 }],
  [
    'a Gemma 2 with a window in every second layer',
    {
      model_type: 'gemma2',
      head_dim: 32,
      query_pre_attn_scalar: 32,
      sliding_window: 16,
      attn_logit_softcapping: 5,
      final_logit_softcapping: 3,
      num_hidden_layers: 4,
      initializer_range: 0.1,
    },
  ],
  [
    'an EXAONE',
    { model_type: 'exaone', num_layers: 2, activation_function: 'silu', layer_norm_epsilon: 1e-5 },
  ],
  [
    'a Gemma 3 with a window in five of six layers',
    {
      model_type: 'gemma3_text',
      head_dim: 32,
      query_pre_attn_scalar: 32,
      sliding_window: 16,
      num_hidden_layers: 7,
      initializer_range: 0.1,
    },
  ],
  [
    'a Gemma 3 whose positions are stretched where layers see everything',
    {
      model_type: 'gemma3_text',
      head_dim: 32,
      query_pre_attn_scalar: 32,
      sliding_window: 16,
      num_hidden_layers: 6,
      initializer_range: 0.1,
      rope_parameters: {
        full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1_000_000 },
        sliding_attention: { rope_type: 'default', rope_theta: 10_000 },
      },
    },
  ],
  ['an EXAONE 4', { model_type: 'exaone4', sliding_window: null }],
  ['a Phi-3', { model_type: 'phi3', original_max_position_embeddings: 64 }],
  [
    'a Phi-3 whose positions turn a part of each head',
    { model_type: 'phi3', partial_rotary_factor: 0.5, original_max_position_embeddings: 64 },
  ],
  [
    'a Phi-3 whose positions LongRoPE stretches',
    {
      model_type: 'phi3',
      max_position_embeddings: 8192,
      original_max_position_embeddings: 4096,
      rope_scaling: {
        rope_type: 'longrope',
        short_factor: [1, 1.1, 1.3, 1.5, 2, 2.5, 3, 4],
        long_factor: [1, 2, 3, 4, 5, 6, 7, 8],
      },
    },
  ],
  [
    'a GPT-NeoX',
    { model_type: 'gpt_neox', hidden_act: 'gelu_new', tie_word_embeddings: false, rotary_pct: 0.5 },
  ],
  [
    'a GPT-NeoX whose blocks follow each other',
    {
      model_type: 'gpt_neox',
      hidden_act: 'gelu_new',
      tie_word_embeddings: false,
      use_parallel_residual: false,
    },
  ],
  ['a BLOOM', { model_type: 'bloom', n_layer: 2, n_head: 4 }],
  ['a GPT-2', { model_type: 'gpt2', n_embd: 64, n_layer: 2, n_head: 4, n_positions: 64, n_inner: 96 }],
]

describe.skipIf(library === undefined)(
  'in llama.cpp (skipped where node-llama-cpp is neither installed nor in the folder YUKSU_LLAMA_CPP)',
  () => {
    it.each(cases)('%s answers as here', async (_, changes) => {
      await writeModel(changes)
      const { comparisons } = await exportModel(folder, { format: 'gguf', out, type: 'f32' })
      const [ours, theirs] = comparisons
      expect(ours).toMatchObject({ largestDifference: 0, sameChoice: ours!.positions })
      expect(theirs!.by).toBe('llama.cpp')
      // Keys and values are in 16 bits there.
      expect(theirs!.largestDifference).toBeLessThan(0.01)
      expect(theirs!.meanShift).toBeLessThan(0.005)
    })

    it.each([
      ['f16', 0.02],
      ['q8_0', 0.15],
      ['q4_0', 0.8],
      ['q4_k_m', 0.8],
    ] as const)('%s is as near to the model as the numbers in the file are', async (type, limit) => {
      await writeModel({ hidden_size: 256, intermediate_size: 256, initializer_range: 0.06 })
      const { comparisons } = await exportModel(folder, { format: 'gguf', out, type })
      const [ours, theirs] = comparisons.map(({ meanShift }) => meanShift)
      expect(ours).toBeGreaterThan(0)
      expect(theirs).toBeLessThan(limit)
      expect(theirs).toBeLessThan(1.5 * ours! + 0.005)
    })
  },
)

describe('the file', () => {
  it('says of the model and its tokenizer what another reader finds', async () => {
    await writeModel({ rope_scaling: yarn })
    writeFileSync(join(folder, 'chat_template.jinja'), '{{ messages[0].content }} 육수')
    const report = await exportModel(folder, { format: 'gguf', out, type: 'q4_k_m', compare: false })
    expect(report.comparisons).toEqual([])
    const { metadata, tensorInfos } = await readWithLibrary(out, { allowLocalFile: true })
    const tokenizer = await loadTokenizer(folder)
    expect(metadata).toMatchObject({
      'general.architecture': 'llama',
      'general.file_type': 15,
      'general.quantization_version': 2,
      'llama.context_length': 64,
      'llama.embedding_length': 64,
      'llama.block_count': 2,
      'llama.feed_forward_length': 128,
      'llama.attention.head_count': 4,
      'llama.attention.head_count_kv': 2,
      'llama.rope.scaling.type': 'yarn',
      'llama.rope.scaling.original_context_length': 16,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.bos_token_id': 0,
      'tokenizer.ggml.eos_token_id': 2,
      'tokenizer.ggml.padding_token_id': 1,
      'tokenizer.ggml.unknown_token_id': 3,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.ggml.add_eos_token': false,
      'tokenizer.chat_template': '{{ messages[0].content }} 육수',
    })
    const tokens = (metadata as Record<string, unknown>)['tokenizer.ggml.tokens'] as string[]
    expect(tokens.length).toBe(sizes.vocab_size)
    expect(
      tokens.slice(0, tokenizer.vocabularySize).every((token, id) => tokenizer.idToToken(id) === token),
    ).toBe(true)
    const names: Record<number, string> = { 0: 'F32', 6: 'Q5_0', 8: 'Q8_0' }
    const counts: Record<string, number> = {}
    for (const { dtype } of tensorInfos) {
      const name = names[Number(dtype)]!
      counts[name] = (counts[name] ?? 0) + 1
    }
    expect(counts).toEqual(report.tensors)
    rmSync(join(folder, 'chat_template.jinja'))
  })

  it('never holds more of the model than one tensor, and tells how far it is', async () => {
    await writeModel()
    const told: string[] = []
    const onProgress = (written: number, total: number) => told.push(`${written}/${total}`)
    await exportModel(folder, { format: 'gguf', out, type: 'f16', compare: false, onProgress })
    const file = await openGguf(out)
    await file.close()
    expect(told).toEqual(
      Array.from({ length: file.tensors.size }, (_, index) => `${index + 1}/${file.tensors.size}`),
    )
  })
})

describe('what is refused, in one line, before anything is written', () => {
  const attempt = async (changes: Record<string, unknown>, more: object = {}) => {
    rmSync(out, { force: true })
    await writeModel(changes)
    return exportModel(folder, { format: 'gguf', out, compare: false, ...more }).catch(
      (error: unknown) => error,
    )
  }
  const refusal = (code: string) => ({ code, message: expect.stringMatching(/^[^\n]+$/) as string })

  it.each([
    ['an activation that llama.cpp does not compute there', { hidden_act: 'gelu' }, 'unsupported-export'],
    [
      'heads that are wider than llama.cpp takes them to be',
      { model_type: 'phi3', head_dim: 32 },
      'unsupported-export',
    ],
    [
      'windows in other layers than llama.cpp has them in',
      {
        model_type: 'gemma3_text',
        head_dim: 32,
        query_pre_attn_scalar: 32,
        sliding_window: 16,
        sliding_window_pattern: 2,
      },
      'unsupported-export',
    ],
    [
      'layers of EXAONE 4 that have a window',
      { model_type: 'exaone4', sliding_window: 16, num_hidden_layers: 4, sliding_window_pattern: 4 },
      'unsupported-export',
    ],
    [
      'an output that is the embeddings, where llama.cpp wants one of its own',
      { model_type: 'gpt_neox', hidden_act: 'gelu_new', tie_word_embeddings: true },
      'unsupported-export',
    ],
    ['yarn that llama.cpp has not', { rope_scaling: { ...yarn, truncate: false } }, 'unsupported-export'],
    ['a tokenizer with more tokens than the model has rows', { vocab_size: 270 }, 'vocabulary-size'],
    ['a model that ends no text', { eos_token_id: null }, 'no-end-token'],
  ])('%s', async (_, changes, code) => {
    expect(await attempt(changes)).toMatchObject(refusal(code))
    expect(readdirSync(scratch)).toEqual([])
  })

  it('a family that llama.cpp does not run', async () => {
    const bart = await tinyFolder('encoder-decoder')
    const given = exportModel(bart.folder, { format: 'gguf', out, compare: false })
    await expect(given).rejects.toMatchObject(refusal('unsupported-export'))
    await bart.remove()
  })

  it('a number that 16 bits cannot hold, naming the tensor', async () => {
    const model = await writeModel()
    model.parameters.get('model.layers.1.mlp.up_proj.weight')!.data[5] = 1e6
    await model.write(folder)
    const given = exportModel(folder, { format: 'gguf', out, type: 'f16', compare: false })
    await expect(given).rejects.toMatchObject({
      code: 'out-of-range',
      message: expect.stringContaining('blk.1.ffn_up.weight') as string,
    })
    expect(readdirSync(scratch)).toEqual([])
  })
})
