import { shapeError } from '../call-site.ts'
import { formatShape, product, sameShape, type Shape } from '../dimension.ts'
import { record, recordOne, type Tensor } from '../tensor.ts'
import { emitAddToRows } from './emit-add-to-rows.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import type { Routing } from './route-to-experts.ts'

/**
 * y = Σ weight · expert(x) over the experts each token was routed to, x being `[tokens, width]`: a sparse mixture of
 * experts (Shazeer et al., 2017). `apply` is called once for each expert while tracing, with that expert's own tokens,
 * `[count, width]`, and gives their results, `[count, …]`.
 *
 * Every expert computes its own tokens and no others: they are taken out by their indices, and the weighted results are
 * added where they came from. How many there are, an expert's `count`, is known only when the program runs, even where
 * all sizes of the inputs are known; the runtime takes shapes as they come, so there is no dense way beside this one.
 * An expert without a token computes nothing, and its weights have a gradient of 0. No token is dropped.
 *
 * Taking rows and adding rows are each other's gradient: dx adds what comes back of each expert, and each expert's
 * slope is taken from dy. The gradient reaches the gate through the weights.
 */
export function mixExperts(
  x: Tensor,
  routing: Routing,
  apply: (tokens: Tensor, expert: number) => Tensor,
): Tensor {
  const { experts, weights, count } = routing
  const [tokens, k] = experts.shape
  if (x.shape.length !== 2 || x.shape[0] !== tokens) {
    throw shapeError(
      `mixExperts: x of ${formatShape(x.shape)} is not [tokens, width] for experts of ${formatShape(experts.shape)}`,
    )
  }
  const places = choicesOfEach(experts, count)
  const rows = places.map((indices) => tokensOf(indices, k as number))
  const gates = takeParts(reshape(weights, [product([tokens!, k!]), 1]), places)
  const results = takeParts(x, rows).map((part, expert) => apply(part, expert))
  const shape = results[0]!.shape.slice(1)
  results.forEach((result, expert) => {
    if (!sameShape(result.shape, [rows[expert]!.shape[0]!, ...shape]) || shape.length !== 1) {
      throw shapeError(
        `mixExperts: expert ${expert} made ${formatShape(result.shape)} of tokens of ${formatShape([rows[expert]!.shape[0]!, x.shape[1]!])}`,
      )
    }
  })
  const weighted = results.map((result, expert) => multiply(result, gates[expert]!))
  return addParts(weighted, rows, [tokens!, ...shape])
}

/** For each expert where it was chosen, as int64 indices into all choices, `[tokens · k]`. */
function choicesOfEach(experts: Tensor, count: number): Tensor[] {
  return record({
    name: 'choicesOfEach',
    inputs: [experts],
    // A name for each number of tokens, which nothing else may have.
    outputs: Array.from({ length: count }, (_, expert) => ({
      shape: [`tokens of expert ${expert} (${experts.id})`],
      dtype: 'int64' as const,
    })),
    lower(lowering, [chosen], outputs) {
      const flat = lowering.emit('Reshape', [chosen!, lowering.integers([-1])])
      outputs.forEach((output, expert) => {
        const found = lowering.emit('NonZero', [lowering.emit('Equal', [flat, lowering.integers([expert])])])
        lowering.emit('Squeeze', [found, lowering.integers([0])], { outputs: [output] })
      })
    },
  })
}

/** The token of each choice, where every token makes k of them. */
function tokensOf(places: Tensor, k: number): Tensor {
  if (k === 1) return places
  return recordOne({
    name: 'tokensOf',
    inputs: [places],
    output: { shape: places.shape, dtype: 'int64' },
    lower(lowering, [choices], outputs) {
      lowering.emit('Div', [choices!, lowering.integers([k])], { outputs })
    },
  })
}

/** The rows of x at each list of indices. */
function takeParts(x: Tensor, indices: readonly Tensor[]): Tensor[] {
  return record({
    name: 'takeParts',
    inputs: [x, ...indices],
    outputs: indices.map(({ shape }) => ({ shape: [shape[0]!, ...x.shape.slice(1)], dtype: x.dtype })),
    lower(lowering, [input, ...rows], outputs) {
      rows.forEach((row, part) => {
        lowering.emit('Gather', [input!, row], { outputs: [outputs[part]!], attributes: { axis: 0 } })
      })
    },
    gradient({ gradients }) {
      const used = indices.filter((_, part) => gradients[part] !== undefined)
      const slopes = gradients.filter((slope) => slope !== undefined)
      return [addParts(slopes, used, x.shape)]
    },
  })
}

/** Zeros of a shape `[rows, width]` with each part's rows added at its indices. */
function addParts(parts: readonly Tensor[], indices: readonly Tensor[], shape: Shape): Tensor {
  return recordOne({
    name: 'addParts',
    inputs: [...parts, ...indices],
    output: { shape, dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      const join = (values: readonly string[]) => lowering.emit('Concat', values, { attributes: { axis: 0 } })
      const rows = join(inputs.slice(0, parts.length))
      const target = lowering.emit('ConstantOfShape', [lowering.shape(shape)])
      const operands = {
        target,
        indices: join(inputs.slice(parts.length)),
        values: rows,
        rank: shape.length,
      }
      emitAddToRows(lowering, operands, outputs)
    },
    gradient: ({ gradients: [dy] }) => takeParts(dy!, indices),
  })
}
