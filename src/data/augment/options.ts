import { z } from 'zod'

/** Whether what is made stands beside the row or in its place. */
export const outputOption = z
  .enum(['add', 'replace'])
  .default('add')
  .describe('`add`: rows are made beside the row. `replace`: the row itself is changed.')

export const copiesOption = z.int().min(1).max(100).default(1).describe('Rows made of each row, with `add`.')

export function columnsOption(usual: string) {
  return z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(`Columns that it works on; without it, ${usual}.`)
}

/** The columns that were given, in normal form C as those of a row are, or the usual ones. */
export function chosenColumns(
  given: readonly string[] | undefined,
  usual: readonly string[],
): readonly string[] {
  return given === undefined ? usual : given.map((name) => name.normalize('NFC'))
}

/** Limits of `checkRewrite`. */
export const rewriteFields = {
  maximumSimilarity: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe('ROUGE-L with the original from which on a new text counts as the same and is not used.'),
  maximumRatio: z
    .number()
    .gt(1)
    .default(2)
    .describe('How many times longer or shorter than the original, in characters, a new text may be.'),
}
