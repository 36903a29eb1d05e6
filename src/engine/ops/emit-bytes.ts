import type { Lowering } from '../lowering.ts'
import { microsoft } from '../onnx.ts'

/*
 * Products of numbers that are rounded to 8 bits when the program runs. A line of them, a row or a column, stands for whole numbers from −127
 * to 127, its codes, times one scale. The runtime multiplies uint8 by int8, so the left operand's codes have 128 added.
 */

/** The scale of each row of `[rows, width]`, `[rows]`: its largest magnitude is 127 of them. NaN where a row holds what is no finite number. */
export function emitRowScales(lowering: Lowering, x: string, output?: string): string {
  const scales = emitScales(lowering, x, -1)
  return lowering.emit('Add', [scales, emitPoison(lowering, x, 0)], { ...(output && { outputs: [output] }) })
}

/** The scale of each column of `[rows, width]`, `[width]`; whether all numbers are finite is not looked at. */
export function emitColumnScales(lowering: Lowering, x: string): string {
  return emitScales(lowering, x, 0)
}

/** The largest and the smallest are two passes that write nothing; magnitudes would be written and read once more. */
function emitScales(lowering: Lowering, x: string, axis: number): string {
  const reduce = (type: string) =>
    lowering.emit(type, [x, lowering.integers([axis])], { attributes: { keepdims: 0 } })
  const largest = lowering.emit('Max', [reduce('ReduceMax'), lowering.emit('Neg', [reduce('ReduceMin')])])
  return lowering.emit('Mul', [largest, lowering.float(1 / 127)])
}

/** 0 for each row of finite numbers, and NaN for the others: rounded to bytes they would become numbers like any. */
export function emitPoison(lowering: Lowering, x: string, keepdims: 0 | 1): string {
  const sum = lowering.emit('ReduceSum', [x, lowering.integers([-1])], { attributes: { keepdims } })
  return lowering.emit('Mul', [sum, lowering.float(0)])
}

/** The codes of `[rows, width]` with a scale a row, for the left side of a product or the right. */
export function emitRowCodes(
  lowering: Lowering,
  [x, scales]: readonly [string, string],
  side: 'left' | 'right',
  output?: string,
): string {
  const zero = side === 'left' ? leftZero(lowering, [1]) : rightZero(lowering, [1])
  const zeros = lowering.emit('Expand', [zero, lowering.emit('Shape', [scales])])
  return lowering.emit('QuantizeLinear', [x, scales, zeros], {
    attributes: { axis: 0 },
    ...(output && { outputs: [output] }),
  })
}

/** The codes of `[rows, width]` with a scale a column, for the right side. With a scale a column the runtime's own rounding is forty times slower. */
export function emitColumnCodes(lowering: Lowering, [x, scales]: readonly [string, string]): string {
  const steps = lowering.emit('Div', [x, scales])
  return lowering.emit('QuantizeLinear', [steps, lowering.float(1), rightZero(lowering, [])])
}

/** The product of codes `[rows, inner]` and `[inner, columns]`, each column times its scale. */
export function emitByteProduct(
  lowering: Lowering,
  [left, right, columnScales]: readonly [string, string, string],
  outputs?: readonly string[],
): string {
  const operands = [left, right, lowering.float(1), columnScales, leftZero(lowering, [])]
  return lowering.emit('MatMulIntegerToFloat', operands, { domain: microsoft, ...(outputs && { outputs }) })
}

function leftZero(lowering: Lowering, shape: readonly number[]): string {
  return lowering.constant(Uint8Array.of(128), shape, 'uint8')
}

function rightZero(lowering: Lowering, shape: readonly number[]): string {
  return lowering.constant(Int8Array.of(0), shape, 'int8')
}
