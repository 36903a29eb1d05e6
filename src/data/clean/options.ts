import { z } from 'zod'
import { dialogSumMasks } from './mask-tokens.ts'

const on = (what: string) => z.boolean().default(true).describe(what)
const limit = (most: number, what: string) => z.int().min(1).nullable().default(most).describe(what)

const maskTokenSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}][\p{L}\p{N}_-]*$/u, { error: 'is not a word of letters, digits, - and _' })
    .describe('What stands between the number signs, without its number.'),
  numbered: z.boolean().default(false).describe('Whether a number follows the name.'),
  aliases: z.array(z.string().min(1)).default([]).describe('Other names of the same token.'),
})

/** What the step `clean` may be told. */
export const cleanOptionsSchema = z.strictObject({
  mojibake: on('Repair texts read with the wrong encoding, where it is certain.'),
  html: on(
    'Take out HTML tags and comments and decode character references, unless the text is about markup.',
  ),
  lineEnds: on('Every line end as `\\n`.'),
  controlCharacters: on('Take out control characters; newlines and tabs stay.'),
  zeroWidth: on('Take out invisible characters where they mean nothing.'),
  width: on('Full-width Latin and half-width jamo and katakana in their ordinary width.'),
  normalForm: on('Unicode normal form C, and lone conjoining jamo as keyboard letters.'),
  lookAlikes: on('Greek and Cyrillic letters inside Latin words as the Latin letters they look like.'),
  spaces: on('Unicode spaces as plain ones, runs as one, none at the ends of lines and around the text.'),
  blankLines: z.int().min(0).nullable().default(2).describe('Most blank lines in a row; `null` leaves them.'),
  maskTokens: z
    .array(maskTokenSchema)
    .default(
      dialogSumMasks.map(({ name, numbered = false, aliases = [] }) => ({
        name,
        numbered,
        aliases: [...aliases],
      })),
    )
    .describe('Marks such as `#Person1#` whose damaged forms are repaired; by default those of DialogSum.'),
  looseJamo: on('Put words typed as loose jamo together (`ㅇㅏㄴㄴㅕㅇ`).'),
  halfTypedSyllables: on('Repair syllables that a key is in the wrong place of (`했엌ㅋㅋ`, `갑ㅈㅏ기`).'),
  jamoRun: limit(3, 'Longest run of one jamo (`ㅋㅋㅋ`, `ㅠㅠㅠ`); `null` leaves them.'),
  loneJamo: z
    .enum(['keep', 'remove'])
    .default('keep')
    .describe('What becomes of a jamo that stands alone and is no laugh or tear.'),
  koreanSpacing: z
    .enum(['off', 'faults', 'morphemes'])
    .default('faults')
    .describe(
      '`faults` joins what Korean never parts: particles, and marks behind a clause. `morphemes` also puts spaces into long unspaced stretches by a morphological analysis, which is a guess.',
    ),
  punctuationRun: limit(3, 'Longest run of one punctuation mark or heart; `null` leaves them.'),
  emoticonRun: limit(3, 'Most repetitions of an emoticon or emoji; `null` leaves them.'),
})

export type CleanOptions = z.infer<typeof cleanOptionsSchema>
