import { createHash } from 'node:crypto'
import { YuksuError } from '../errors.ts'
import { gradientsOf } from './gradient.ts'
import type { GivenValues } from './graph.ts'
import { compile, programInputs, type Program } from './lowering.ts'
import type { ProductPrecision } from './product-precisions.ts'
import { input, scalar, valueOf, type Tensor } from './tensor.ts'
import { add } from './ops/add.ts'

/*
 * Activation checkpointing (Chen et al., 2016) by cutting the program: recomputing inside one graph saves nothing, because the
 * runtime keeps both copies. Forward, each part gives the values at its end and forgets the rest. Backward, from the last part to the first,
 * a part is computed once more together with its gradients. Parts alike, such as layers, are the same program over other values.
 */

/** A program over values that are named where it is used: its own names are the same for all parts alike. */
export interface BoundProgram {
  readonly program: Program
  /** For each input of the program by its own name, the value it takes. */
  readonly inputs: ReadonlyMap<string, string>
  /** For each output by its own name, the value it gives. */
  readonly outputs: ReadonlyMap<string, string>
  /** The constants of this part that the program's bytes do not carry, in place of the program's own. */
  readonly held: Program['held']
}

/** One part of a model between boundaries. Values are named: a boundary `boundary.K`, what flows into it `gradient.boundary.K`. */
export interface Segment {
  /** Gives the boundary at its end; the last part has none. */
  readonly forward?: BoundProgram
  /**
   * Takes what flows into its end and gives `gradient.NAME` of every boundary before it and parameter it used. One that several
   * parts give is taken and given back with its own share added. The last part gives its results too. Absent where nothing flows.
   */
  readonly backward?: BoundProgram
}

export interface SegmentedProgram {
  readonly segments: readonly Segment[]
  /** The boundaries by name, with their shapes. */
  readonly boundaries: ReadonlyMap<string, Tensor>
  /** The values that are added up, and so must be nought before the first part gives its share. */
  readonly accumulated: ReadonlySet<string>
}

export interface SegmentOptions {
  /** The number whose gradients are wanted. */
  readonly loss: Tensor
  /** What the last part gives besides, by name. */
  readonly results: Readonly<Record<string, Tensor>>
  /** By name, the tensors whose gradients are wanted: `gradient.NAME`. */
  readonly parameters: ReadonlyMap<string, Tensor>
  /** Where to cut, each after what it depends on. */
  readonly boundaries: readonly Tensor[]
  /** Add every gradient to what is there, as for several batches of one step. */
  readonly accumulate: boolean
  /** What products of matrices are computed in; `float32` by default. */
  readonly precision?: ProductPrecision | undefined
}

/** Cuts the computation of a loss and its gradients at the boundaries. Throws where the loss does not depend on a parameter. */
export function compileSegments(options: SegmentOptions): SegmentedProgram {
  const { loss, results, parameters, accumulate, precision = 'float32' } = options
  const boundaries = distinct(options.boundaries)
  const nameOf = new Map(boundaries.map((tensor, index) => [valueOf(tensor), `boundary.${index}`]))
  const uses = new Map<string, number>()
  // From the last to the first, because a part gives gradients only where one flows into its end.
  const parts = [...boundaries, undefined]
    .map((end, index) => {
      const given: GivenValues = new Map([...nameOf].slice(0, index))
      return { end, name: end && nameOf.get(valueOf(end))!, given }
    })
    .toReversed()
    .map((part) => {
      const { end = loss, name, given } = part
      const flows = name === undefined || uses.has(`gradient.${name}`)
      const gradients = flows ? partGradients(end, name, given, options) : new Map<string, Tensor>()
      for (const target of gradients.keys()) uses.set(target, (uses.get(target) ?? 0) + 1)
      return { ...part, gradients }
    })
    .toReversed()
  for (const name of parameters.keys()) {
    if (!uses.has(`gradient.${name}`))
      throw new YuksuError('no-gradient', `the loss does not depend on '${name}'`)
  }
  const accumulated = new Set(
    [...uses].flatMap(([name, count]) =>
      count > 1 || (accumulate && parameters.has(name.slice('gradient.'.length))) ? [name] : [],
    ),
  )
  const made = new Map<string, Program>()
  const segments = parts.map(({ end, name, given, gradients }): Segment => {
    const totals = [...gradients].map(([name, gradient]): [string, Tensor] => [
      name,
      accumulated.has(name) ? add(input(name, gradient.shape), gradient) : gradient,
    ])
    const outputs = Object.fromEntries([...totals, ...(end === undefined ? Object.entries(results) : [])])
    // What nothing flows into, as below frozen layers, is not gone back through.
    const isBackward = name === undefined || totals.length > 0
    return {
      ...(name !== undefined && { forward: bind({ [name]: end! }, { given, precision }, made) }),
      ...(isBackward && { backward: bind(outputs, { given, precision }, made) }),
    }
  })
  return {
    segments,
    boundaries: new Map(boundaries.map((tensor) => [nameOf.get(valueOf(tensor))!, tensor])),
    accumulated,
  }
}

/** The gradients that one part gives to the boundaries before it and to parameters, by the names of the values. */
function partGradients(
  end: Tensor,
  name: string | undefined,
  given: GivenValues,
  { boundaries, parameters }: SegmentOptions,
): Map<string, Tensor> {
  const gradient = name === undefined ? scalar(1) : input(`gradient.${name}`, end.shape)
  const targets: [string, Tensor][] = [
    ...distinct(boundaries).flatMap((tensor): [string, Tensor][] => {
      const earlier = given.get(valueOf(tensor))
      return earlier === undefined ? [] : [[earlier, tensor]]
    }),
    ...parameters,
  ]
  const found = gradientsOf(
    [{ tensor: end, gradient }],
    targets.map(([, tensor]) => tensor),
    given,
  )
  return new Map(
    targets.flatMap(([target], index) =>
      found[index] === undefined ? [] : [[`gradient.${target}`, found[index]] as const],
    ),
  )
}

function distinct(tensors: readonly Tensor[]): Tensor[] {
  return [...new Map(tensors.map((tensor) => [valueOf(tensor), tensor])).values()]
}

/**
 * Compiles under names that only tell the place, so that parts alike come to the same bytes; of those, the program that was made
 * first serves all, each with its own constants where the bytes have none.
 */
function bind(
  values: Readonly<Record<string, Tensor>>,
  { given, precision }: { readonly given: GivenValues; readonly precision: ProductPrecision },
  made: Map<string, Program>,
): BoundProgram {
  const inputs = programInputs(Object.values(values), given).map(({ name }, index) => [name, `in.${index}`])
  const outputs = Object.keys(values).map((name, index) => [`out.${index}`, name])
  const own = new Map(inputs as [string, string][])
  const compiled = compile(
    Object.fromEntries(Object.values(values).map((tensor, index) => [`out.${index}`, tensor])),
    { given, precision, rename: (name) => own.get(name)! },
  )
  const digest = createHash('sha256').update(compiled.bytes).digest('hex')
  const program = made.get(digest) ?? compiled
  made.set(digest, program)
  return {
    program,
    inputs: new Map([...own].map(([name, place]) => [place, name])),
    outputs: new Map(outputs as [string, string][]),
    held: compiled.held,
  }
}
