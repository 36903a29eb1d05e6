import { randomStream } from '../../random.ts'
import { compose, type Composition } from './compose.ts'
import { english } from './english/english.ts'
import type { Language, Split } from './grammar.ts'
import { korean } from './korean/korean.ts'

export type { Split } from './grammar.ts'

export interface GeneratedDialogue {
  id: string
  language: 'ko' | 'en'
  /** Turns `#Person1#: …`, one a line. */
  dialogue: string
  summary: string
}

export interface GenerateDialoguesOptions {
  seed: number
  count: number
  split: Split
  /** Both by default, in turn. */
  languages?: readonly ('ko' | 'en')[]
}

const languages: Readonly<Record<'ko' | 'en', Language>> = { ko: korean, en: english }
const splits: readonly Split[] = ['train', 'validation', 'test']

/** A dialogue with what tests need to know of it. */
export interface ComposedDialogue extends Composition {
  id: string
  language: 'ko' | 'en'
}

/** As `generateDialogues`, with the scenario kinds, the numbers of turns and speakers, and the words told. */
export function* composeDialogues(options: GenerateDialoguesOptions): Generator<ComposedDialogue> {
  const { seed, count, split } = options
  const chosen = options.languages ?? ['ko', 'en']
  const seen = new Set<string>()
  for (let index = 0; index < count; index++) {
    const language = chosen[index % chosen.length]!
    const random = randomStream(seed, index * splits.length + splits.indexOf(split))
    let composition = compose(languages[language], split, random)
    while (seen.has(composition.dialogue)) composition = compose(languages[language], split, random)
    seen.add(composition.dialogue)
    yield { id: `${split}-${language}-${index}`, language, ...composition }
  }
}

/**
 * Dialogues of 2 to 7 speakers in 2 to 60 turns with a summary each, in Korean and English. Row n depends on nothing
 * but the seed, the split, the languages and n (and never repeats an earlier row); names of people, products, places,
 * dates and the like are shared by no two splits, so that a model must copy them. No summary tells what was not said.
 */
export function* generateDialogues(options: GenerateDialoguesOptions): Generator<GeneratedDialogue> {
  for (const { id, language, dialogue, summary } of composeDialogues(options)) {
    yield { id, language, dialogue, summary }
  }
}
