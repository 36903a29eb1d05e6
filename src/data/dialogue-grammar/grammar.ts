/**
 * The form in which both languages are written down. Text is a template: `{product}` is a slot, drawn from the word
 * list of that name when it is first met and the same from then on; a digit asks for another word of the list
 * (`{moment2}`); `.2` takes the second form of an entry written `said|told`; after a colon comes what the language
 * adds (`{product:을/를}`, `{product:a}`). `{a}` and `{b}` are what a summary calls the speakers; `{A}` and `{B}` are
 * their names, and saying one introduces it, so that the summary calls the speaker by name from then on.
 */

export type Split = 'train' | 'validation' | 'test'

/** Who talks: decides speech level, greetings and small talk. */
export type Setting = 'friends' | 'service' | 'work'

/** A speaker's part in a scenario: two people, or a chair `a` and a member `m` who has the floor. */
export type Role = 'a' | 'b' | 'm'

/** One turn, in any of several phrasings. */
export interface Line {
  role: Role
  phrasings: readonly string[]
}

/** Turns that are left out half of the time. A summary must not depend on them. */
export interface Optional {
  maybe: readonly Line[]
}

export type Step = Line | Optional

/** One way a conversation can go from its opening on, and what remains to be told of it. */
export interface Outcome {
  steps: readonly Step[]
  summaries: readonly string[]
}

export interface Scenario {
  kind: string
  setting: Setting
  /** Word lists of this scenario alone. */
  lists?: Readonly<Record<string, readonly string[]>>
  opening: readonly Step[]
  outcomes: readonly Outcome[]
}

/** A conversation of three to seven: the chair opens, members take the floor one by one, the chair closes. */
export interface GroupScenario {
  kind: string
  setting: Setting
  lists?: Readonly<Record<string, readonly string[]>>
  opening: readonly Step[]
  /** What happens while one member has the floor; its slots are that member's own. */
  floor: readonly Outcome[]
  closing: Outcome
}

/** Turns that belong in no summary. */
export type Exchange = readonly Line[]

/** Words of one kind, by split. Open kinds share no word between splits, so a model has to copy them. */
export interface WordList {
  open: boolean
  words: Readonly<Record<Split, readonly string[]>>
}

export interface Language {
  code: 'ko' | 'en'
  words: Readonly<Record<string, WordList>>
  /** The word list that names of speakers come from. */
  names: Readonly<Record<Setting, string>>
  /** A word with what stands after the colon of its slot. */
  modify(word: string, modifier: string): string
  greetings: Readonly<Record<Setting, readonly Exchange[]>>
  smallTalk: Readonly<Record<Setting, readonly Exchange[]>>
  /** One is chosen that does not begin with whoever spoke last. */
  closings: Readonly<Record<Setting, readonly Exchange[]>>
  /** Put before the first turn of a second subject. */
  bridges: Readonly<Record<Setting, readonly string[]>>
  scenarios: readonly Scenario[]
  groups: readonly GroupScenario[]
}

export const a = (...phrasings: string[]): Line => ({ role: 'a', phrasings })
export const b = (...phrasings: string[]): Line => ({ role: 'b', phrasings })
export const m = (...phrasings: string[]): Line => ({ role: 'm', phrasings })
export const maybe = (...lines: Line[]): Optional => ({ maybe: lines })
