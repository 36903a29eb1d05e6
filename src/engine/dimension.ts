import { YuksuError } from '../errors.ts'
import { shapeError } from './call-site.ts'

/** A size known when the program is traced, or the name of one known only when it runs (`batch`, `4*batch`). */
export type Dimension = number | string

/** Sizes of a tensor's axes, outermost first. */
export type Shape = readonly Dimension[]

function factors(dimension: Dimension): { constant: number; names: string[] } {
  if (typeof dimension === 'number') return { constant: dimension, names: [] }
  let constant = 1
  const names: string[] = []
  for (const factor of dimension.split('*')) {
    if (/^\d+$/.test(factor)) constant *= Number(factor)
    else names.push(factor)
  }
  return { constant, names }
}

/** The product of dimensions in one canonical form, so that equal products compare equal. */
export function product(dimensions: Shape): Dimension {
  let constant = 1
  const names: string[] = []
  for (const dimension of dimensions) {
    const part = factors(dimension)
    constant *= part.constant
    names.push(...part.names)
  }
  if (names.length === 0) return constant
  return [...(constant === 1 ? [] : [String(constant)]), ...names.sort()].join('*')
}

/** The sum of dimensions, the names first (`past+length`, `length+3`). */
export function total(dimensions: Shape): Dimension {
  const known = dimensions.reduce<number>((sum, size) => (typeof size === 'number' ? sum + size : sum), 0)
  const names = dimensions.filter((size) => typeof size === 'string')
  if (names.length === 0) return known
  return [...names, ...(known === 0 ? [] : [known])].join('+')
}

/** How many blocks of a size a dimension fills, the last perhaps in part: `ceil(length/16)`. */
export function blockCount(dimension: Dimension, size: number): Dimension {
  if (size === 1) return dimension
  if (typeof dimension === 'number') return Math.ceil(dimension / size)
  if (/[*()]/.test(dimension))
    throw new YuksuError(
      'symbolic-shape',
      `the blocks of '${dimension}' cannot be counted, only those of a name`,
    )
  return `ceil(${dimension}/${size})`
}

/** What a name that `blockCount` made is of. */
export function countedBlocks(name: string): { readonly of: string; readonly size: number } | undefined {
  const found = /^ceil\(([^*()]+)\/(\d+)\)$/.exec(name)
  return found === null ? undefined : { of: found[1]!, size: Number(found[2]) }
}

/** The number of elements of a shape whose every dimension is known. */
export function elementCount(shape: Shape): number {
  const count = product(shape)
  if (typeof count === 'string') {
    throw new YuksuError('symbolic-shape', `the shape ${formatShape(shape)} has a size that is not known yet`)
  }
  return count
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis])
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** An axis counted from the end when negative. */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (positive < 0 || positive >= rank) {
    throw shapeError(`axis ${axis} does not exist in a tensor of ${rank} axes`, 'axis')
  }
  return positive
}

/** The shape two shapes broadcast to by NumPy's rule, or undefined where they do not. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: Dimension[] = []
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) return undefined
    shape.push(left === 1 ? right : left)
  }
  return shape
}

/** The shape with each named size replaced by its number. */
export function resolveShape(shape: Shape, sizes: Sizes): number[] {
  return shape.map((dimension) => {
    const size = resolveDimension(dimension, sizes)
    if (size !== undefined) return size
    const unknown = factors(dimension).names.find((name) => sizes[name] === undefined)
    throw new YuksuError('symbolic-shape', `no size was given for the dimension '${unknown}'`)
  })
}

/** Numbers for named sizes. */
export type Sizes = Readonly<Record<string, number>>

/** The number that a size comes to, or undefined where a name in it has none. */
export function resolveDimension(dimension: Dimension, sizes: Sizes): number | undefined {
  // A product may be known where its factors are not, as the rows of a batch with several for each example.
  if (sizes[dimension] !== undefined) return sizes[dimension]
  const { constant, names } = factors(dimension)
  return names.reduce<number | undefined>((total, name) => {
    const size = resolveName(name, sizes)
    return total === undefined || size === undefined ? undefined : total * size
  }, constant)
}

/** What one factor of a product comes to: a name, the blocks of one, or a sum of such. */
function resolveName(name: string, sizes: Sizes): number | undefined {
  const known = sizes[name]
  if (known !== undefined) return known
  const blocks = countedBlocks(name)
  if (blocks !== undefined) {
    const whole = resolveName(blocks.of, sizes)
    return whole === undefined ? undefined : Math.ceil(whole / blocks.size)
  }
  const terms = name.split('+')
  if (terms.length === 1) return /^\d+$/.test(name) ? Number(name) : undefined
  return terms.reduce<number | undefined>((sum, term) => {
    const size = resolveName(term, sizes)
    return sum === undefined || size === undefined ? undefined : sum + size
  }, 0)
}
