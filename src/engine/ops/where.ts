import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape } from '../dimension.ts'
import { recordOne, scalar, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

/**
 * y = a where the condition holds, b elsewhere, all three broadcast; the condition is bool, or float32 that holds where
 * it is not 0. da = dy where it holds and 0 elsewhere, db the other way round: selected, not multiplied, so that an
 * infinite value that was not selected leaves no NaN. (What made that value has its own gradient: 0 · ∞ there is NaN.)
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const operands = broadcastShapes(a.shape, b.shape)
  const shape = operands && broadcastShapes(condition.shape, operands)
  const known = condition.dtype === 'bool' || condition.dtype === 'float32'
  if (shape === undefined || !known || a.dtype !== b.dtype) {
    throw shapeError(
      `where: a condition of ${condition.dtype} ${formatShape(condition.shape)} does not go together with ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    )
  }
  const choice = asBool(condition)
  return recordOne({
    name: 'where',
    inputs: [choice, a, b],
    output: { shape, dtype: a.dtype },
    lower(lowering, [c, x, y], outputs) {
      const chosen = choice.dtype === 'bool' ? c! : lowering.emit('Cast', [c!], { attributes: { to: 9 } })
      lowering.emit('Where', [chosen, x!, y!], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [
      undefined,
      a.requiresGradient ? sumTo(where(choice, dy!, scalar(0)), a.shape) : undefined,
      b.requiresGradient ? sumTo(where(choice, scalar(0), dy!), b.shape) : undefined,
    ],
  })
}

/** The bool tensor behind the 0 and 1 of a comparison, which spares the way there and back. */
function asBool(condition: Tensor): Tensor {
  const { origin } = condition
  return origin.kind === 'node' && origin.node.name === 'indicator' ? origin.node.inputs[0]! : condition
}
