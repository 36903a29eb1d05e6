import { createHash } from 'node:crypto'
import type { RowValues } from '../step.ts'

/** 2⁴⁸: what hashes are below. */
export const hashRange = 2 ** 48

/**
 * 48 bits of SHA-256 of the seed, what they are for, and a key: the same on every machine and in every version, whatever
 * order rows come in, so that what is decided by it stays decided when rows are added.
 */
export function keyHash(seed: number, purpose: string, key: string): number {
  return createHash('sha256').update(`${seed} ${purpose} ${key}`).digest().readUIntBE(0, 6)
}

/** The hash of what a row holds, whatever the order of its columns. */
export function contentHash(seed: number, purpose: string, values: RowValues): number {
  const entries = Object.keys(values)
    .toSorted()
    .map((name) => [name, values[name]])
  return keyHash(seed, purpose, JSON.stringify(entries))
}
