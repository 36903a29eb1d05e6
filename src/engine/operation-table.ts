import { formatShape, resolveDimension, type Shape, type Sizes } from './dimension.ts'
import type { Program, ProgramOperation } from './lowering.ts'
import type { ProgramProfile } from './profile.ts'
import type { TensorType } from './tensor.ts'

/** Operations of a program that one line asked for with the same shapes, such as one in each layer. */
export interface OperationRow {
  readonly name: string
  readonly backward: boolean
  /** The line of the model that asked for it; of a gradient, the line whose gradient it is. */
  readonly line: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** How many operations the row stands for; what follows is of all of them together. */
  readonly count: number
  /** Multiplications with their additions, in matrix products and convolutions. */
  readonly multiplications: number
  /** Bytes of what is read and written. */
  readonly bytes: number
  /** Milliseconds a run, where the program was profiled. */
  readonly milliseconds?: number
}

/** Of the types that take other than one byte. */
const elementBytes: Readonly<Record<string, number>> = { float32: 4, int64: 8, int32: 4 }

/**
 * What a program computes and what that costs where its named sizes are these numbers: a row for each line and shape, in the order of
 * their first, with times where a profile of it is given.
 */
export function operationTable(
  program: Pick<Program, 'operations'>,
  sizes: Sizes,
  profile?: ProgramProfile,
): OperationRow[] {
  const times = new Map(profile?.operations.map(({ operation, milliseconds }) => [operation, milliseconds]))
  const rows = new Map<string, OperationRow>()
  for (const operation of program.operations) {
    const { name, backward, inputs, outputs } = operation
    const described = {
      name,
      backward,
      line: operation.site.line ?? '',
      inputs: inputs.map(describe),
      outputs: outputs.map(describe),
    }
    const key = JSON.stringify(described)
    const known = rows.get(key)
    const milliseconds = profile && (times.get(operation) ?? 0) / Math.max(1, profile.runs)
    rows.set(key, {
      ...described,
      count: (known?.count ?? 0) + 1,
      multiplications: (known?.multiplications ?? 0) + multiplications(operation, sizes),
      bytes: (known?.bytes ?? 0) + movedBytes(operation, sizes),
      ...(milliseconds !== undefined && { milliseconds: (known?.milliseconds ?? 0) + milliseconds }),
    })
  }
  return [...rows.values()]
}

/** What rows have in common by a name of each: their sums, the most of time first, or of multiplications where there are no times. */
export function sumRows(
  rows: readonly OperationRow[],
  nameOf: (row: OperationRow) => string,
): { name: string; count: number; multiplications: number; bytes: number; milliseconds?: number }[] {
  const sums = new Map<string, ReturnType<typeof sumRows>[number]>()
  for (const row of rows) {
    const name = nameOf(row)
    const known = sums.get(name)
    sums.set(name, {
      name,
      count: (known?.count ?? 0) + row.count,
      multiplications: (known?.multiplications ?? 0) + row.multiplications,
      bytes: (known?.bytes ?? 0) + row.bytes,
      ...(row.milliseconds !== undefined && {
        milliseconds: (known?.milliseconds ?? 0) + row.milliseconds,
      }),
    })
  }
  return [...sums.values()].sort(
    (left, right) =>
      (right.milliseconds ?? 0) - (left.milliseconds ?? 0) ||
      right.multiplications - left.multiplications ||
      right.bytes - left.bytes,
  )
}

function describe({ shape, dtype }: TensorType): string {
  return dtype === 'float32' ? formatShape(shape) : `${dtype} ${formatShape(shape)}`
}

/** A size that has no number counts as one: such rows say what one of them costs. */
function elements(shape: Shape, sizes: Sizes): number {
  return shape.reduce<number>((total, dimension) => total * (resolveDimension(dimension, sizes) ?? 1), 1)
}

function multiplications({ products = [] }: ProgramOperation, sizes: Sizes): number {
  return products.reduce((total, shape) => total + elements(shape, sizes), 0)
}

function movedBytes({ inputs, outputs }: ProgramOperation, sizes: Sizes): number {
  return [...inputs, ...outputs].reduce(
    (total, { shape, dtype }) => total + elements(shape, sizes) * (elementBytes[dtype] ?? 1),
    0,
  )
}
