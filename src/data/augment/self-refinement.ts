import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type { CorpusStepDefinition } from '../step.ts'
import { documentText } from '../step.ts'
import { chatFields } from './chat-options.ts'
import { planRows } from './chat-step.ts'
import { checkNoNewMarks, checkNumbers } from './check-rewrite.ts'
import { draftPrompt, feedbackPrompt, refinePrompt } from './prompts/rewriting.ts'
import { AnswerFailure, readTags } from './read-answer.ts'

const optionsSchema = z.strictObject({
  ...chatFields,
  target: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Column that is made better; without it, the summary. Where it is empty or missing, a draft is written first.',
    ),
  task: z
    .string()
    .min(1)
    .optional()
    .describe('What the target is to be, for the model; without it, a short summary of the text.'),
  rounds: z.int().min(1).max(10).default(3).describe('Rounds of feedback and mending at most.'),
})

/**
 * A draft, feedback on it, the draft made better, and again until the feedback finds nothing or the rounds are over (Madaan et al. 2023, Self-Refine).
 * Each round sees the last draft alone. A row is made only where the result is another than what the row had; one that names
 * marks or numbers that are not in the text is counted as a failure.
 */
export const selfRefinement: CorpusStepDefinition<z.infer<typeof optionsSchema>> = {
  kind: 'corpus',
  name: 'self-refinement',
  description: 'Adds rows whose summary a chat model has made better by its own feedback.',
  options: optionsSchema,
  plan(rows, options, context) {
    const prompts = [draftPrompt, feedbackPrompt, refinePrompt]
    const settings = { step: 'self-refinement', prompts, options, context }
    return planRows(rows, settings, async (row, { language, ask }) => {
      const target = options.target?.normalize('NFC') ?? row.columns.summary
      if (target === undefined) {
        throw new YuksuError(
          'augment-columns',
          `self-refinement knows no column to make better in ${row.place.file}; name it as target`,
        )
      }
      const document = row.columns.document.filter((name) => name !== target)
      const text = documentText(row, { ...row.columns, document })
      if (text.trim() === '') return { nothing: 'no-text' }
      const task =
        options.task ??
        (language === 'ko' ? '글의 중요한 내용을 짧게 요약하기' : 'summarize the text in a few sentences')
      const old = row.values[target]
      const given = typeof old === 'string' && old.trim() !== '' ? old : undefined
      let draft = given ?? readTags(await ask(draftPrompt, { task, text }), ['answer']).answer
      let rounds = 0
      let verdict = 'improve'
      while (rounds < options.rounds) {
        const said = readTags(
          await ask(feedbackPrompt, { task, text, draft }),
          ['feedback', 'verdict'],
          ['feedback'],
        )
        verdict = said.verdict.toLowerCase()
        if (verdict !== 'good' && verdict !== 'improve')
          throw new AnswerFailure('malformed', 'neither good nor improve')
        if (verdict === 'good') break
        if (said.feedback === '') throw new AnswerFailure('empty', 'nothing in <feedback>')
        draft = readTags(await ask(refinePrompt, { task, text, draft, feedback: said.feedback }), [
          'answer',
        ]).answer
        rounds++
      }
      if (draft === given) return { nothing: rounds === 0 ? 'already-good' : 'unchanged' }
      checkNoNewMarks(`${text}\n${given ?? ''}`, draft)
      checkNumbers(`${text}\n${given ?? ''}`, draft)
      return {
        values: { ...row.values, [target]: draft },
        recipe: { rounds, stopped: verdict === 'good' ? 'good' : 'rounds' },
      }
    })
  },
}
