import { z } from 'zod'
import type { CorpusStepDefinition, RowValues } from '../step.ts'
import { chatFields } from './chat-options.ts'
import { planRows } from './chat-step.ts'
import { checkRewrite } from './check-rewrite.ts'
import { chosenColumns, columnsOption, rewriteFields } from './options.ts'
import { paraphrasePrompt } from './prompts/rewriting.ts'
import { readTags } from './read-answer.ts'

const optionsSchema = z.strictObject({
  ...chatFields,
  ...rewriteFields,
  columns: columnsOption('the columns of the document, without the summary'),
  styles: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Styles of which one is drawn for each row, such as `formal` or 반말; without it, that of the text.',
    ),
})

/**
 * The same said in other words, by a chat model. What stands for the document (a summary, a label) stays. An answer that changes
 * language, turns, marks or numbers, or hardly a word, is asked for again and then counted.
 */
export const paraphrase: CorpusStepDefinition<z.infer<typeof optionsSchema>> = {
  kind: 'corpus',
  name: 'paraphrase',
  description: 'Adds rows whose texts a chat model says in other words.',
  options: optionsSchema,
  plan(rows, options, context) {
    const settings = { step: 'paraphrase', prompts: [paraphrasePrompt], options, context }
    return planRows(rows, settings, async (row, { language, random, ask }) => {
      const { document, summary } = row.columns
      const names = chosenColumns(
        options.columns,
        document.filter((name) => name !== summary),
      )
      const style = options.styles === undefined ? undefined : random.pick(options.styles)
      const values: RowValues = { ...row.values }
      let changed = 0
      for (const name of names) {
        const text = row.values[name]
        if (typeof text !== 'string' || text.trim() === '') continue
        const usual = language === 'ko' ? '글과 같은 문체' : 'that of the text'
        const { answer } = readTags(await ask(paraphrasePrompt, { text, style: style ?? usual }), ['answer'])
        await checkRewrite(text, answer, options)
        Object.assign(values, { [name]: answer })
        changed++
      }
      if (changed === 0) return { nothing: 'no-text' }
      return { values, recipe: style === undefined ? {} : { style } }
    })
  },
}
