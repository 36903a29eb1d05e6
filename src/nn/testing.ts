import { floats, integers, type HostTensor } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import { runOnce } from '../engine/testing.ts'
import { Scope } from './scope.ts'

/** A scope over parameters of these shapes. */
export function scopeOf(shapes: Readonly<Record<string, readonly number[]>>, training = false): Scope {
  const parameters = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, trainable: true }]),
  )
  return Scope.root({ parameters, training })
}

/** Runs a program over these inputs, `Float32Array`s or lists of whole numbers with their shapes. */
export async function run(
  outputs: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, { data: Float32Array | readonly number[]; shape: readonly number[] }>>,
): Promise<Record<string, HostTensor>> {
  const feeds = Object.entries(inputs).map(
    ([name, { data, shape }]) =>
      [name, data instanceof Float32Array ? floats(data, shape) : integers(data, shape)] as const,
  )
  return runOnce(outputs, Object.fromEntries(feeds))
}

/** 0, 1, 2, … so that every element tells where it came from. */
export function counted(...shape: readonly number[]): { data: Float32Array; shape: readonly number[] } {
  const size = shape.reduce((total, dimension) => total * dimension, 1)
  return { data: Float32Array.from({ length: size }, (_, index) => index), shape }
}
