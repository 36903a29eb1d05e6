import type { Lowering } from '../lowering.ts'

/**
 * Emits `target` `[rows, …]` with each slice of `values` `[count, …]` added to the row at its index `[count]`; an index may come
 * more than once. `ScatterND` would say it shorter and take a third of the time, but the runtime spreads it over threads that add to
 * one row at once, and loses what they add; `ScatterElements` is one thread's work, and the same every time.
 */
export function emitAddToRows(
  lowering: Lowering,
  operands: { target: string; indices: string; values: string; rank: number },
  outputs?: readonly string[],
): string {
  const { target, indices, values, rank } = operands
  const axes = lowering.integers(Array.from({ length: rank - 1 }, (_, axis) => axis + 1))
  const column = rank === 1 ? indices : lowering.emit('Unsqueeze', [indices, axes])
  const places = lowering.emit('Expand', [column, lowering.emit('Shape', [values])])
  return lowering.emit('ScatterElements', [target, places, values], {
    ...(outputs && { outputs }),
    attributes: { axis: 0, reduction: 'add' },
  })
}
