import { recordingGradientOf } from './call-site.ts'
import { add } from './ops/add.ts'
import { sameShape, formatShape } from './dimension.ts'
import { YuksuError } from '../errors.ts'
import { topologicalOrder, type GivenValues } from './graph.ts'
import { scalar, type Tensor } from './tensor.ts'

/**
 * Reverse-mode differentiation as a rewrite of the graph: symbolic gradients of `loss` with respect to each of
 * `targets`. `seed` is the gradient of whatever comes after with respect to `loss` (1 by default).
 * Throws where the loss does not depend on a target, or is no single number and no seed of its shape is given.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[], seed: Tensor = scalar(1)): Tensor[] {
  if (!sameShape(loss.shape, seed.shape)) {
    throw new YuksuError(
      'gradient-shape',
      `a loss of ${formatShape(loss.shape)} cannot have a gradient of ${formatShape(seed.shape)} flowing into it; sum it up to one number, or give a seed of its shape`,
    )
  }
  const results = gradientsOf([{ tensor: loss, gradient: seed }], targets)
  return targets.map((target, index) => {
    const gradient = results[index]
    if (gradient === undefined) {
      const name = target.origin.kind === 'input' ? target.origin.name : `tensor ${target.id}`
      throw new YuksuError('no-gradient', `the loss does not depend on '${name}'`)
    }
    return gradient
  })
}

/**
 * The same where several gradients flow in, each into its tensor, and where values are given at which the graph ends. Undefined for a
 * target that nothing depends on.
 */
export function gradientsOf(
  flows: readonly { readonly tensor: Tensor; readonly gradient: Tensor }[],
  targets: readonly Tensor[],
  given?: GivenValues,
): (Tensor | undefined)[] {
  const found = new Map(flows.map(({ tensor, gradient }) => [tensor.id, gradient]))
  const outputs = flows.map(({ tensor }) => tensor)
  for (const node of topologicalOrder(outputs, given).reverse()) {
    if (node.gradient === undefined) continue
    if (!node.outputs.some((output) => output.requiresGradient && found.has(output.id))) continue
    const outputs = node.outputs.map((output) => found.get(output.id))
    recordingGradientOf(node.site, () => {
      const results = node.gradient!({ outputs: node.outputs, gradients: outputs })
      node.inputs.forEach((tensor, index) => {
        const gradient = results[index]
        if (gradient === undefined || !tensor.requiresGradient) return
        if (!sameShape(gradient.shape, tensor.shape)) {
          throw new YuksuError(
            'gradient-shape',
            `the gradient of '${node.name}' has shape ${formatShape(gradient.shape)}, its input ${formatShape(tensor.shape)}`,
          )
        }
        const earlier = found.get(tensor.id)
        found.set(tensor.id, earlier === undefined ? gradient : sumOf(earlier, gradient))
      })
    })
  }
  return targets.map(({ id }) => found.get(id))
}

/** Two gradients of one tensor together. */
function sumOf(earlier: Tensor, gradient: Tensor): Tensor {
  const adding = ({ origin }: Tensor) => (origin.kind === 'node' ? origin.node.addedTo : undefined)
  return adding(gradient)?.(earlier) ?? adding(earlier)?.(gradient) ?? add(earlier, gradient)
}
