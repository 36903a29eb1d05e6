import type { Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { scale } from './scale.ts'
import { tanh } from './tanh.ts'

/** y = cap · tanh(x / cap): close to x where x is small, never beyond ± cap (Gemma 2, 2024). */
export function softCap(x: Tensor, cap: number): Tensor {
  if (!(cap > 0)) throw new YuksuError('setting', `softCap: the cap must be above 0, given ${cap}`)
  return scale(tanh(scale(x, 1 / cap)), cap)
}
