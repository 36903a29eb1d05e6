import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adapt } from '../adapters/adapter.ts'
import { lowRank } from '../adapters/low-rank.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { quantizeModel } from '../quantize/quantize-model.ts'
import { adamw8Bit } from '../train/optimizers/adamw-8-bit.ts'
import { adamw } from '../train/optimizers/adamw.ts'
import type { Optimizer } from '../train/optimizers/optimizer.ts'
import { tinyBart, tinyLlama } from '../train/testing.ts'
import { inspectConfiguration, inspectModel } from './inspect.ts'
import { llamaFixtures } from './llama/testing.ts'
import { type Model, openModel } from './model.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

describe.each([
  'bart',
  'mbart',
  'pegasus',
  't5',
  't5-gated',
  'longt5',
  'longt5-global',
  'bert-pretraining',
  'roberta',
  'llama',
  'llama3',
  'llama-yarn',
  ...llamaFixtures,
])('inspecting %s', (name) => {
  const folder = join(fixtures, name)

  it('counts the parameters of the opened model', async () => {
    const { parameters, contextLength = Infinity, vocabularySize } = await inspectModel(folder)
    const model = await openModel(folder)
    expect(parameters).toEqual(model.parameterCounts)
    expect({ maxPositions: contextLength, vocabularySize }).toMatchObject(
      Object.fromEntries(
        (['maxPositions', 'vocabularySize'] as const).map((key) => [key, model.configuration[key]]),
      ),
    )
  })

  it('counts the elements of the checkpoint that another library wrote', async () => {
    const { parameters } = await inspectModel(folder)
    const file = await openSafetensors(join(folder, 'model.safetensors'))
    const { specifications } = await openModel(folder)
    const buffers = new Set(specifications.flatMap(({ name, trainable }) => (trainable ? [] : [name])))
    const names = file.names.filter((tensor) => !buffers.has(tensor))
    const elements = names.map((tensor) => file.describe(tensor).shape.reduce((a, b) => a * b, 1))
    await file.close()
    expect(parameters.total).toBe(elements.reduce((a, b) => a + b, 0))
  })

  it('takes less memory the fewer bits a weight has, and 16 bytes a parameter to train', async () => {
    const { memory, parameters } = await inspectModel(folder)
    expect(memory.runBytes32).toBeGreaterThan(memory.runBytes16)
    expect(memory.runBytes16 * 2).toBe(memory.runBytes32)
    expect(memory.runBytes8).toBeLessThan(memory.runBytes32)
    expect(memory.runBytes4).toBeLessThan(memory.runBytes8)
    const buffers = memory.runBytes32 - parameters.total * 4
    expect(memory.trainFullBytes).toBe(parameters.total * 16 + buffers)
  })
})

/** Bytes that training a model so keeps for its parameters: weights in few bits, other weights, gradients and moments. */
function kept(model: Model, optimizer: Optimizer): number {
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
  const fewBits = [...model.quantized.values()].reduce((total, { weight }) => total + weight.bytes, 0)
  return model.specifications.reduce((total, { shape, trainable }) => {
    const { scratch: _, ...state } = trainable ? optimizer.state(shape as number[]) : {}
    const moments = Object.values(state).reduce((sum, length) => sum + length, 0)
    return total + 4 * (count(shape) * (trainable ? 2 : 1) + moments)
  }, fewBits)
}

describe('the memory to train', () => {
  const rates = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }
  const targets = ['q_proj', 'v_proj']
  const models: [string, Model][] = [
    // Wide enough for moments in 8 bits, and no whole number of blocks.
    ['a decoder', tinyLlama({ width: 72, headWidth: 18, feedForwardWidth: 100, tieEmbeddings: false })],
    ['an encoder–decoder', tinyBart({ width: 72, encoderFeedForwardWidth: 100 })],
  ]

  it.each(models)('is what the optimizers, adapters and few bits of %s take', async (_, model) => {
    const { memory } = inspectConfiguration(model.family.formatConfiguration(model.configuration))
    const adapter = lowRank({ rank: 8, alpha: 8, targets })
    const quantized = await quantizeModel(model, { format: 'nf4' })
    expect(memory.trainFullBytes).toBe(kept(model, adamw(rates)))
    expect(memory.trainAdamW8BitBytes).toBe(kept(model, adamw8Bit(rates)))
    expect(memory.trainLoraBytes).toBe(kept(adapt(model, adapter), adamw(rates)))
    expect(memory.trainQloraBytes).toBe(kept(adapt(quantized, adapter), adamw(rates)))
    expect(memory.trainAdamW8BitBytes).toBeLessThan(memory.trainFullBytes)
  })
})

describe('inspecting', () => {
  const llama2 = {
    model_type: 'llama',
    vocab_size: 32_000,
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    intermediate_size: 11_008,
    max_position_embeddings: 4096,
  }

  it('knows a published model of billions without allocating it', () => {
    const { parameters, memory, kind, family } = inspectConfiguration(llama2)
    expect({ kind, family }).toEqual({ kind: 'decoder', family: 'llama' })
    // The published size of Llama 2 7B.
    expect(parameters.total).toBe(6_738_415_616)
    expect(memory.runBytes32).toBe(4 * 6_738_415_616)
    // 32 blocks · keys and values · 4096 numbers · 4 bytes.
    expect(memory.cacheBytesPerToken).toBe(32 * 2 * 4096 * 4)
    expect(memory).not.toHaveProperty('crossBytesPerToken')
    // 4.5 bits at least for a matrix weight with its scale, and no more than 5.1 for all of it.
    expect((memory.runBytes4 * 8) / parameters.total).toBeGreaterThan(4.5)
    expect((memory.runBytes4 * 8) / parameters.total).toBeLessThan(5.1)
  })

  it('keeps fewer keys where query heads share them, and counts a tied table once', () => {
    const shared = inspectConfiguration({ ...llama2, num_key_value_heads: 8 })
    expect(shared.memory.cacheBytesPerToken).toBe((32 * 2 * 4096 * 4) / 4)
    const tied = inspectConfiguration({ ...llama2, tie_word_embeddings: true })
    expect(tied.parameters.total).toBe(6_738_415_616 - 32_000 * 4096)
  })

  it('tells what an encoder–decoder keeps of itself and of its source', async () => {
    const { memory, configuration, modelType } = await inspectModel(join(fixtures, 'bart'))
    // Two decoder blocks · keys and values · 16 numbers · 4 bytes.
    expect(memory.cacheBytesPerToken).toBe(2 * 2 * 16 * 4)
    expect(memory.crossBytesPerToken).toBe(2 * 2 * 16 * 4)
    expect(modelType).toBe('bart')
    expect(configuration).toMatchObject({ encoderLayers: 2, dropout: 0.1 })
    // It is printed as JSON.
    expect(JSON.parse(JSON.stringify(configuration))).toEqual(configuration)
  })

  it('refuses weights that do not belong to the config.json', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuksu-inspect-'))
    const fixture = (name: string) => join(import.meta.dirname, 'fixtures/bart', name)
    const weights = readFileSync(fixture('model.safetensors'))
    const configuration = JSON.parse(readFileSync(fixture('config.json'), 'utf8')) as object
    try {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...configuration, d_model: 32 }))
      writeFileSync(join(folder, 'model.safetensors'), weights)
      await expect(inspectModel(folder)).rejects.toMatchObject({ code: 'tensor-shape' })
      writeFileSync(join(folder, 'config.json'), JSON.stringify(configuration))
      writeFileSync(join(folder, 'model.safetensors'), weights.subarray(0, weights.length - 8))
      await expect(inspectModel(folder)).rejects.toMatchObject({ code: 'invalid-safetensors' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses what is no model in one line', async () => {
    await expect(inspectModel(fixtures)).rejects.toMatchObject({ code: 'no-model' })
    const json = JSON.parse(readFileSync(join(fixtures, 'bart/config.json'), 'utf8')) as object
    expect(() => inspectConfiguration({ ...json, model_type: 'barf' })).toThrow(/barf/)
    expect(() => inspectConfiguration({ ...json, d_model: 'wide' })).toThrow(/d_model/)
    expect(() => inspectConfiguration(null as unknown as Record<string, unknown>)).toThrow(/no JSON object/)
  })
})
