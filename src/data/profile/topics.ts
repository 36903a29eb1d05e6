import type { ValueCounts } from './value-counts.ts'
import { excerptOf } from './extreme-rows.ts'
import { factorize } from './factorize.ts'
import type { FoundTopics, TopicColumnProfile } from './profile-report.ts'
import { distinctiveTerms, tfidf, type TfidfMatrix, topTerms } from './tf-idf.ts'

/** A document that was drawn, with the value of the column of topics where there is one. */
export interface SampledDocument {
  readonly text: string
  readonly topic: string | undefined
}

const topicsShown = 15
const termsShown = 8
const topicsFound = 10
/** Fewer documents have no topics worth the name. */
const leastDocuments = 50

/** Names of columns that commonly hold a topic or a label. */
const topicNames = [
  'topic',
  'topics',
  'category',
  'genre',
  'domain',
  'subject',
  'intent',
  'label',
  'class',
  'gold_label',
  '주제',
  '분류',
  '카테고리',
  '장르',
]

/** The column that by its name holds topics, if one does. */
export function findTopicColumn(names: readonly string[]): string | undefined {
  return topicNames
    .map((wanted) => names.find((name) => name.toLowerCase() === wanted))
    .find((name) => name !== undefined)
}

/** The TF-IDF matrix of sampled documents: terms of at least three of them, but for those in more than a share of all. */
export function sampleMatrix(documents: readonly (readonly string[])[], maximumShare: number): TfidfMatrix {
  return tfidf(documents, {
    minimumDocuments: Math.min(3, Math.max(1, Math.floor(documents.length / 20))),
    maximumShare,
    maximumTerms: 3000,
  })
}

/** How rows spread over the values of a column, and the terms of the largest ones. */
export function topicColumnProfile(
  column: string,
  values: ValueCounts,
  rows: number,
  sample: readonly SampledDocument[],
  matrix: TfidfMatrix,
): TopicColumnProfile {
  const all = values.top(Infinity)
  const counted = all.reduce((sum, { count }) => sum + count, 0)
  const entropy = -all.reduce((sum, { count }) => sum + (count / counted) * Math.log(count / counted), 0)
  const membersOf = new Map<string, number[]>()
  for (const [at, { topic }] of sample.entries()) {
    if (topic === undefined) continue
    const members = membersOf.get(topic)
    if (members === undefined) membersOf.set(topic, [at])
    else members.push(at)
  }
  return {
    column,
    topics: values.distinct,
    rows,
    single: all.filter(({ count }) => count === 1).length,
    largestShare: (all[0]?.count ?? 0) / counted,
    effective: Math.exp(entropy),
    evenness: all.length > 1 ? entropy / Math.log(all.length) : 1,
    largest: all.slice(0, topicsShown).map(({ value, count }) => {
      const members = membersOf.get(value) ?? []
      const terms = members.length === 0 ? [] : distinctiveTerms(matrix, members, termsShown)
      return { name: value, rows: count, share: count / counted, terms }
    }),
  }
}

/** Topics of the sampled documents, the largest first; undefined where there are too few documents or terms. */
export function findTopics(
  sample: readonly SampledDocument[],
  matrix: TfidfMatrix,
  seed: number,
): FoundTopics | undefined {
  if (sample.length < leastDocuments || matrix.terms.length < 2 * topicsFound) return undefined
  const { documents, topics, count } = factorize(matrix, {
    topics: topicsFound,
    seed,
    iterations: 50,
    attempts: 2,
  })
  const terms = matrix.terms.length
  // Topics are compared by what they make up of a document, so each is scaled to sum to 1 over its terms.
  const scales = Array.from({ length: count }, (_, topic) =>
    topics.subarray(topic * terms, (topic + 1) * terms).reduce((sum, weight) => sum + weight, 0),
  )
  const members = Array.from({ length: count }, () => 0)
  const best = Array.from({ length: count }, () => ({ weight: 0, row: -1 }))
  let assigned = 0
  for (let row = 0; row < sample.length; row++) {
    let [own, most] = [-1, 0]
    for (let topic = 0; topic < count; topic++) {
      const weight = documents[row * count + topic]! * scales[topic]!
      if (weight > most) [own, most] = [topic, weight]
    }
    if (own < 0 || matrix.starts[row] === matrix.starts[row + 1]) continue
    assigned++
    members[own]!++
    const weight = documents[row * count + own]!
    if (weight > best[own]!.weight) best[own] = { weight, row }
  }
  const found = members.map((rows, topic) => ({
    share: rows / Math.max(1, assigned),
    terms: topTerms(matrix.terms, topics.subarray(topic * terms, (topic + 1) * terms), termsShown),
    example: best[topic]!.row < 0 ? '' : excerptOf(sample[best[topic]!.row]!.text),
  }))
  return {
    documents: assigned,
    topics: found.filter(({ share }) => share > 0).toSorted((a, b) => b.share - a.share),
  }
}
