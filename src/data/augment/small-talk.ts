import { z } from 'zod'
import type { RowOutcome, RowStepDefinition } from '../step.ts'
import { copiesOption, outputOption } from './options.ts'
import { placeRandom } from './place-random.ts'
import { speakersOf } from './speakers.ts'

const optionsSchema = z.strictObject({
  output: outputOption,
  copies: copiesOption,
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of the turns of small talk that are left out, each by chance.'),
  turns: z.int().min(2).default(4).describe('Turns that a dialogue keeps at least.'),
})

type SmallTalkOptions = z.infer<typeof optionsSchema>

/** Sentences that say nothing a summary would hold. A turn is small talk where it is made of these alone. */
const sentences = [
  /hi|hello|hey|good (?:morning|afternoon|evening|night)|hi there|hello there/,
  /(?:good)?bye(?: bye)?|see you(?: (?:later|soon|then|there|tomorrow|around))?|take care|have a (?:good|nice|great) (?:day|time|one|night|weekend|evening)/,
  /(?:ok|okay|oh|well|sure|right|all right|alright|i see|yeah|yes|great|good|fine|wow|really|uh[ -]?huh|hmm?|mm[ -]?hmm?|nice|got it)/,
  /(?:thanks|thank you)(?: (?:so|very) much| a lot| again)?|you(?:['’]re| are) welcome|(?:it was )?my pleasure|no problem|don['’]t mention it|not at all/,
  /how are you(?: doing)?(?: today)?|(?:nice|glad|pleased|good) to (?:meet|see) you(?: too)?/,
  /안녕(?:하세요|하십니까|히 가세요|히 계세요)?|여보세요|반가워요?|반갑습니다|처음 뵙겠습니다|만나서 (?:반가워요?|반갑습니다)/,
  /잘 (?:가|가요|지내|지내요|있어|있어요)|(?:내일|나중에|다음에|또) (?:봐|봐요|뵙겠습니다|만나|만나요)|수고하세요|들어가세요|좋은 하루 (?:되세요|보내세요)/,
  /네+|예|응+|그래요?|그렇군요?|그렇구나|알겠습니다|알겠어요?|알았어요?|아+|오+|음+|와+|정말요?|진짜요?|맞아요?|좋아요?|하하+|[ㅋㅎ]+/,
  /고마워요?|고맙습니다|감사합니다|감사해요|천만에요?|별말씀을요|괜찮아요?|괜찮습니다|잘 지냈어요?|잘 지내셨어요/,
].map((pattern) => `(?:${pattern.source})`)

const smallTalkTurn = new RegExp(`^(?:(?:${sentences.join('|')})(?:[\\s.,!?…~]+|$))+$`, 'iu')

/** Whether a turn is made of greetings, thanks and nods alone, in English or Korean. */
export function isSmallTalk(words: string): boolean {
  const text = words.normalize('NFC').trim()
  return text.length > 0 && text.length <= 120 && smallTalkTurn.test(text)
}

/**
 * Leaves out turns of greetings, thanks and nods, by chance, so that a summariser does not lean on them; the summary stays right, as none of it comes
 * from there. An answer to a question stays: `Yes` after a turn that ends with a question mark says something. Turns are never
 * put in another order: who answers whom would change.
 */
export const smallTalk: RowStepDefinition<SmallTalkOptions> = {
  kind: 'row',
  name: 'small-talk',
  description: 'Adds rows without some of the greetings, thanks and nods of a dialogue.',
  options: optionsSchema,
  create: (options, { seed }) => ({
    apply(row, columns): RowOutcome {
      const name = columns.document.find(
        (column) => typeof row.values[column] === 'string' && speakersOf(row.values[column]) !== undefined,
      )
      if (name === undefined) return undefined
      const turns = turnsOf(row.values[name] as string)
      const random = placeRandom(seed, 'small-talk', row.place)
      const rows: { dropped: number }[] = []
      const texts = new Set<string>()
      for (let copy = 0; copy < (options.output === 'replace' ? 1 : options.copies); copy++) {
        const kept = keepTurns(turns, options, (share) => random.chance(share))
        const text = kept.map((turn) => turn.text).join('\n')
        if (kept.length === turns.length || texts.has(text)) continue
        texts.add(text)
        rows.push({ dropped: turns.length - kept.length })
      }
      if (texts.size === 0) return undefined
      const made = [...texts].map((text) => ({ ...row.values, [name]: text }))
      if (options.output === 'replace')
        return { values: made[0]!, changes: { 'small-talk': rows[0]!.dropped } }
      return { made, recipe: { step: 'small-talk', seed }, recipes: rows }
    },
  }),
}

interface Turn {
  readonly speaker: string
  readonly text: string
  readonly words: string
}

/** A dialogue as turns; lines without a name belong to the turn before. */
function turnsOf(text: string): Turn[] {
  const { labels } = speakersOf(text)!
  const starts = labels.map((label) => text.lastIndexOf('\n', label.start) + 1)
  const turns = labels.map((label, index) => {
    const end = starts[index + 1] ?? text.length + 1
    return {
      speaker: label.name,
      text: text.slice(starts[index], end - 1),
      words: text.slice(label.words, end - 1),
    }
  })
  return starts[0]! > 0
    ? [{ speaker: '', text: text.slice(0, starts[0]! - 1), words: 'heading' }, ...turns]
    : turns
}

function keepTurns(
  turns: readonly Turn[],
  options: SmallTalkOptions,
  chance: (share: number) => boolean,
): Turn[] {
  let left = turns.length
  const saying = new Set(turns.filter((turn) => !isSmallTalk(turn.words)).map((turn) => turn.speaker))
  return turns.filter((turn, index) => {
    const answers = index > 0 && /[?？]\s*$/u.test(turns[index - 1]!.words)
    // Every speaker stays in the dialogue, and so does who only nods.
    if (left <= options.turns || answers || !saying.has(turn.speaker) || !isSmallTalk(turn.words)) return true
    if (!chance(options.share)) return true
    left--
    return false
  })
}
