import { type OnnxNode, namesRead } from './onnx.ts'

/** A node that runs, with the values it reads by the names under which they are computed. */
export interface RuntimeStep {
  readonly node: OnnxNode
  readonly reads: readonly string[]
}

export interface RuntimeSteps {
  /** In the order in which they run. */
  readonly steps: readonly RuntimeStep[]
  /** Values that are computed once, when the session is made, and then kept. */
  readonly folded: readonly string[]
}

/**
 * What ONNX Runtime runs of nodes given in topological order, and when. It computes beforehand what constants alone decide, and takes
 * equal computations for one. The rest runs in its default order: a search in depth that goes back from the last node that nothing
 * depends on, then the one before, and from each node to the latest of those it reads first (`Graph::ReverseDFSFrom`). Its fusions are
 * not followed: they hardly change what is held.
 */
export function runtimeOrder(
  nodes: readonly OnnxNode[],
  constants: Iterable<string>,
  outputs: Iterable<string>,
): RuntimeSteps {
  const wanted = new Set(outputs)
  const known = new Set(constants)
  const folded: string[] = []
  /** The value that stands for an equal one. */
  const same = new Map<string, string>()
  const first = new Map<string, OnnxNode>()
  const steps: RuntimeStep[] = []
  for (const node of nodes) {
    const reads = namesRead(node)
      .filter((name) => name !== '')
      .map((name) => same.get(name) ?? name)
    const isWanted = node.outputs.some((name) => wanted.has(name))
    if (!isWanted && reads.every((name) => known.has(name))) {
      for (const name of node.outputs) known.add(name)
      folded.push(...node.outputs)
      continue
    }
    const key = JSON.stringify([node.type, node.attributes, reads, node.outputs.length])
    const equal = isWanted ? undefined : first.get(key)
    if (equal !== undefined) {
      node.outputs.forEach((name, index) => same.set(name, equal.outputs[index]!))
      continue
    }
    first.set(key, node)
    steps.push({ node, reads })
  }
  return { steps: searched(steps), folded }
}

function searched(steps: readonly RuntimeStep[]): RuntimeStep[] {
  const makers = new Map(
    steps.flatMap(({ node }, index) => node.outputs.map((name) => [name, index] as const)),
  )
  const sources = steps.map(({ reads }) =>
    [...new Set(reads.flatMap((name) => makers.get(name) ?? []))].sort((left, right) => left - right),
  )
  const read = new Set(sources.flat())
  const stack = steps.flatMap((_, index) => (read.has(index) ? [] : [{ index, leaves: false }]))
  const order: RuntimeStep[] = []
  const seen = new Set<number>()
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.leaves) order.push(steps[top.index]!)
    if (top.leaves || seen.has(top.index)) continue
    seen.add(top.index)
    stack.push({ index: top.index, leaves: true })
    for (const source of sources[top.index]!)
      if (!seen.has(source)) stack.push({ index: source, leaves: false })
  }
  return order
}
