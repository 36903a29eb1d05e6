import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape, product } from '../dimension.ts'
import { microsoft } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { reshape } from './reshape.ts'
import { sumTo } from './sum.ts'

export interface MatmulOptions {
  /** Swap the last two axes of `a`. */
  readonly transposeA?: boolean
  /** Swap the last two axes of `b`. */
  readonly transposeB?: boolean
  /** Multiplies the product, at no cost. */
  readonly scale?: number
}

/**
 * y = scale · op(a) · op(b) over the last two axes, leading axes broadcast.
 * With y = s·AB: dA = s·dy·Bᵀ, dB = s·Aᵀ·dy, and accordingly where an operand is transposed.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  const [m, inner] = lastTwo(a, transposeA)
  const [innerB, n] = lastTwo(b, transposeB)
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))
  if (inner !== innerB || batch === undefined) {
    const mark = (transposed: boolean) => (transposed ? ' transposed' : '')
    throw shapeError(
      `matmul: ${formatShape(a.shape)}${mark(transposeA)} times ${formatShape(b.shape)}${mark(transposeB)} do not fit`,
    )
  }
  const plain = !transposeA && !transposeB && scale === 1
  return recordOne({
    name: 'matmul',
    inputs: [a, b],
    output: { shape: [...batch, m, n], dtype: 'float32' },
    products: [[...batch, m, n, inner]],
    lower(lowering, inputs, outputs) {
      if (plain) lowering.emit('MatMul', inputs, { outputs })
      else {
        const attributes = {
          transA: transposeA ? 1 : 0,
          transB: transposeB ? 1 : 0,
          alpha: { float: scale },
        }
        lowering.emit('FusedMatMul', inputs, { outputs, domain: microsoft, attributes })
      }
    },
    gradient({ gradients: [dy] }) {
      return [
        a.requiresGradient ? gradientOfLeft(dy!, a, b, options) : undefined,
        b.requiresGradient ? gradientOfRight(dy!, a, b, options) : undefined,
      ]
    },
  })
}

function lastTwo(tensor: Tensor, transposed: boolean) {
  const [rows, columns] = tensor.shape.slice(-2)
  if (columns === undefined) {
    throw shapeError(`matmul: ${formatShape(tensor.shape)} has fewer than two axes`)
  }
  return transposed ? ([columns, rows!] as const) : ([rows!, columns] as const)
}

function gradientOfLeft(dy: Tensor, a: Tensor, b: Tensor, options: MatmulOptions): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  const gradient = transposeA
    ? matmul(b, dy, { transposeA: transposeB, transposeB: true, scale })
    : matmul(dy, b, { transposeB: !transposeB, scale })
  return sumTo(gradient, a.shape)
}

function gradientOfRight(dy: Tensor, a: Tensor, b: Tensor, options: MatmulOptions): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    // One product over all rows at once; a batch of products would have to be summed afterwards.
    const rows = [product(a.shape.slice(0, -1)), a.shape.at(-1)!]
    const flat = reshape(a, rows)
    return gradientOfRight(reshape(dy, [rows[0]!, dy.shape.at(-1)!]), flat, b, options)
  }
  const gradient = transposeB
    ? matmul(dy, a, { transposeA: true, transposeB: transposeA, scale })
    : matmul(a, dy, { transposeA: !transposeA, scale })
  return sumTo(gradient, b.shape)
}
