/**
 * What merging makes of one parameter of several models, in float64 and then rounded. With θ of a model, θ₀ of the base and τ = θ − θ₀:
 *
 *     linear             Σ w θ / Σ w
 *     slerp              sin((1 − t) φ) / sin φ · θ₁ + sin(t φ) / sin φ · θ₂, φ the angle between them (Shoemake, 1985)
 *     task-arithmetic    θ₀ + λ Σ w τ (Ilharco et al., 2023)
 *     ties               θ₀ + λ · Σ w τ′ / Σ w over the models whose τ′ has the sign of Σ w τ′, where τ′ is τ with all but the share `density` of
 *                        largest magnitude set to 0 (Yadav et al., 2023)
 *     dare               θ₀ + λ Σ w τ″, where τ″ is τ / density with chance `density`, else 0 (Yu et al., 2024)
 *     dare-ties          as ties with τ″ in place of τ′
 */
import { YuksuError } from '../errors.ts'
import { randomStream } from '../random.ts'

export const mergeMethods = ['linear', 'slerp', 'task-arithmetic', 'ties', 'dare', 'dare-ties'] as const

export type MergeMethod = (typeof mergeMethods)[number]

export interface MergeSettings {
  readonly method: MergeMethod
  /** How much each model counts; alike by default. Of slerp, `t` says it. */
  readonly weights?: readonly number[] | undefined
  /** How far from the first of two models to the second, 0 to 1; 0.5 by default. */
  readonly t?: number | undefined
  /** The share of a task vector that is kept: by default 0.2 of ties and 0.1 of dare, as in their papers. */
  readonly density?: number | undefined
  /** λ, by which the merged task vectors are multiplied; 1 by default. */
  readonly scale?: number | undefined
  /** What dare draws from. */
  readonly seed?: number | undefined
}

/** Settings with every default filled in; those that a method has no use for are absent. */
export interface ResolvedMerge {
  readonly method: MergeMethod
  readonly weights?: readonly number[]
  readonly t?: number
  readonly density?: number
  readonly scale?: number
  readonly seed?: number
}

/** Whether a method adds to a base what other models learned beyond it. */
export function needsBase(method: MergeMethod): boolean {
  return method !== 'linear' && method !== 'slerp'
}

/** Fills in defaults. Throws YuksuError for a setting that does not fit the method or the number of models. */
export function resolveMerge(settings: MergeSettings, models: number): ResolvedMerge {
  const { method } = settings
  const isRandom = method === 'dare' || method === 'dare-ties'
  const has = {
    weights: method !== 'slerp',
    t: method === 'slerp',
    density: isRandom || method === 'ties',
    scale: needsBase(method),
    seed: isRandom,
  }
  for (const [name, used] of Object.entries(has)) {
    if (!used && settings[name as keyof typeof has] !== undefined)
      throw mergeError(`${method} has no ${name}; leave it out`)
  }
  const { weights = Array.from({ length: models }, () => 1), t = 0.5, scale = 1, seed = 0 } = settings
  const { density = isRandom ? 0.1 : 0.2 } = settings
  if (method === 'slerp' && models !== 2) throw mergeError(`slerp is between two models, given ${models}`)
  if (weights.length !== models)
    throw mergeError(`${weights.length} weights were given for ${models} models; give one for each`)
  const numbers = [...weights, t, scale, seed, density]
  if (!numbers.every(Number.isFinite))
    throw mergeError(`a setting is no finite number: ${numbers.join(', ')}`)
  if (!(t >= 0 && t <= 1)) throw mergeError(`t is ${t}; give a number from 0 to 1`)
  if (!(density > 0 && density <= 1)) throw mergeError(`density is ${density}; give a share above 0, up to 1`)
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw mergeError(`seed is ${seed}; give a whole number ≥ 0`)
  if (method === 'linear' && weights.reduce((sum, weight) => sum + weight, 0) === 0)
    throw mergeError('the weights of linear add up to 0; give others')
  if (method.includes('ties') && !weights.every((weight) => weight > 0))
    throw mergeError(
      `the weights of ${method} are ${weights.join(', ')}; give numbers above 0, which it averages by`,
    )
  return {
    method,
    ...(has.weights && { weights }),
    ...(has.t && { t }),
    ...(has.density && { density }),
    ...(has.scale && { scale }),
    ...(has.seed && { seed }),
  }
}

/**
 * One parameter merged. `values` are those of the models, of one length, `base` those of the base where the method needs one, and `place` tells
 * the parameter from others to the random numbers of dare.
 */
export function mergeTensor(
  values: readonly Float32Array[],
  base: Float32Array | undefined,
  settings: ResolvedMerge,
  place: number,
): Float32Array {
  const { method, weights = [], t = 0.5 } = settings
  if (method === 'linear') {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weightedSum(
      values,
      weights.map((weight) => weight / sum),
    )
  }
  if (method === 'slerp') return slerp(values[0]!, values[1]!, t)
  return addTaskVectors(values, base!, settings, place)
}

function weightedSum(values: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const merged = new Float32Array(values[0]!.length)
  for (let index = 0; index < merged.length; index++) {
    let total = 0
    for (let model = 0; model < values.length; model++) total += weights[model]! * values[model]![index]!
    merged[index] = total
  }
  return merged
}

/** Directions nearer than this to one line have no arc between them that could be told from a straight way. */
const nearlyParallel = 1 - 1e-6

function slerp(from: Float32Array, to: Float32Array, t: number): Float32Array {
  let [product, fromSquare, toSquare] = [0, 0, 0]
  for (let index = 0; index < from.length; index++) {
    const [left, right] = [from[index]!, to[index]!]
    product += left * right
    fromSquare += left * left
    toSquare += right * right
  }
  const cosine = product / Math.sqrt(fromSquare * toSquare)
  // Of zeros there is no direction either, and no cosine.
  if (!(Math.abs(cosine) < nearlyParallel)) return weightedSum([from, to], [1 - t, t])
  const angle = Math.acos(cosine)
  const shares = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]
  return weightedSum([from, to], shares)
}

function addTaskVectors(
  values: readonly Float32Array[],
  base: Float32Array,
  { method, weights = [], density = 1, scale = 1, seed = 0 }: ResolvedMerge,
  place: number,
): Float32Array {
  const keep = values.map((own, model) => {
    if (method === 'ties') return largestKept(own, base, density)
    if (method === 'task-arithmetic') return undefined
    return randomlyKept(own.length, density, seed, place * values.length + model)
  })
  const gain = method === 'dare' || method === 'dare-ties' ? 1 / density : 1
  const elects = method === 'ties' || method === 'dare-ties'
  const merged = new Float32Array(base.length)
  const changes = new Float64Array(values.length)
  for (let index = 0; index < base.length; index++) {
    let sum = 0
    for (let model = 0; model < values.length; model++) {
      const isKept = keep[model]?.[index] !== 0
      // Weighted already: it is by the weights too that the sign is elected.
      changes[model] = isKept ? weights[model]! * gain * (values[model]![index]! - base[index]!) : 0
      sum += changes[model]!
    }
    merged[index] = base[index]! + scale * (elects ? disjointMean(changes, weights, sum) : sum)
  }
  return merged
}

/** The mean of what goes the way that the sum goes; what is 0 goes no way. */
function disjointMean(changes: Float64Array, weights: readonly number[], sum: number): number {
  let [total, weight] = [0, 0]
  for (let model = 0; model < changes.length; model++) {
    if (changes[model] === 0 || changes[model]! > 0 !== sum >= 0) continue
    total += changes[model]!
    weight += weights[model]!
  }
  return weight === 0 ? 0 : total / weight
}

/** 1 where a change is among the share of largest magnitude, exactly so many of them, and 0 elsewhere. */
function largestKept(own: Float32Array, base: Float32Array, density: number): Uint8Array {
  const magnitudes = own.map((value, index) => Math.abs(value - base[index]!))
  const count = Math.round(density * own.length)
  const least = count === 0 ? Infinity : magnitudes.toSorted()[own.length - count]!
  const kept = new Uint8Array(own.length)
  let room = count
  magnitudes.forEach((magnitude, index) => {
    if (magnitude <= least) return
    kept[index] = 1
    room--
  })
  // Of those as large as the least, the first.
  for (let index = 0; room > 0 && index < own.length; index++) {
    if (magnitudes[index] !== least) continue
    kept[index] = 1
    room--
  }
  return kept
}

function randomlyKept(length: number, density: number, seed: number, stream: number): Uint8Array {
  const random = randomStream(seed, stream)
  return Uint8Array.from({ length }, () => (random.chance(density) ? 1 : 0))
}

export function mergeError(message: string): YuksuError {
  return new YuksuError('merge', `merge: ${message}`)
}
