import { describe, expect, it } from 'vitest'
import { familyOfType } from './families.ts'
import { Model } from './model.ts'
import { resizeVocabulary } from './resize-vocabulary.ts'

function tiny(type: string, tieEmbeddings: boolean): Model {
  const family = familyOfType(type, 'the test')
  const sizes = {
    width: 8,
    heads: 2,
    encoderLayers: 1,
    decoderLayers: 1,
    feedForwardWidth: 8,
    maxPositions: 16,
  }
  const configuration = family.configure(
    type,
    { ...sizes, tieEmbeddings, dropout: 0 },
    { size: 12, begin: 0, end: 1, padding: 2 },
  )
  return new Model(family, configuration).initialize(3)
}

const added = [
  { id: 12, pieces: [4] },
  { id: 14, pieces: [5, 6, 6] },
]

describe.each([
  ['llama', true, ['model.embed_tokens.weight']],
  ['llama', false, ['model.embed_tokens.weight', 'lm_head.weight']],
  ['mbart', true, ['model.shared.weight', 'final_logits_bias']],
] as const)('resizeVocabulary of %s, tied %s', (type, tied, grown) => {
  it('starts each new row from the old ones and keeps the rest', () => {
    const model = tiny(type, tied)
    model.parameters.get('final_logits_bias')?.data.forEach((_, token, all) => (all[token] = token))
    const resized = resizeVocabulary(model, 16, added)
    expect(resized.configuration.vocabularySize).toBe(16)
    const longer = [...resized.parameters.keys()].filter(
      (name) => resized.parameters.get(name)!.data.length !== model.parameters.get(name)!.data.length,
    )
    expect(longer.toSorted()).toEqual([...grown].toSorted())
    const same = [...resized.parameters].filter(([name]) => !longer.includes(name))
    expect(same.map(([, { data }]) => data)).toEqual(same.map(([name]) => model.parameters.get(name)!.data))
    for (const name of longer) {
      const [data, old] = [resized, model].map(({ parameters }) => [...parameters.get(name)!.data]) as [
        number[],
        number[],
      ]
      const width = old.length / 12
      const mean = (...places: number[]) =>
        Array.from({ length: width }, (_, i) =>
          Math.fround(places.reduce((sum, place) => sum + old[place * width + i]! / places.length, 0)),
        )
      const all = mean(...Array.from({ length: 12 }, (_, place) => place))
      expect(data).toEqual([...old, ...mean(4), ...all, ...mean(5, 6, 6), ...all])
    }
    // Training one must not change the other.
    resized.parameters.get(grown[0])!.data[0] = 99
    expect(model.parameters.get(grown[0])!.data[0]).not.toBe(99)
  })
})

describe('resizeVocabulary', () => {
  it.each([
    [11, []],
    [16, [{ id: 11, pieces: [1] }]],
    [16, [{ id: 16, pieces: [1] }]],
    [16, [{ id: 13, pieces: [12] }]],
    [16, [{ id: 13, pieces: [] }]],
  ])('refuses %s tokens with %j', (size, tokens) => {
    expect(() => resizeVocabulary(tiny('llama', true), size, tokens)).toThrow(
      expect.objectContaining({ code: 'vocabulary-size' }),
    )
  })
})
