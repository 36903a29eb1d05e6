import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type { RowStepDefinition } from '../step.ts'
import { findPersonalData } from './find.ts'
import { personalDataKinds } from './kinds.ts'
import { markOf, maskPersonalData } from './mask.ts'

export const personalDataOptionsSchema = z.strictObject({
  action: z
    .enum(['mask', 'drop'])
    .default('mask')
    .describe('`mask` puts a mark in place of each value; `drop` leaves out a row that holds any.'),
  kinds: z
    .array(z.enum(personalDataKinds))
    .min(1)
    .default([...personalDataKinds])
    .describe('What is looked for.'),
  template: z
    .string()
    .regex(/\{kind\}/, { error: 'must contain {kind}, such as #{kind}#' })
    .default('#{kind}#')
    .describe('The mark; `{kind}` is replaced by the name of the kind, such as `PhoneNumber`.'),
  names: z
    .partialRecord(z.enum(personalDataKinds), z.string().min(1))
    .default({})
    .describe(
      'Other names of kinds inside marks than those of DialogSum (`PhoneNumber`, `Email`, `SSN`, …).',
    ),
  numbered: z
    .boolean()
    .default(false)
    .describe('Give different values of a row different marks: `#PhoneNumber1#`, `#PhoneNumber2#`.'),
  spelledOut: z
    .boolean()
    .default(false)
    .describe('Also find telephone numbers written in words (`공일공 일이삼사 오육칠팔`).'),
})

export type PersonalDataOptions = z.infer<typeof personalDataOptionsSchema>

/**
 * Masks personal data in all text columns of a row, alike in all of them, or drops the row. What is counted and recorded are
 * kinds and numbers of places, never a value. Throws `YuksuError` `invalid-option` where a mark would itself be taken for
 * personal data, for then masking twice would change something.
 */
export const personalDataStep: RowStepDefinition<PersonalDataOptions> = {
  kind: 'row',
  name: 'personal-data',
  description:
    'Puts typed marks such as `#PhoneNumber#` in place of telephone and identity numbers, e-mail and postal addresses, cards, accounts and keys.',
  options: personalDataOptionsSchema,
  create(options) {
    const settings = { ...options, kinds: new Set(options.kinds) }
    for (const kind of options.kinds) {
      const mark = markOf(kind, settings, options.numbered ? 1 : undefined)
      if (findPersonalData(mark, settings).length > 0) {
        throw new YuksuError(
          'invalid-option',
          `the mark ${JSON.stringify(mark)} of personal-data looks like personal data itself; choose a template without digits and @, such as #{kind}#`,
        )
      }
    }
    return {
      apply(row, columns) {
        const names = columns.texts.filter((name) => typeof row.values[name] === 'string')
        const texts = names.map((name) => row.values[name] as string)
        if (texts.every((text) => findPersonalData(text, settings).length === 0)) return undefined
        const { texts: masked, counts } = maskPersonalData(texts, settings)
        if (options.action === 'drop') return { drop: 'personal-data', evidence: counts }
        const values = { ...row.values }
        for (const [index, name] of names.entries()) values[name] = masked[index]
        return { values, changes: counts }
      },
    }
  },
}
