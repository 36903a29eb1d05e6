import { valueOf, type Node, type Tensor } from './tensor.ts'

/** Values that are not computed but given, by `valueOf`: a graph ends at them as it does at its inputs. */
export type GivenValues = ReadonlyMap<number, string>

/** Every node the tensors depend on, each after the nodes it depends on. */
export function topologicalOrder(tensors: readonly Tensor[], given?: GivenValues): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  // An explicit stack: a deep model would overflow the call stack.
  const stack: { node: Node; next: number }[] = []
  const push = (tensor: Tensor) => {
    if (tensor.origin.kind !== 'node' || seen.has(tensor.origin.node) || given?.has(valueOf(tensor))) return
    seen.add(tensor.origin.node)
    stack.push({ node: tensor.origin.node, next: 0 })
  }
  for (const tensor of tensors) {
    push(tensor)
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const child = top.node.inputs[top.next++]
      if (child !== undefined) push(child)
      else {
        order.push(top.node)
        stack.pop()
      }
    }
  }
  return order
}
