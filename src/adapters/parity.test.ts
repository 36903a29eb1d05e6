import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSafetensors } from '../formats/safetensors.ts'
import { ForwardPass } from '../models/forward.ts'
import { type Model, openModel } from '../models/model.ts'
import { causal } from '../train/objectives/causal.ts'
import type { Example } from '../train/objectives/objective.ts'
import { adamw } from '../train/optimizers/adamw.ts'
import { largestDifference, stepOptions } from '../train/testing.ts'
import { TrainingStep } from '../train/training-step.ts'
import { adapterTensorName, openAdapter, writeAdapter } from './adapter-folder.ts'

interface Expected {
  readonly inputs: {
    readonly input_ids: number[][]
    readonly attention_mask: number[][]
    readonly labels: number[][]
  }
  readonly logits: number[][][]
  readonly loss: number
  readonly gradient_norm: number
  readonly adamw: {
    readonly settings: { lr: number; betas: [number, number]; eps: number; weight_decay: number }
    readonly steps: readonly { readonly loss: number; readonly gradient_norm: number }[]
    readonly loss_after: number
  }
}

// GPT-2's weights are the other way round in PEFT's base; what is learned is not.
describe.each([
  ['lora', 'llama'],
  ['lora-gpt2', 'gpt2'],
])('an adapter that PEFT wrote: %s', (name, baseName) => {
  const fixture = join(import.meta.dirname, 'fixtures', name)
  const base = join(import.meta.dirname, '../models/fixtures', baseName)
  const expected = JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8')) as Expected
  const { input_ids: ids, attention_mask: attended, labels } = expected.inputs
  const examples: Example[] = ids.map((row, index) => ({
    source: new Int32Array(0),
    target: Int32Array.from(row.filter((_, place) => attended[index]![place])),
    contextLength: labels[index]!.findIndex((label) => label !== -100),
  }))
  const { settings, steps, loss_after: lossAfter } = expected.adamw
  const [beta1, beta2] = settings.betas
  const options = {
    ...stepOptions,
    labelSmoothing: 0,
    maxGradientNorm: 1,
    optimizer: adamw({ beta1, beta2, epsilon: settings.eps, weightDecay: settings.weight_decay }),
  }

  async function adapted(folder = fixture): Promise<Model> {
    return openAdapter(folder, await openModel(base))
  }

  /** The largest difference from what a file holds, over all that a step trains. */
  async function difference(step: TrainingStep, file: string, pick: 'weights' | 'gradient'): Promise<number> {
    const reference = await openSafetensors(join(fixture, file))
    const names = step.parameters.map(({ name }) => adapterTensorName(name))
    expect([...names].sort()).toEqual([...reference.names].sort())
    const differences: number[] = []
    for (const [index, parameter] of step.parameters.entries())
      differences.push(largestDifference(parameter[pick].data, await reference.read(names[index]!)))
    await reference.close()
    return differences.reduce((largest, value) => (value <= largest ? largest : value), 0)
  }

  it('gives the same logits, which the base alone does not', async () => {
    const logits = async (model: Model) => {
      const pass = new ForwardPass(model)
      const { data } = (await pass.run({ inputIds: ids, attentionMask: attended })).logits
      await pass.release()
      // Nobody reads what is predicted at padding.
      return [...data].filter((_, index) => attended.flat()[Math.floor(index / 61)])
    }
    const wanted = expected.logits.flat().flatMap((row, index) => (attended.flat()[index] ? row : []))
    expect(largestDifference(await logits(await adapted()), wanted)).toBeLessThan(1e-5)
    expect(largestDifference(await logits(await openModel(base)), wanted)).toBeGreaterThan(0.1)
  })

  it('has the same loss, gradient norm and gradient of every A and B', async () => {
    const step = new TrainingStep(await adapted(), causal, options)
    const { loss, gradientNorm } = await step.run([examples], 1, 0)
    await step.release()
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5)
    expect(Math.abs(gradientNorm - expected.gradient_norm)).toBeLessThan(1e-5)
    expect(await difference(step, 'gradients.safetensors', 'gradient')).toBeLessThan(1e-5)
  })

  it('is the same after three clipped AdamW steps', async () => {
    const step = new TrainingStep(await adapted(), causal, options)
    for (const [index, wanted] of steps.entries()) {
      const { loss, gradientNorm } = await step.run([examples], index + 1, settings.lr)
      expect(Math.abs(loss - wanted.loss)).toBeLessThan(1e-5)
      expect(Math.abs(gradientNorm - wanted.gradient_norm)).toBeLessThan(1e-5)
    }
    expect(await difference(step, 'adamw.safetensors', 'weights')).toBeLessThan(1e-5)
    expect(Math.abs((await step.run([examples], 4, 0)).loss - lossAfter)).toBeLessThan(1e-5)
    await step.release()
  })

  it('is written as PEFT wrote it: the same tensors to the byte, and settings that mean the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yuksu-adapter-'))
    await writeAdapter(folder, await adapted())
    const [written, original] = [folder, fixture].map((place) => ({
      weights: readFileSync(join(place, 'adapter_model.safetensors')),
      json: JSON.parse(readFileSync(join(place, 'adapter_config.json'), 'utf8')) as Record<string, unknown>,
    }))
    await rm(folder, { recursive: true })
    const shared = Object.keys(written!.json).filter((key) => key !== 'base_model_name_or_path')
    for (const key of shared) expect.soft(written!.json[key], key).toEqual(original!.json[key])
    expect(written!.weights).toEqual(original!.weights)
  })
})
