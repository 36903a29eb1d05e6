import { createHash } from 'node:crypto'
import { type Random, randomStream } from '../../random.ts'
import type { RowPlace } from '../step.ts'

/**
 * Random numbers for one row: they depend on the seed, on `purpose` and on where the row stands, and on nothing else, so that
 * threads and the order of rows change nothing.
 */
export function placeRandom(seed: number, purpose: string, place: RowPlace): Random {
  const { file, number, made } = place
  const name = JSON.stringify([purpose, file, number, made?.by ?? '', made?.index ?? 0])
  return randomStream(seed, createHash('sha256').update(name).digest().readUIntBE(0, 6))
}
