import { familyOfType } from '../../src/models/families.ts'
import { Model } from '../../src/models/model.ts'
import type { BartSizes, LlamaSizes } from './workloads.ts'

const tokens = { begin: 0, padding: 1, end: 2 }

/** Without values: their memory is not taken yet. */
export function llamaModel(sizes: LlamaSizes, maxPositions: number): Model {
  const { layers, vocabularySize, ...rest } = sizes
  const given = { ...rest, decoderLayers: layers, maxPositions, dropout: 0, tieEmbeddings: false }
  const family = familyOfType('llama', 'the benchmark')
  return new Model(family, family.configure('llama', given, { ...tokens, size: vocabularySize }))
}

/** As BART-base is: norms last, the output layer is the embedding. */
export function bartModel({ vocabularySize, ...rest }: BartSizes, maxPositions: number): Model {
  const family = familyOfType('bart', 'the benchmark')
  const given = { ...rest, maxPositions, dropout: 0 }
  return new Model(family, family.configure('bart', given, { ...tokens, size: vocabularySize }))
}
