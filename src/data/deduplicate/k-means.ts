/*
 * Spherical k-means (Dhillon and Modha 2001): vectors of length 1 are put to the centre they have the largest product with, and
 * a centre is the direction of the sum of its vectors. With batches, as Sculley (2010) does: each vector of a batch draws its
 * centre by one share of all that the centre has had.
 */
import { setImmediate } from 'node:timers/promises'
import { type Random, randomStream } from '../../random.ts'

export interface KMeansOptions {
  readonly clusters: number
  /** Passes over all vectors at most, or batches. */
  readonly iterations: number
  /** Vectors of a batch; without it every pass sees all. */
  readonly batch?: number | undefined
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface Clustering {
  /** `[clusters, width]`, each of length 1. */
  readonly centres: Float32Array
  /** The cluster of each vector. */
  readonly assigned: Uint32Array
  /** The product of each vector with its centre. */
  readonly similarities: Float32Array
}

/** Vectors, `[count, width]`. */
export interface Vectors {
  readonly data: Float32Array
  readonly width: number
  readonly count: number
}

/** Its own stream of random numbers. */
const drawing = 0x6b6d6e73
/** Vectors between which others have their turn. */
const turn = 2048

/** Clusters vectors of length 1; the same for the same seed. There are at most as many clusters as vectors. */
export async function kMeans(vectors: Vectors, options: KMeansOptions): Promise<Clustering> {
  const clusters = Math.min(options.clusters, vectors.count)
  const random = randomStream(options.seed, drawing)
  const centres = firstCentres(vectors, clusters, random)
  const state: Clustering = {
    centres,
    assigned: new Uint32Array(vectors.count).fill(clusters),
    similarities: new Float32Array(vectors.count),
  }
  if (options.batch !== undefined && options.batch < vectors.count)
    await moveByBatches(vectors, centres, { ...options, batch: options.batch }, random)
  else {
    for (let iteration = 0; iteration < options.iterations; iteration++) {
      const changed = await assign(vectors, state, options)
      options.onProgress?.(iteration + 1, options.iterations + 1)
      if (changed === 0) return state
      moveToMeans(vectors, state)
    }
  }
  await assign(vectors, state, options)
  return state
}

/** The product of two vectors of these. */
export function product({ data, width }: Vectors, one: number, other: number): number {
  return dot(data, one * width, data, other * width, width)
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, width: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  let at = 0
  for (; at + 3 < width; at += 4) {
    first += a[aStart + at]! * b[bStart + at]!
    second += a[aStart + at + 1]! * b[bStart + at + 1]!
    third += a[aStart + at + 2]! * b[bStart + at + 2]!
    fourth += a[aStart + at + 3]! * b[bStart + at + 3]!
  }
  for (; at < width; at++) first += a[aStart + at]! * b[bStart + at]!
  return first + second + (third + fourth)
}

/** Vectors drawn without putting back (Fisher–Yates, as far as it is needed). */
function firstCentres({ data, width, count }: Vectors, clusters: number, random: Random): Float32Array {
  const order = Uint32Array.from({ length: count }, (_, at) => at)
  const centres = new Float32Array(clusters * width)
  for (let cluster = 0; cluster < clusters; cluster++) {
    const drawn = cluster + random.below(count - cluster)
    ;[order[cluster], order[drawn]] = [order[drawn]!, order[cluster]!]
    const from = order[cluster]! * width
    centres.set(data.subarray(from, from + width), cluster * width)
  }
  return centres
}

/** Puts every vector to its nearest centre, the first of those as near, and says how many changed theirs. */
async function assign(
  vectors: Vectors,
  { centres, assigned, similarities }: Clustering,
  { signal }: KMeansOptions,
): Promise<number> {
  let changed = 0
  for (let vector = 0; vector < vectors.count; vector++) {
    if (vector % turn === 0) {
      await setImmediate()
      signal?.throwIfAborted()
    }
    const [cluster, similarity] = nearest(vectors, centres, vector)
    if (assigned[vector] !== cluster) changed++
    assigned[vector] = cluster
    similarities[vector] = similarity
  }
  return changed
}

function nearest(
  { data, width }: Vectors,
  centres: Float32Array,
  vector: number,
): [cluster: number, similarity: number] {
  let best = 0
  let highest = -Infinity
  for (let cluster = 0; cluster * width < centres.length; cluster++) {
    const similarity = dot(data, vector * width, centres, cluster * width, width)
    if (similarity > highest) [best, highest] = [cluster, similarity]
  }
  return [best, highest]
}

function moveToMeans({ data, width, count }: Vectors, { centres, assigned, similarities }: Clustering): void {
  const sums = new Float64Array(centres.length)
  const counts = new Uint32Array(centres.length / width)
  for (let vector = 0; vector < count; vector++) {
    const to = assigned[vector]! * width
    counts[assigned[vector]!]!++
    for (let at = 0; at < width; at++) sums[to + at]! += data[vector * width + at]!
  }
  const taken = new Set<number>()
  counts.forEach((members, cluster) => {
    if (members > 0)
      setDirection(centres, cluster * width, sums.subarray(cluster * width, (cluster + 1) * width))
    else {
      // A centre without vectors goes where one is farthest from its own.
      const lone = farthest(similarities, taken)
      taken.add(lone)
      centres.set(data.subarray(lone * width, (lone + 1) * width), cluster * width)
    }
  })
}

function farthest(similarities: Float32Array, taken: ReadonlySet<number>): number {
  let found = 0
  let lowest = Infinity
  similarities.forEach((similarity, vector) => {
    if (similarity < lowest && !taken.has(vector)) [found, lowest] = [vector, similarity]
  })
  return found
}

async function moveByBatches(
  vectors: Vectors,
  centres: Float32Array,
  { iterations, batch, signal, onProgress }: KMeansOptions & { readonly batch: number },
  random: Random,
): Promise<void> {
  const { data, width, count } = vectors
  const had = new Uint32Array(centres.length / width)
  for (let iteration = 0; iteration < iterations; iteration++) {
    await setImmediate()
    signal?.throwIfAborted()
    const drawn = Array.from({ length: batch }, () => random.below(count))
    const found = drawn.map((vector) => nearest(vectors, centres, vector)[0])
    for (const [at, vector] of drawn.entries()) {
      const to = found[at]! * width
      const share = 1 / ++had[found[at]!]!
      for (let place = 0; place < width; place++)
        centres[to + place]! += share * (data[vector * width + place]! - centres[to + place]!)
    }
    for (const cluster of new Set(found))
      setDirection(centres, cluster * width, centres.slice(cluster * width, (cluster + 1) * width))
    onProgress?.(iteration + 1, iterations + 1)
  }
}

/** Writes a vector in length 1; one of no length leaves what was there. */
export function setDirection(data: Float32Array, start: number, vector: Float32Array | Float64Array): void {
  let square = 0
  for (const value of vector) square += value * value
  if (square === 0) return
  const scale = 1 / Math.sqrt(square)
  for (let at = 0; at < vector.length; at++) data[start + at] = vector[at]! * scale
}
