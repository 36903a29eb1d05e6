import type { Shape } from './dimension.ts'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { floats, type HostTensor, integers, Session } from './session.ts'
import { input, type Tensor } from './tensor.ts'
import type { Values } from './testing.ts'

/** The output of an operation and the gradients of half the sum of its squares, traced over inputs of the given shapes. */
async function traced(
  operation: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Values[],
  shapes: readonly Shape[],
) {
  const tensors = inputs.map(({ integer, fixed }, index) =>
    input(`input${index}`, shapes[index]!, integer ? 'int64' : 'float32', !integer && !fixed),
  )
  const output = operation(...tensors)
  const targets = tensors.filter((tensor) => output.requiresGradient && tensor.requiresGradient)
  const slopes = targets.length === 0 ? [] : gradients(output, targets, output)
  const named = Object.fromEntries(slopes.map((slope, index) => [`gradient${index}`, slope]))
  const session = await Session.create(compile({ output, ...named }))
  const feeds = inputs.map(({ data, shape, integer }, index) => {
    const value = integer ? integers(data, shape) : floats(Float32Array.from(data), shape)
    return [`input${index}`, value] as const
  })
  try {
    return await session.run(Object.fromEntries(feeds))
  } finally {
    await session.release()
  }
}

function numbers({ data }: HostTensor): number[] {
  return Array.from({ length: data.length }, (_, index) => Number(data[index]))
}

/**
 * Traces an operation over axes that have names and over the numbers they stand for. Returns the largest difference
 * between what the two programs give, gradients included; NaN where they differ in shape.
 */
export async function checkSymbolic(
  operation: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Values[],
  shapes: readonly Shape[],
): Promise<number> {
  const expected = await traced(
    operation,
    inputs,
    inputs.map(({ shape }) => shape),
  )
  const actual = await traced(operation, inputs, shapes)
  return largestRunDifference(expected, actual)
}

/** The largest difference between the outputs of two runs; NaN where they differ in shape. */
export function largestRunDifference(
  expected: Readonly<Record<string, HostTensor>>,
  actual: Readonly<Record<string, HostTensor>>,
): number {
  const differences = Object.entries(expected).flatMap(([name, value]) => {
    const [found, wanted] = [numbers(actual[name]!), numbers(value)]
    const alike = String(actual[name]!.shape) === String(value.shape)
    return alike ? wanted.map((number, index) => Math.abs(number - found[index]!)) : [Number.NaN]
  })
  return Math.max(0, ...differences)
}
