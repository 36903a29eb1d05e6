/*
 * Weight of term t in document d: tf(t, d) · (ln((1 + n) / (1 + df(t))) + 1), each document then of Euclidean length 1: what
 * scikit-learn's TfidfVectorizer computes by default.
 */

export interface TfidfOptions {
  /** Documents that a term must be in. */
  readonly minimumDocuments?: number
  /** Share of the documents that a term may be in. */
  readonly maximumShare?: number
  /** Terms at most: those in most documents. */
  readonly maximumTerms?: number
}

/** Documents as rows of a sparse matrix: the entries of row i lie from starts[i] to starts[i + 1]. */
export interface TfidfMatrix {
  /** In alphabetical order of their UTF-16 units. */
  readonly terms: readonly string[]
  readonly documents: number
  /** Documents that each term is in. */
  readonly documentsOf: Uint32Array
  readonly starts: Uint32Array
  /** The number of a term, ascending within a row. */
  readonly columns: Uint32Array
  readonly weights: Float64Array
}

/** The matrix of documents that are given by their terms. */
export function tfidf(
  documents: readonly (readonly string[])[],
  { minimumDocuments = 1, maximumShare = 1, maximumTerms = Infinity }: TfidfOptions = {},
): TfidfMatrix {
  const found = new Map<string, number>()
  for (const document of documents)
    for (const term of new Set(document)) found.set(term, (found.get(term) ?? 0) + 1)
  const terms = [...found]
    .filter(([, count]) => count >= minimumDocuments && count <= maximumShare * documents.length)
    .toSorted(([a, many], [b, more]) => more - many || compare(a, b))
    .slice(0, maximumTerms)
    .map(([term]) => term)
    .toSorted(compare)
  const numbers = new Map(terms.map((term, number) => [term, number]))
  const documentsOf = Uint32Array.from(terms, (term) => found.get(term)!)
  const starts = new Uint32Array(documents.length + 1)
  const columns: number[] = []
  const weights: number[] = []
  for (const [row, document] of documents.entries()) {
    const counts = new Map<number, number>()
    for (const term of document) {
      const number = numbers.get(term)
      if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1)
    }
    const entries = [...counts]
      .toSorted(([a], [b]) => a - b)
      .map(([number, count]) => {
        const rareness = Math.log((1 + documents.length) / (1 + documentsOf[number]!)) + 1
        return [number, count * rareness] as const
      })
    const length = Math.sqrt(entries.reduce((sum, [, weight]) => sum + weight * weight, 0))
    for (const [number, weight] of entries) {
      columns.push(number)
      weights.push(weight / length)
    }
    starts[row + 1] = columns.length
  }
  return {
    terms,
    documents: documents.length,
    documentsOf,
    starts,
    columns: Uint32Array.from(columns),
    weights: Float64Array.from(weights),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * The terms whose mean weight in some of the documents is most above that in all, with that mean weight: what tells them
 * from the others.
 */
export function distinctiveTerms(
  matrix: TfidfMatrix,
  rows: readonly number[],
  count: number,
): { term: string; weight: number }[] {
  const means = new Float64Array(matrix.terms.length)
  const above = new Float64Array(matrix.terms.length)
  for (let at = 0; at < matrix.weights.length; at++)
    above[matrix.columns[at]!]! -= matrix.weights[at]! / matrix.documents
  for (const row of rows)
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++)
      means[matrix.columns[at]!]! += matrix.weights[at]! / rows.length
  for (const [term, mean] of means.entries()) above[term]! += mean
  const numbers = new Map(matrix.terms.map((term, number) => [term, number]))
  return topTerms(matrix.terms, above, count)
    .map(({ term }) => ({ term, weight: means[numbers.get(term)!]! }))
    .filter(({ weight }) => weight > 0)
}

/** The terms of the highest weights above 0. */
export function topTerms(
  terms: readonly string[],
  weights: Float64Array,
  count: number,
): { term: string; weight: number }[] {
  return Array.from(weights, (weight, number) => ({ term: terms[number]!, weight }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight || compare(a.term, b.term))
    .slice(0, count)
}
