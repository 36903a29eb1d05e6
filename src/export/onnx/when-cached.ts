import { topologicalOrder } from '../../engine/graph.ts'
import type { Lowering } from '../../engine/lowering.ts'
import { recordOne, valueOf, type Tensor } from '../../engine/tensor.ts'

/**
 * `cached` where the flag, one `bool`, says so, and else `computed`, whose computation is within the branch: in a step that has the value
 * already it takes no time.
 */
export function whenCached(flag: Tensor, cached: Tensor, computed: Tensor): Tensor {
  const nodes = topologicalOrder([computed])
  const leaves = new Map<number, Tensor>()
  for (const tensor of nodes.flatMap(({ inputs }) => inputs))
    if (tensor.origin.kind === 'input') leaves.set(tensor.id, tensor)
  const inputs = [...leaves.values()]
  return recordOne({
    name: 'whenCached',
    inputs: [flag, cached, ...inputs],
    output: { shape: computed.shape, dtype: computed.dtype },
    lower(lowering, [condition, past, ...names], [output]) {
      const known = new Map(inputs.map((tensor, index) => [valueOf(tensor), names[index]!]))
      lowering.choose(
        condition!,
        {
          whenTrue: () => lowering.emit('Identity', [past!]),
          whenFalse: () => lowerHere(lowering, computed, known),
        },
        { shape: computed.shape, dtype: computed.dtype },
        output,
      )
    },
  })
}

/** Emits what a tensor depends on, where the lowering now is, and returns its name. */
function lowerHere(lowering: Lowering, tensor: Tensor, known: Map<number, string>): string {
  const nameOf = (one: Tensor): string => {
    const name = known.get(valueOf(one))
    if (name !== undefined || one.origin.kind !== 'constant') return name!
    return lowering.constant(one.origin.data, one.shape as number[], one.dtype)
  }
  for (const node of topologicalOrder([tensor])) {
    const outputs = node.outputs.map(() => lowering.fresh(node.name))
    node.lower(lowering, node.inputs.map(nameOf), outputs)
    node.outputs.forEach((one, index) => known.set(valueOf(one), outputs[index]!))
  }
  return nameOf(tensor)
}
