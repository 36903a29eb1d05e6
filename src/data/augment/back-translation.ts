import { z } from 'zod'
import { detectLanguage } from '../rouge/rouge-units.ts'
import type { CorpusStepDefinition, RowValues } from '../step.ts'
import { chatFields } from './chat-options.ts'
import { type Conversation, planRows } from './chat-step.ts'
import { checkRewrite, checkTurns } from './check-rewrite.ts'
import { chosenColumns, columnsOption, rewriteFields } from './options.ts'
import type { PromptLanguage } from './prompts/prompt.ts'
import { translatePrompt } from './prompts/rewriting.ts'
import { AnswerFailure, readTags } from './read-answer.ts'

const optionsSchema = z.strictObject({
  ...chatFields,
  ...rewriteFields,
  columns: columnsOption('the columns of the document, without the summary'),
  through: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Language that texts are translated into and back from, such as `Japanese`; without it, English for Korean texts and Korean for others.',
    ),
})

/** What a language is called in a prompt of the other. */
const languageNames: Readonly<Record<PromptLanguage, Readonly<Record<PromptLanguage, string>>>> = {
  ko: { ko: '한국어', en: '영어' },
  en: { ko: 'Korean', en: 'English' },
}

/**
 * Translates into another language and back, so that the same comes back in other words (Sennrich et al. 2016, Edunov et al. 2018). Checked as a
 * paraphrase is; the translation between must be in another language and keep the turns.
 */
export const backTranslation: CorpusStepDefinition<z.infer<typeof optionsSchema>> = {
  kind: 'corpus',
  name: 'back-translation',
  description: 'Adds rows whose texts a chat model has translated into another language and back.',
  options: optionsSchema,
  plan(rows, options, context) {
    const settings = { step: 'back-translation', prompts: [translatePrompt], options, context }
    return planRows(rows, settings, async (row, conversation) => {
      const { document, summary } = row.columns
      const names = chosenColumns(
        options.columns,
        document.filter((name) => name !== summary),
      )
      const values: RowValues = { ...row.values }
      let through: string | undefined
      for (const name of names) {
        const text = row.values[name]
        if (typeof text !== 'string' || text.trim() === '') continue
        const own = detectLanguage([text])
        through = options.through ?? languageNames.en[own === 'ko' ? 'en' : 'ko']
        const there = await translated(conversation, text, options.through ?? (own === 'ko' ? 'en' : 'ko'))
        // A language that is neither Korean nor English is told apart only by not being the same text.
        if (there === text || (options.through === undefined && detectLanguage([there]) === own)) {
          throw new AnswerFailure('not-translated')
        }
        checkTurns(text, there)
        const back = await translated(conversation, there, own)
        await checkRewrite(text, back, options)
        Object.assign(values, { [name]: back })
      }
      return through === undefined ? { nothing: 'no-text' } : { values, recipe: { through } }
    })
  },
}

async function translated({ language, ask }: Conversation, text: string, into: string): Promise<string> {
  const known = into === 'ko' || into === 'en'
  const answer = await ask(translatePrompt, { text, language: known ? languageNames[language][into] : into })
  return readTags(answer, ['answer']).answer
}
