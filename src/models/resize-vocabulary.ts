import { YuksuError } from '../errors.ts'
import type { ModelFamily } from './family.ts'
import { Model } from './model.ts'

/** A token that a vocabulary gains, and the old ids that its text was written by. */
export interface NewToken {
  readonly id: number
  readonly pieces: readonly number[]
}

/**
 * A copy of a model for a larger vocabulary. Everything that has a row for each token (embeddings, an untied head, biases of scores) gains rows: for a
 * token in `added` the mean of its old pieces' rows, so that the model begins with what it knew of that text; for any other new id, such as padding
 * up to a round size, the mean of all old rows, which is rarely the best score of a head (Hewitt 2021,
 * https://nlp.stanford.edu/~johnhew/vocab-expansion.html). The old rows and everything else stay as they are.
 *
 * @throws YuksuError `vocabulary-size` where the new size is below the old one or an id is outside, `extended-model` for a model with extensions.
 */
export function resizeVocabulary<Family extends ModelFamily>(
  model: Model<Family>,
  vocabularySize: number,
  added: readonly NewToken[] = [],
): Model<Family> {
  const before = model.configuration.vocabularySize
  if (vocabularySize < before) {
    throw new YuksuError(
      'vocabulary-size',
      `a vocabulary of ${vocabularySize} was asked for, and the model's has ${before} tokens; give that or more, for tokens cannot be taken away`,
    )
  }
  if (model.extensions.length > 0) {
    throw new YuksuError(
      'extended-model',
      'the vocabulary of a model with adapters or with weights in few bits cannot grow; resize the model that it extends',
    )
  }
  for (const { id, pieces } of added) checkToken(id, pieces, before, vocabularySize)
  const resized = new Model(model.family, { ...model.configuration, vocabularySize })
  const shapes = new Map(model.specifications.map(({ name, shape }) => [name, shape]))
  for (const { name, shape } of resized.specifications) {
    const old = shapes.get(name)!
    const to = resized.parameters.get(name)!.data
    const axis = shape.findIndex((size, place) => size !== old[place])
    const { data } = model.parameters.get(name)!
    if (axis < 0) to.set(data)
    else growParameter(data, old, to, shape, axis, added)
  }
  return resized
}

/**
 * Writes the values `from`, of the shape `old`, into `to`, which has as many or more along `axis`, that of tokens; see `resizeVocabulary`. The rows of
 * `added` are written anew wherever they are, since a model may have more rows than its tokenizer has tokens.
 */
export function growParameter(
  from: Float32Array,
  old: readonly number[],
  to: Float32Array,
  shape: readonly number[],
  axis: number,
  added: readonly NewToken[],
): void {
  const before = old[axis]!
  const after = shape[axis]!
  const width = sizeOf(shape.slice(axis + 1))
  for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++) {
    const rows = from.subarray(outer * before * width, (outer + 1) * before * width)
    growRows(rows, to.subarray(outer * after * width, (outer + 1) * after * width), width, added)
  }
}

function checkToken(id: number, pieces: readonly number[], before: number, after: number): void {
  const piece = pieces.find((each) => each < 0 || each >= before)
  if (id >= before && id < after && pieces.length > 0 && piece === undefined) return
  const reason =
    piece !== undefined
      ? `names the old piece ${piece}, and there are ${before}`
      : pieces.length === 0
        ? 'names no old piece to begin from'
        : `is not among the new ids, ${before} to ${after - 1}`
  throw new YuksuError(
    'vocabulary-size',
    `the new token ${id} ${reason}; take both from the tokenizer that was extended`,
  )
}

/** Copies the old rows and makes the new ones of them. */
function growRows(from: Float32Array, to: Float32Array, width: number, added: readonly NewToken[]): void {
  to.set(from)
  const count = from.length / width
  const mean = meanRow(
    from,
    width,
    Array.from({ length: count }, (_, row) => row),
  )
  for (let row = count; row < to.length / width; row++) to.set(mean, row * width)
  for (const { id, pieces } of added) to.set(meanRow(from, width, pieces), id * width)
}

function meanRow(rows: Float32Array, width: number, places: readonly number[]): Float64Array {
  const mean = new Float64Array(width)
  for (const place of places)
    for (let i = 0; i < width; i++) mean[i]! += rows[place * width + i]! / places.length
  return mean
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}
