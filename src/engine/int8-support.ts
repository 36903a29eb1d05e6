import { YuksuError } from '../errors.ts'
import { compile } from './lowering.ts'
import { int8Linear } from './ops/int8-linear.ts'
import { Session } from './session.ts'
import { constant } from './tensor.ts'

/** The answer for this processor, asked for once. */
let checked: Promise<void> | undefined

/**
 * Throws YuksuError where this machine adds up products of bytes wrongly. On x86 without instructions for that (VNNI, AMX) the runtime adds two
 * of them in 16 bits, and what is larger is cut off without a word.
 */
export function checkInt8Products(): Promise<void> {
  checked ??= largestSums().then(checkSums)
  return checked
}

const width = 64

/** Sums of as many products of the largest codes, each of which stands for 1. */
async function largestSums(): Promise<ArrayLike<number>> {
  const ones = constant(new Float32Array(width * width).fill(1), [width, width])
  const session = await Session.create(compile({ sums: int8Linear(ones, ones) }), { threads: 1 })
  try {
    return (await session.run({})).sums!.data as Float32Array
  } finally {
    await session.release()
  }
}

/** Exported for its test: no machine is both right and wrong. */
export function checkSums(sums: ArrayLike<number>): void {
  const wrong = Array.from(sums).find((sum) => !(Math.abs(sum - width) < 1e-3))
  if (wrong === undefined) return
  throw new YuksuError(
    'int8-products',
    `this processor adds up products of bytes in too few bits (${width} ones came to ${wrong}); set products to float32, or train where there are VNNI, AMX or ARM's dot products`,
  )
}
