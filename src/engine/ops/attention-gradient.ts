/**
 * What flows back through attention, O = (P ∘ M)·V with P = softmax(scale · Q·Kᵀ + bias + mask) and a dropout mask M:
 *
 * dV = (P ∘ M)ᵀ·dO; dS = P ∘ (M ∘ (dO·Vᵀ) − D) with D = Σ dO ∘ O, where without M the subtraction costs nothing when done by one more column,
 * [dO, D]·[V, −1]ᵀ; dbias = Σ dS over what it was broadcast along; dQ = scale · dS·K, dK = scale · dSᵀ·Q, in which a soft cap multiplies dS
 * by 1 − tanh².
 */
import { product, type Shape } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { tileFormat } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import { record, type Tensor } from '../tensor.ts'

/** What attention was computed with. */
export interface AttentionOperands {
  readonly query: Tensor
  readonly key: Tensor
  readonly value: Tensor
  readonly mask: Tensor | undefined
  readonly keep: Tensor | undefined
  readonly scale: number
  /** Neighbouring heads of queries that share one of keys. */
  readonly group: number
  /** Whether the native library computes it as one. */
  readonly fused: boolean
}

/** What attention gave, and what flows into it. */
export interface AttentionResults {
  readonly dy: Tensor
  readonly y: Tensor
  readonly p: Tensor
  /** The largest score of each row and the sum of its exponentials, `[batch, heads, length, 2]`: of the native library alone. */
  readonly rowScales: Tensor
  /** tanh of the scores over the soft cap, where there is one. */
  readonly bounded: Tensor | undefined
}

/** Gradients of query, key and value, in their shapes, and of the scores after a soft cap, `[batch, heads, length, keys]`. */
export function attentionGradient(results: AttentionResults, operands: AttentionOperands): Tensor[] {
  const { dy, y, p, rowScales, bounded } = results
  const { query, key, value, mask, keep, scale, group, fused } = operands
  const optional = [mask, keep, bounded]
  const [width, valueWidth] = [query.shape.at(-1)!, value.shape.at(-1)!]
  return record({
    name: 'attentionGradient',
    inputs: [dy, y, p, rowScales, query, key, value, ...optional.filter((tensor) => tensor !== undefined)],
    outputs: [query.shape, key.shape, value.shape, p.shape].map((shape) => ({ shape, dtype: 'float32' })),
    products: [
      [...p.shape, valueWidth],
      [...p.shape, valueWidth],
      [...p.shape, width],
      [...p.shape, width],
    ],
    lower(lowering, [dyName, yName, pName, scales, q, k, v, ...rest], [dQuery, dKey, dValue, dScores]) {
      const [maskName, keepName, boundedName] = optional.map((tensor) =>
        tensor === undefined ? undefined : rest.shift(),
      )
      const format = tileFormat(lowering.precision)
      if (fused && format !== undefined) {
        const inputs = [dyName!, yName!, scales!, q!, k!, v!, maskName ?? emitNoMask(lowering)]
        const attributes = { scale: { float: scale }, format }
        lowering.emit('AttentionGradient', inputs, {
          outputs: [dQuery!, dKey!, dValue!],
          domain: nativeDomain,
          attributes,
        })
        return
      }
      const { rows, heads } = groupReshapes(lowering, group)
      const emitProduct = (operandNames: string[], attributes: object, outputs?: string[]) =>
        lowering.emit('FusedMatMul', operandNames, {
          domain: microsoft,
          attributes: { transA: 0, transB: 0, alpha: { float: 1 }, ...attributes },
          ...(outputs && { outputs }),
        })
      const [dyRows, pRows] = [rows(dyName!, dy.shape), rows(pName!, p.shape)]
      const keepRows = keepName && rows(keepName, p.shape)
      const along = lowering.emit('Mul', [dyRows, rows(yName!, y.shape)])
      const correction = lowering.emit('ReduceSum', [along, lowering.integers([-1])])
      let dp
      if (keepRows === undefined) {
        const join = (a: string, b: string) => lowering.emit('Concat', [a, b], { attributes: { axis: -1 } })
        const column = [...value.shape.slice(0, -1), 1]
        const minusOne = lowering.emit('Expand', [
          lowering.constant(new Float32Array([-1]), [1], 'float32'),
          lowering.shape(column),
        ])
        dp = emitProduct([join(dyRows, correction), join(v!, minusOne)], { transB: 1 })
      } else {
        const kept = lowering.emit('Mul', [emitProduct([dyRows, v!], { transB: 1 }), keepRows])
        dp = lowering.emit('Sub', [kept, correction])
      }
      const direct = group === 1 ? { outputs: [dScores!] } : {}
      const ds = lowering.emit('Mul', [pRows, dp], direct)
      if (group !== 1) heads(ds, p.shape, [dScores!])
      let dProducts = ds
      if (boundedName !== undefined) {
        const tanh = rows(boundedName, p.shape)
        const slope = lowering.emit('Sub', [lowering.float(1), lowering.emit('Mul', [tanh, tanh])])
        dProducts = lowering.emit('Mul', [ds, slope])
      }
      const alpha = { alpha: { float: scale } }
      if (group === 1) emitProduct([dProducts, k!], alpha, [dQuery!])
      else heads(emitProduct([dProducts, k!], alpha), query.shape, [dQuery!])
      emitProduct([dProducts, rows(q!, query.shape)], { transA: 1, ...alpha }, [dKey!])
      const shares = keepRows === undefined ? pRows : lowering.emit('Mul', [pRows, keepRows])
      emitProduct([shares, dyRows], { transA: 1 }, [dValue!])
    },
  })
}

/** Where heads share keys: the heads of a group as rows of one matrix, `[batch, key heads, group · length, width]`, and back. */
export function groupReshapes(lowering: Lowering, group: number) {
  const grouped = (of: Shape): Shape => [of[0]!, (of[1] as number) / group, product([group, of[2]!]), of[3]!]
  const reshaped = (data: string, from: Shape, to: Shape, outputs?: readonly string[]) =>
    lowering.emit('Reshape', [data, lowering.reshapeTarget(from, to)], { ...(outputs && { outputs }) })
  return {
    rows: (data: string, of: Shape) => (group === 1 ? data : reshaped(data, of, grouped(of))),
    heads: (data: string, of: Shape, outputs?: readonly string[]) =>
      group === 1 ? data : reshaped(data, grouped(of), of, outputs),
  }
}

/** A mask that changes nothing, for an operator that expects one. */
export function emitNoMask(lowering: Lowering): string {
  return lowering.constant(new Float32Array(1), [1, 1, 1, 1], 'float32')
}
