import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ProductPrecision } from '../engine/product-precisions.ts'

/** Parses an option that takes a whole number. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const upTo = maximum === Number.MAX_SAFE_INTEGER ? '' : ` and ≤ ${maximum}`
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < minimum || value > maximum)
      throw new InvalidArgumentError(`Expected a whole number ≥ ${minimum}${upTo}.`)
    return value
  }
}

/** Parses an option that takes any finite number. */
export function anyNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}

/** Parses an option that may be given several times. */
export function oneOfSeveral(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text]
}

/** An option whose name begins with `--no-` without being the opposite of another. */
export function optionNamedNo(flags: string, description: string, parse: (text: string) => number): Option {
  const option = new Option(flags, description).argParser(parse)
  option.negate = false
  return option
}

// The help loads nothing of the engine; the type asks for every one.
const precisions: Readonly<Record<ProductPrecision, true>> = {
  float32: true,
  bfloat16: true,
  bfloat16x3: true,
  bfloat16x6: true,
  int8x6: true,
}

/** The option for what a model's products of matrices are computed in. */
export function productsOption(): Option {
  return new Option(
    '--products <kind>',
    'what products are computed in: float32, or another kind by the native library (see yuksu native)',
  ).choices(Object.keys(precisions))
}

/** Adds examples to the help of a command. */
export function examples(command: Command, ...lines: string[]): Command {
  return command.addHelpText(
    'after',
    `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}\n`).join('')}`,
  )
}
