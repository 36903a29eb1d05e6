import type { Lowering } from '../lowering.ts'
import { emitSplit } from './emit-split.ts'

/** How a sequence of `length` steps is cut: `count` chunks of `size` steps, with `padding` steps after the last. */
export interface Chunks {
  readonly length: number
  readonly count: number
  readonly size: number
  readonly padding: number
}

/** As few chunks as there can be of at most so many steps, and then as short as they can be. */
export function cutInChunks(length: number, most: number): Chunks {
  const count = Math.ceil(length / most)
  const size = Math.ceil(length / count)
  return { length, count, size, padding: count * size - length }
}

/** `[batch, length, width]` as one `[batch, count, 1, width]` for each step of a chunk; zeros after the last. */
export function stepsOf(lowering: Lowering, value: string, width: number, chunks: Chunks): string[] {
  const { count, size, padding } = chunks
  const whole =
    padding === 0 ? value : lowering.emit('Pad', [value, lowering.integers([0, 0, 0, 0, padding, 0])])
  const cut = lowering.emit('Reshape', [whole, lowering.integers([0, count, size, width])])
  return emitSplit(lowering, cut, 2, size)
}

/** What `stepsOf` took apart, made one `[batch, length, width]` again. */
export function joinSteps(
  lowering: Lowering,
  steps: readonly string[],
  width: number,
  { length, count, size, padding }: Chunks,
  output: string,
): void {
  const joined = lowering.emit('Concat', steps, { attributes: { axis: 2 } })
  const whole = lowering.emit('Reshape', [joined, lowering.integers([0, count * size, width])], {
    ...(padding === 0 && { outputs: [output] }),
  })
  if (padding === 0) return
  const [start, end, axis] = [0, length, 1].map((bound) => lowering.integers([bound]))
  lowering.emit('Slice', [whole, start!, end!, axis!], { outputs: [output] })
}

/** `[batch, count, …]` as one `[batch, 1, …]` for each chunk. */
export function chunksOf(lowering: Lowering, value: string, { count }: Chunks): string[] {
  return emitSplit(lowering, value, 1, count)
}
