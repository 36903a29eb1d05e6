import type { Lowering } from '../lowering.ts'

/** The parts of one axis, each of the same size. */
export function emitSplit(lowering: Lowering, value: string, axis: number, count: number): string[] {
  if (count === 1) return [value]
  const outputs = Array.from({ length: count }, () => lowering.fresh('part'))
  lowering.emit('Split', [value], { outputs, attributes: { axis, num_outputs: count } })
  return outputs
}
