import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textClassification } from '../train/objectives/classification.ts'
import { stepOptions } from '../train/testing.ts'
import { TrainingStep } from '../train/training-step.ts'
import type { EncoderConfiguration } from './family.ts'
import { type Model, openModel } from './model.ts'
import { openModelWithHead } from './with-head.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const of = (name: string) => join(fixtures, name)
const values = (model: Model, name: string) => model.parameters.get(name)!.data
const word = (name: string) => `${name}embeddings.word_embeddings.weight`

describe('an encoder with another head', () => {
  it('has the body of the file, and a classifier from the seed that can be taught and kept', async () => {
    const labels = ['기쁨', '슬픔', '화']
    const open = (seed: number) =>
      openModelWithHead(of('bert-masked'), 'sequence-classification', { labels, seed })
    const [model, again, other] = [await open(1), await open(1), await open(2)]
    const masked = await openModel(of('bert-masked'))
    expect(values(model, word('bert.'))).toEqual(values(masked, word('bert.')))
    expect(values(model, 'bert.encoder.layer.1.output.dense.bias')).toEqual(
      values(masked, 'bert.encoder.layer.1.output.dense.bias'),
    )
    expect(values(model, 'classifier.weight')).toEqual(values(again, 'classifier.weight'))
    expect(values(model, 'classifier.weight')).not.toEqual(values(other, 'classifier.weight'))
    expect(Math.max(...values(model, 'bert.pooler.dense.weight'))).toBeGreaterThan(0)
    const rows = [0, 1, 2].map((label) => ({
      source: Int32Array.of(4 + label, 9, 2),
      target: new Int32Array(0),
      label,
    }))
    const step = new TrainingStep(model, textClassification, { ...stepOptions, labelSmoothing: 0 })
    const losses: number[] = []
    for (let count = 1; count <= 24; count++) losses.push((await step.run([rows], count, 0.02)).loss)
    await step.release()
    expect(losses.at(-1)!).toBeLessThan(0.75 * losses[0]!)
    const copy = await mkdtemp(join(tmpdir(), 'yuksu-'))
    try {
      await model.write(copy)
      const kept = await openModel(copy)
      expect((kept.configuration as EncoderConfiguration).labels).toEqual(labels)
      expect(values(kept, 'classifier.weight')).toEqual(values(model, 'classifier.weight'))
    } finally {
      await rm(copy, { recursive: true })
    }
  })

  it('has what the file holds of the head, and a classifier only where it told the same labels apart', async () => {
    const words = await openModelWithHead(of('bert-pretraining'), 'masked-words')
    const both = await openModel(of('bert-pretraining'))
    const transform = 'cls.predictions.transform.dense.weight'
    expect(values(words, transform)).toEqual(values(both, transform))
    const classifier = await openModel(of('roberta-classifier'))
    const same = await openModelWithHead(of('roberta-classifier'), 'sequence-classification')
    const output = 'classifier.out_proj.weight'
    expect(values(same, output)).toEqual(values(classifier, output))
    const labels = ['화', '슬픔', '기쁨']
    const others = await openModelWithHead(of('roberta-classifier'), 'sequence-classification', { labels })
    expect(values(others, output)).not.toEqual(values(classifier, output))
    expect(values(others, word('roberta.'))).toEqual(values(classifier, word('roberta.')))
  })

  it('leaves the head of the file behind, whatever its names', async () => {
    const tokens = await openModelWithHead(of('roberta-classifier'), 'token-classification', {
      labels: ['a'],
    })
    expect(values(tokens, 'classifier.weight')).toHaveLength(16)
    const base = await openModelWithHead(of('bert-classifier'), 'none')
    expect(values(base, word(''))).toEqual(values(await openModel(of('bert-classifier')), word('bert.')))
    const words = await openModelWithHead(of('xlm-tokens'), 'masked-words')
    expect(values(words, 'transformer.embeddings.weight')).toEqual(
      values(await openModel(of('xlm-tokens')), 'transformer.embeddings.weight'),
    )
  })

  it('must be an encoder that knows the head', async () => {
    await expect(openModelWithHead(of('llama'), 'none')).rejects.toMatchObject({ code: 'no-encoder' })
    await expect(openModelWithHead(of('roberta'), 'next-sentence')).rejects.toMatchObject({
      code: 'model-configuration',
    })
  })
})
