import { recordOne, scalar, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'
import { subtract } from './subtract.ts'

/** y = cap · tanh(x / cap): close to x where x is small, never beyond ± cap (Gemma 2, 2024); dx = dy · (1 − (y / cap)²). */
export function softCap(x: Tensor, cap: number): Tensor {
  if (!(cap > 0)) throw new YuksuError('setting', `softCap: the cap must be above 0, given ${cap}`)
  return recordOne({
    name: 'softCap',
    inputs: [x, scalar(cap)],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [input, bound], outputs) {
      const tanh = lowering.emit('Tanh', [lowering.emit('Div', [input!, bound!])])
      lowering.emit('Mul', [tanh, bound!], { outputs })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [multiply(dy!, softCapSlope(y!, cap)), undefined],
  })
}

/** How fast y changes with x where it is y: 1 − (y / cap)². */
export function softCapSlope(y: Tensor, cap: number): Tensor {
  const share = scale(y, 1 / cap)
  return subtract(scalar(1), multiply(share, share))
}

/** What was bounded, and by how much, where a tensor is what `softCap` gave. */
export function boundedBy({ origin }: Tensor): { readonly x: Tensor; readonly cap: number } | undefined {
  if (origin.kind !== 'node' || origin.node.name !== 'softCap') return undefined
  const [x, bound] = origin.node.inputs
  if (bound!.origin.kind !== 'constant') return undefined
  return { x: x!, cap: Number(bound!.origin.data[0]) }
}
