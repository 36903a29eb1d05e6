import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { detectLanguage, rougeTokenizer } from '../rouge/rouge-units.ts'
import { textSimilarity } from '../rouge/similar-texts.ts'
import type { CorpusStepDefinition } from '../step.ts'
import { chatFields } from './chat-options.ts'
import { planRows } from './chat-step.ts'
import { checkLanguage, checkNoNewMarks } from './check-rewrite.ts'
import { counterfactualPrompt } from './prompts/rewriting.ts'
import { AnswerFailure, readTags } from './read-answer.ts'

const optionsSchema = z.strictObject({
  ...chatFields,
  column: z.string().min(1).optional().describe('Column of the text; without it, the first of the document.'),
  target: z
    .string()
    .min(1)
    .optional()
    .describe('Column that the edit must change: a label or a summary; without it, the summary.'),
  labels: z
    .array(z.string().min(1))
    .min(2)
    .optional()
    .describe('Values that the target may have; without it, any.'),
  minimumSimilarity: z
    .number()
    .min(0)
    .lt(1)
    .default(0.6)
    .describe('ROUGE-L with the original that a new text has at least: the edit is to be small.'),
})

/**
 * Texts with a small edit that gives them another label or summary, so that a model learns what decides (Kaushik et al. 2020). An answer whose text
 * changed much or not at all, or whose target stayed, is asked for again and then counted.
 */
export const counterfactuals: CorpusStepDefinition<z.infer<typeof optionsSchema>> = {
  kind: 'corpus',
  name: 'counterfactuals',
  description: 'Adds rows with a small edit by a chat model that changes their label or summary.',
  options: optionsSchema,
  plan(rows, options, context) {
    const settings = { step: 'counterfactuals', prompts: [counterfactualPrompt], options, context }
    return planRows(rows, settings, async (row, { language, ask }) => {
      const column =
        options.column?.normalize('NFC') ?? row.columns.document.find((name) => name !== row.columns.summary)
      const target = options.target?.normalize('NFC') ?? row.columns.summary
      if (column === undefined || target === undefined) {
        throw new YuksuError(
          'augment-columns',
          `counterfactuals knows no column with a label or summary in ${row.place.file}; name it as target`,
        )
      }
      const text = row.values[column]
      const old = row.values[target]
      const answer = typeof old === 'number' || typeof old === 'boolean' ? String(old) : old
      if (typeof text !== 'string' || text.trim() === '') return { nothing: 'no-text' }
      if (typeof answer !== 'string' || answer.trim() === '') return { nothing: 'no-target' }
      const allowed = options.labels?.join(', ')
      const labels =
        allowed === undefined
          ? ''
          : language === 'ko'
            ? `가능한 답: ${allowed}.`
            : `Possible answers: ${allowed}.`
      const said = await ask(counterfactualPrompt, { text, answer, target, labels })
      const { new_text: edited, new_answer: changed } = readTags(said, ['new_text', 'new_answer'])
      checkLanguage(text, edited)
      checkNoNewMarks(text, `${edited}\n${changed}`)
      if (plain(changed) === plain(answer)) throw new AnswerFailure('same-target')
      if (options.labels !== undefined && !options.labels.includes(changed))
        throw new AnswerFailure('unknown-label')
      const similarity = textSimilarity(text, edited, await rougeTokenizer(detectLanguage([text]), 'word'))
      if (plain(edited) === plain(text)) throw new AnswerFailure('unchanged')
      if (similarity < options.minimumSimilarity) {
        throw new AnswerFailure('edit-too-large', `ROUGE-L ${similarity.toFixed(2)}`)
      }
      return {
        values: { ...row.values, [column]: edited, [target]: typed(changed, old) },
        recipe: { similarity: Math.round(similarity * 1000) / 1000 },
      }
    })
  },
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

/** The answer as a value of the kind that the old one was. */
function typed(answer: string, old: unknown): unknown {
  if (typeof old === 'number') {
    const number = Number(answer)
    if (!Number.isFinite(number)) throw new AnswerFailure('unknown-label', 'no number')
    return number
  }
  if (typeof old !== 'boolean') return answer
  if (answer !== 'true' && answer !== 'false')
    throw new AnswerFailure('unknown-label', 'neither true nor false')
  return answer === 'true'
}
