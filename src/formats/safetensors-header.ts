// A safetensors file: u64 length of the header, the header (JSON, space padded), then the bytes of the
// tensors back to back. https://huggingface.co/docs/safetensors
import { YuksuError } from '../errors.ts'
import { duplicateKey } from './duplicate-key.ts'

/** Bytes per element. */
export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
} as const

export type TensorType = keyof typeof elementBytes

export interface TensorDescription {
  readonly dtype: TensorType
  readonly shape: readonly number[]
  readonly byteLength: number
}

/** A description with the place of the first byte, counted from the end of the header. */
export interface TensorPlace extends TensorDescription {
  readonly start: number
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly metadata: Readonly<Record<string, string>>
}

/** The reference implementation's own limit; a longer header is an attack or not a header. */
export const headerLimit = 100_000_000

/**
 * Checks a header against the `dataLength` bytes that follow it and gives the tensors in the order of
 * their bytes. Refuses, naming the tensor, everything that a safe file never holds: duplicate names,
 * unknown types, shapes that do not match their offsets, overlaps, holes and bytes nobody owns.
 */
export function parseHeader(path: string, text: string, dataLength: number): SafetensorsHeader {
  const refuse = (why: string) => invalidSafetensors(path, why)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refuse('its header is not JSON')
  }
  if (!isObject(json)) throw refuse('its header is not a JSON object')
  const duplicate = duplicateKey(text)
  if (duplicate !== undefined) throw refuse(`its header holds the name ${quote(duplicate)} twice`)

  const tensors: [string, TensorPlace][] = []
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') metadata = checkMetadata(entry, refuse)
    else tensors.push([name, checkTensor(name, entry, refuse)])
  }
  // An empty tensor shares its start with its successor and comes before it.
  tensors.sort(([, a], [, b]) => a.start - b.start || a.byteLength - b.byteLength)
  let end = 0
  for (const [name, { start, byteLength }] of tensors) {
    if (start < end) throw refuse(`tensor ${quote(name)} overlaps the one before it`)
    if (start > end) throw refuse(`${start - end} bytes before tensor ${quote(name)} belong to no tensor`)
    end = start + byteLength
    if (end > dataLength) {
      throw refuse(
        `tensor ${quote(name)} ends at byte ${end} of ${dataLength}; the file is cut off, fetch or save it again`,
      )
    }
  }
  if (end < dataLength) throw refuse(`the last ${dataLength - end} bytes belong to no tensor`)
  return { tensors: new Map(tensors), metadata }
}

export function invalidSafetensors(path: string, why: string): YuksuError {
  return new YuksuError('invalid-safetensors', `${path} is not a valid safetensors file: ${why}`)
}

/** A name as JSON writes it, so that it stays on one line, cut where it is absurdly long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
}

type Refuse = (why: string) => YuksuError

function checkTensor(name: string, entry: unknown, refuse: Refuse): TensorPlace {
  const label = `tensor ${quote(name)}`
  if (!isObject(entry)) throw refuse(`${label} has no description`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isTensorType(dtype)) {
    throw refuse(
      `${label} has the unknown type ${quote(String(dtype))}, known are ${Object.keys(elementBytes).join(', ')}`,
    )
  }
  if (!isCounts(shape)) throw refuse(`the shape of ${label} is not a list of whole numbers`)
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw refuse(`the offsets of ${label} are not two whole numbers`)
  }
  let byteLength: number = elementBytes[dtype]
  for (const size of shape) {
    byteLength *= size
    // As the reference does, also where a later size of 0 would bring the product back.
    if (!Number.isSafeInteger(byteLength)) {
      throw refuse(`the shape [${shape.join(', ')}] of ${label} holds more values than can be counted`)
    }
  }
  const [start, end] = offsets as [number, number]
  if (end - start !== byteLength) {
    throw refuse(
      `${label} of type ${dtype} and shape [${shape.join(', ')}] needs ${byteLength} bytes, its offsets give ${end - start}`,
    )
  }
  return { dtype, shape, byteLength, start }
}

function checkMetadata(entry: unknown, refuse: Refuse): Record<string, string> {
  if (!isObject(entry)) throw refuse('its metadata is not an object')
  const entries = Object.entries(entry).map(([key, value]): [string, string] => {
    if (typeof value !== 'string') throw refuse(`the metadata ${quote(key)} is not a string`)
    return [key, value]
  })
  return Object.fromEntries(entries)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTensorType(value: unknown): value is TensorType {
  return typeof value === 'string' && Object.hasOwn(elementBytes, value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}
