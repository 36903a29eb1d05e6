import { z } from 'zod'
import type { DataRow, RowOutcome, RowStepDefinition, RowValues, TextColumns } from '../step.ts'
import { outputOption, copiesOption } from './options.ts'
import { placeRandom } from './place-random.ts'
import { renameSpeakers } from './rename-speakers.ts'
import { isMark, speakersOf } from './speakers.ts'

const optionsSchema = z.strictObject({
  output: outputOption,
  copies: copiesOption.describe(
    'Rows made of each row, with `add`; at most one less than it has speakers, so that each is another.',
  ),
  speakers: z
    .enum(['marks', 'names', 'both'])
    .default('marks')
    .describe(
      'Which speakers are exchanged: `marks` such as `#Person1#`, or `names`, which must be names of people and not of roles (a doctor who speaks as the patient is nonsense).',
    ),
  gendered: z
    .boolean()
    .default(false)
    .describe(
      'Exchange names also where words such as `he`, `her`, `Mr.`, 그녀, 오빠 or 언니 say who is a man and who is a woman.',
    ),
})

type SpeakerSwapOptions = z.infer<typeof optionsSchema>

const genderedWords =
  /\b(?:he|him|his|himself|she|her|hers|herself|sir|madam|ma['’]am|mr|mrs|ms|miss|mister|lady|gentleman|brother|sister|mom|dad|mother|father|boyfriend|girlfriend|husband|wife)\b|그녀|오빠|언니|누나|(?<![가-힣])형(?=[은이을과아님도한]|[^가-힣]|$)|아저씨|아줌마|아가씨|엄마|아빠|어머니|아버지|여자|남자|남편|아내/iu

const roles =
  /^(?:doctor|patient|customer|agent|clerk|teacher|student|waiter|waitress|guest|host|interviewer|interviewee|user|assistant|system|bot|seller|buyer|driver|passenger|operator|caller|man|woman|의사|환자|고객|손님|상담원|상담사|직원|점원|선생님|교사|학생|사장|기자|면접관|지원자|기사|승객|사용자|판매자|구매자|남자|여자|엄마|아빠|아들|딸)(?:\s*\d+)?$/iu

/**
 * Exchanges the speakers of a dialogue with each other in every text column alike, so that a model learns from the words and not from
 * who is named first. Korean particles after the names are corrected. With more than two speakers they move on by a random number of
 * places. Rows that are no dialogues, or where it cannot be told what is a name, make none.
 */
export const speakerSwap: RowStepDefinition<SpeakerSwapOptions> = {
  kind: 'row',
  name: 'speaker-swap',
  description: 'Adds rows whose speakers are exchanged, in the dialogue and its summary alike.',
  options: optionsSchema,
  create: (options, { seed }) => ({
    apply(row, columns): RowOutcome {
      const names = exchangeable(row, columns, options)
      if (names === undefined) return undefined
      const random = placeRandom(seed, 'speaker-swap', row.place)
      const count = options.output === 'replace' ? 1 : options.copies
      const moves = random.shuffled(Array.from({ length: names.length - 1 }, (_, index) => index + 1))
      const made: RowValues[] = []
      const rows: { speakers: Readonly<Record<string, string>> }[] = []
      let changes = 0
      for (const move of moves.slice(0, count)) {
        const renames = new Map(names.map((name, index) => [name, names[(index + move) % names.length]!]))
        const renamed = renamedRow(row, columns, renames)
        if (renamed === undefined) continue
        made.push(renamed.values)
        rows.push({ speakers: Object.fromEntries(renames) })
        changes = renamed.count
      }
      if (made.length === 0) return undefined
      if (options.output === 'replace') return { values: made[0]!, changes: { 'speaker-swap': changes } }
      return { made, recipe: { step: 'speaker-swap', seed }, recipes: rows }
    },
  }),
}

/** The speakers of the document, in order, where all may be exchanged. */
function exchangeable(
  row: DataRow,
  columns: TextColumns,
  options: SpeakerSwapOptions,
): readonly string[] | undefined {
  const texts = columns.texts.map((name) => row.values[name])
  const dialogues = columns.document.map((name) => row.values[name])
  const speakers = dialogues.flatMap((text) => (typeof text === 'string' ? (speakersOf(text) ?? []) : []))
  if (speakers.length !== 1) return undefined
  const { names } = speakers[0]!
  const marks = names.filter(isMark)
  if (options.speakers === 'marks') return marks.length > 1 ? marks : undefined
  const chosen = options.speakers === 'both' ? names : names.filter((name) => !isMark(name))
  if (chosen.length < 2) return undefined
  // Marks and names do not mix: in one dialogue they are of different kinds.
  if (chosen.some(isMark)) return chosen.every(isMark) ? chosen : undefined
  if (chosen.some((name) => roles.test(name) || [...name].length < 2)) return undefined
  const gendered = texts.some((text) => typeof text === 'string' && genderedWords.test(text))
  return gendered && !options.gendered ? undefined : chosen
}

function renamedRow(
  row: DataRow,
  columns: TextColumns,
  renames: ReadonlyMap<string, string>,
): { values: RowValues; count: number } | undefined {
  const names = columns.texts.filter((name) => typeof row.values[name] === 'string')
  const renamed = renameSpeakers(
    names.map((name) => row.values[name] as string),
    renames,
  )
  if (renamed === undefined || renamed.count === 0) return undefined
  const values = { ...row.values }
  for (const [index, name] of names.entries()) values[name] = renamed.texts[index]!
  return { values, count: renamed.count }
}
