import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { documentText } from '../step.ts'
import type { CorpusContext, CorpusStepDefinition, RowSource } from '../step.ts'
import { type Clustering, kMeans, product, setDirection, type Vectors } from './k-means.ts'
import { PlaceTable } from './place-table.ts'

const options = z.strictObject({
  model: z
    .string()
    .min(1)
    .describe(
      'Folder of a model, or its name on the hub, of which the mean of the last hidden states over the tokens of a document is its embedding.',
    ),
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe(
      'The least cosine of the embeddings of rows that say the same. What is right depends on the model: look at the pairs.',
    ),
  clusters: z
    .int()
    .min(1)
    .optional()
    .describe('Clusters within which rows are compared. Without it, the root of the number of rows.'),
  iterations: z.int().min(1).default(20).describe('Passes of k-means at most, or batches.'),
  batch: z
    .int()
    .min(1)
    .optional()
    .describe('Rows of a batch of k-means; without it, each pass sees all rows.'),
  keep: z
    .enum(['farthest', 'first'])
    .default('farthest')
    .describe(
      'Which of rows that say the same is kept: that farthest from the centre of its cluster, as SemDeDup does, or the first.',
    ),
  prototypical: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'The share of what is left that is dropped then for being nearest to the centres of new clusters, as D4 does.',
    ),
})

type Options = z.infer<typeof options>

/** Texts that are embedded at once. */
const batchTexts = 256

/** Rows that go: the kept twin of each, or its similarity to a centre alone. */
interface Gone {
  readonly kept?: number
  readonly similarity: number
}

/**
 * Drops rows that say the same in other words: embeddings are clustered, and of rows of a cluster whose cosine is high one is kept
 * (SemDeDup: Abbas et al. 2023; here a row goes only for one that stays). Then, where it is asked for, the most ordinary rows go,
 * so that the rest is more diverse (D4: Tirumala et al. 2023).
 */
export const semanticDuplicates: CorpusStepDefinition<Options> = {
  kind: 'corpus',
  name: 'semantic-duplicates',
  description:
    'Drops rows whose document has nearly the embedding of one that is kept, and the most ordinary ones where asked.',
  options,
  async plan(rows, settings, context) {
    const { vectors, rowOfVector, places } = await embedRows(rows, settings.model, context)
    const gone = new Map<number, Gone>()
    const first = await kMeans(vectors, clusteringOptions(vectors.count, settings, context, 'cluster'))
    let pairs = 0
    const twins = dropTwins(vectors, first, settings)
    for (const [vector, { kept, similarity }] of twins.gone) {
      gone.set(rowOfVector[vector]!, { kept: rowOfVector[kept]!, similarity })
    }
    pairs += twins.pairs
    const clusters = new Set([...twins.gone.values()].map(({ kept }) => kept)).size
    if (settings.prototypical > 0) {
      const left = Uint32Array.from(
        Array.from({ length: vectors.count }, (_, vector) => vector).filter(
          (vector) => !twins.gone.has(vector),
        ),
      )
      const rest = selected(vectors, left)
      const second = await kMeans(rest, clusteringOptions(rest.count, settings, context, 'cluster again'))
      for (const index of mostPrototypical(second.similarities, settings.prototypical))
        gone.set(rowOfVector[left[index]!]!, { similarity: second.similarities[index]! })
    }
    return {
      figures: { clusters, pairs, prototypical: gone.size - twins.gone.size },
      outcome(index) {
        const found = gone.get(index)
        if (found === undefined) return undefined
        const similarity = Number(found.similarity.toFixed(6))
        return found.kept === undefined
          ? { drop: 'prototypical', evidence: { similarity } }
          : { drop: 'semantic-duplicate', evidence: { ...places.evidence(found.kept), similarity } }
      },
    }
  },
}

async function embedRows(rows: RowSource, model: string, context: CorpusContext) {
  const embed = await context.openEmbedder?.(model)
  if (embed === undefined) {
    throw new YuksuError(
      'no-embedder',
      `${model} cannot be opened for embeddings; give the folder of a model that this package reads, with its tokenizer`,
    )
  }
  const places = new PlaceTable()
  const rowOfVector: number[] = []
  const pieces: Float32Array[] = []
  let width = 0
  let texts: string[] = []
  const flush = async () => {
    if (texts.length === 0) return
    const embeddings = await embed(texts)
    width = embeddings.length / texts.length
    for (let start = 0; start < embeddings.length; start += width)
      setDirection(embeddings, start, embeddings.slice(start, start + width))
    pieces.push(embeddings)
    texts = []
  }
  for await (const row of rows) {
    context.signal?.throwIfAborted()
    places.add(row.place)
    const text = documentText(row, row.columns).trim()
    // Rows without text say nothing, and so not the same.
    if (text === '') continue
    rowOfVector.push(row.index)
    texts.push(text)
    if (texts.length < batchTexts) continue
    await flush()
    context.progress('embed', row.index)
  }
  await flush()
  const data = new Float32Array(rowOfVector.length * width)
  let at = 0
  for (const piece of pieces) {
    data.set(piece, at)
    at += piece.length
  }
  return { vectors: { data, width, count: rowOfVector.length }, rowOfVector, places }
}

function clusteringOptions(
  count: number,
  { clusters, iterations, batch }: Options,
  context: CorpusContext,
  pass: string,
) {
  return {
    clusters: clusters ?? Math.ceil(Math.sqrt(count)),
    iterations,
    batch,
    seed: context.seed,
    signal: context.signal,
    onProgress: (done: number, total: number) => context.progress(pass, Math.floor((done / total) * count)),
  }
}

/** In each cluster, those that have a kept one above the threshold before them. */
function dropTwins(
  vectors: Vectors,
  { assigned, similarities, centres }: Clustering,
  { threshold, keep }: Options,
): { gone: Map<number, { kept: number; similarity: number }>; pairs: number } {
  const members = Array.from(
    { length: vectors.width === 0 ? 0 : centres.length / vectors.width },
    (): number[] => [],
  )
  assigned.forEach((cluster, vector) => members[cluster]!.push(vector))
  const gone = new Map<number, { kept: number; similarity: number }>()
  let pairs = 0
  for (const cluster of members) {
    const order =
      keep === 'first' ? cluster : cluster.toSorted((a, b) => similarities[a]! - similarities[b]! || a - b)
    const kept: number[] = []
    for (const vector of order) {
      let best: { kept: number; similarity: number } | undefined
      for (const other of kept) {
        const similarity = product(vectors, vector, other)
        if (similarity < threshold) continue
        pairs++
        if (best === undefined || similarity > best.similarity) best = { kept: other, similarity }
      }
      if (best === undefined) kept.push(vector)
      else gone.set(vector, best)
    }
  }
  return { gone, pairs }
}

function selected({ data, width }: Vectors, chosen: Uint32Array): Vectors {
  const copy = new Float32Array(chosen.length * width)
  chosen.forEach((vector, at) => copy.set(data.subarray(vector * width, (vector + 1) * width), at * width))
  return { data: copy, width, count: chosen.length }
}

/** Places of the highest share, of equal ones the later. */
function mostPrototypical(similarities: Float32Array, share: number): number[] {
  const order = Array.from(similarities, (_, at) => at).sort(
    (a, b) => similarities[b]! - similarities[a]! || b - a,
  )
  return order.slice(0, Math.floor(share * similarities.length))
}
