import { partCount, type Dimension, type Shape } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { emitSplit } from './emit-split.ts'

/** How a sequence of `length` steps is cut: `count` chunks of `size` steps, the last filled up. */
export interface Chunks {
  readonly length: Dimension
  readonly count: Dimension
  readonly size: number
}

/** As few chunks as there can be of at most so many steps, and then as short as they can be; full ones of a length not known yet. */
export function cutInChunks(length: Dimension, most: number): Chunks {
  const count = partCount(length, most)
  const isKnown = typeof length === 'number' && typeof count === 'number'
  return { length, count, size: isKnown ? Math.ceil(length / count) : most }
}

/** The steps of `[batch, length, …]`, as an int64 `[1]`. */
function lengthOf(lowering: Lowering, value: string): string {
  return lowering.emit('Shape', [value], { attributes: { start: 1, end: 2 } })
}

/** The steps that fill up the last chunk, of values `[batch, length, …]`. */
function paddingOf(lowering: Lowering, value: string, { length, count, size }: Chunks): number | string {
  if (typeof length === 'number') return (count as number) * size - length
  const most = lowering.integers([size - 1])
  const beyond = lowering.emit('Add', [lengthOf(lowering, value), most])
  return lowering.emit('Sub', [most, lowering.emit('Mod', [beyond, lowering.integers([size])])])
}

/** `[batch, length, width]` as one `[batch, count, 1, width]` for each step of a chunk; zeros after the last. */
export function stepsOf(lowering: Lowering, value: string, width: number, chunks: Chunks): string[] {
  const { count, size } = chunks
  const padding = paddingOf(lowering, value, chunks)
  const whole = padding === 0 ? value : lowering.emit('Pad', [value, padsAfter(lowering, padding)])
  const shape = [0, typeof count === 'number' ? count : -1, size, width]
  return emitSplit(lowering, lowering.emit('Reshape', [whole, lowering.integers(shape)]), 2, size)
}

function padsAfter(lowering: Lowering, padding: number | string): string {
  if (typeof padding === 'number') return lowering.integers([0, 0, 0, 0, padding, 0])
  const [before, after] = [lowering.integers([0, 0, 0, 0]), lowering.integers([0])]
  return lowering.emit('Concat', [before, padding, after], { attributes: { axis: 0 } })
}

/** What `stepsOf` took apart, made one `[batch, length, width]` again, of the length that `like` has. */
export function joinSteps(
  lowering: Lowering,
  steps: readonly string[],
  width: number,
  { length, count, size }: Chunks,
  [output, like]: readonly [string, string],
): void {
  const joined = lowering.emit('Concat', steps, { attributes: { axis: 2 } })
  const fits = typeof count === 'number' && count * size === length
  const shape = [0, typeof count === 'number' ? count * size : -1, width]
  const whole = lowering.emit('Reshape', [joined, lowering.integers(shape)], {
    ...(fits && { outputs: [output] }),
  })
  if (fits) return
  const end = typeof length === 'number' ? lowering.integers([length]) : lengthOf(lowering, like)
  const [start, axis] = [lowering.integers([0]), lowering.integers([1])]
  lowering.emit('Slice', [whole, start, end, axis], { outputs: [output] })
}

/** The first of `[batch, count, …]`, `[batch, 1, …]`. */
export function firstChunk(lowering: Lowering, value: string): string {
  const [start, end, axis] = [0, 1, 1].map((bound) => lowering.integers([bound]))
  return lowering.emit('Slice', [value, start!, end!, axis!])
}

/**
 * From each chunk to the next, or backwards to the one before: what is left of the state, times `left`, and `added`, both
 * `[batch, count, state, width]`. Gives the state before every chunk, of that shape too, and after them all, of `shape` as `start` is.
 */
export function carryOverChunks(
  lowering: Lowering,
  given: {
    readonly start: string
    readonly left: string
    readonly added: string
    readonly shape: Shape
    readonly backwards?: boolean
    readonly outputs?: { readonly before?: string; readonly last?: string }
  },
  { count }: Chunks,
): { before: string; last: string } {
  const { start, left, added, shape, backwards = false, outputs = {} } = given
  const next = (state: string, [share, more]: readonly string[]) =>
    lowering.emit('Add', [lowering.emit('Mul', [share!, state]), more!])
  if (typeof count !== 'number')
    return lowering.carry({ start, along: [left, added], shape, backwards, outputs }, next)
  const [size, width] = shape.slice(1) as number[]
  const parts = [left, added].map((value) => emitSplit(lowering, value, 1, count))
  const order = Array.from({ length: count }, (_, chunk) => (backwards ? count - 1 - chunk : chunk))
  const states = [lowering.emit('Reshape', [start, lowering.integers([0, 1, size!, width!])])]
  for (const chunk of order) states.push(next(states.at(-1)!, [parts[0]![chunk]!, parts[1]![chunk]!]))
  const named = (output: string | undefined) => (output === undefined ? {} : { outputs: [output] })
  const last = lowering.emit('Reshape', [states.pop()!, lowering.integers([0, size!, width!])], {
    ...named(outputs.last),
  })
  const before = lowering.emit('Concat', backwards ? states.toReversed() : states, {
    ...named(outputs.before),
    attributes: { axis: 1 },
  })
  return { before, last }
}
