import type { Limits } from './heuristic-rules.ts'
import type { LineRules } from './line-rules.ts'

export const presetNames = ['gopher', 'c4', 'fineweb', 'dialogue', 'review', 'none'] as const
export type PresetName = (typeof presetNames)[number]

export interface Preset {
  readonly limits: Limits
  /** What differs where the text is Korean. */
  readonly koreanLimits: Limits
  readonly lines: LineRules
  readonly loremIpsum: boolean
  readonly curlyBrackets: boolean
}

const noLines: LineRules = {
  terminalPunctuation: false,
  minimumWords: 0,
  maximumWordLength: 0,
  scripts: false,
  policies: false,
  citations: false,
}

const allOfNone = { limits: {}, koreanLimits: {}, lines: noLines, loremIpsum: false, curlyBrackets: false }

const gopher: Preset = {
  ...allOfNone,
  limits: {
    minimumWords: 50,
    maximumWords: 100_000,
    minimumMeanWordLength: 3,
    maximumMeanWordLength: 10,
    maximumHashRatio: 0.1,
    maximumEllipsisRatio: 0.1,
    maximumBulletLines: 0.9,
    maximumEllipsisLines: 0.3,
    minimumAlphabeticWords: 0.8,
    minimumStopWords: 2,
  },
  koreanLimits: {
    minimumWords: 40,
    maximumWords: 80_000,
    minimumMeanWordLength: 2,
    maximumMeanWordLength: 9,
    minimumStopWords: 6,
  },
}

const c4: Preset = {
  limits: { minimumSentences: 3 },
  koreanLimits: {},
  lines: {
    terminalPunctuation: true,
    minimumWords: 5,
    maximumWordLength: 1000,
    scripts: true,
    policies: true,
    citations: true,
  },
  loremIpsum: true,
  curlyBrackets: true,
}

/**
 * Rules by name of a preset. `gopher`, `c4` and `fineweb` (which is C4's without its rule on terminal marks, Gopher's, and its own)
 * are for documents and have their papers' limits for English. `dialogue` and `review` are for short texts, which rules for documents
 * would leave nothing of: they only leave out what is no text.
 *
 * Korean limits: in 36,648 aligned sentences of the Python documentation an eojeol stands for 1.27 English words and a character
 * for 1.51, so limits on words and lines are those of English divided by that. Eojeol of Korean texts (12,000: news, reviews twenty at a
 * time, dialogues, documentation) are 2.6 to 6 characters long in the mean, and in 99 of 100 texts of documentation, full of names of
 * functions, below 8.5. Of these texts one has fewer than 6 of the 25 particles and endings that are counted as stop words; of lists
 * of 60 names 96 of 100 have.
 */
export const presets: Readonly<Record<PresetName, Preset>> = {
  none: allOfNone,
  gopher,
  c4,
  fineweb: {
    ...c4,
    lines: { ...c4.lines, terminalPunctuation: false, minimumWords: 3 },
    limits: {
      ...gopher.limits,
      minimumSentences: 5,
      minimumPunctuatedLines: 0.12,
      maximumShortLines: 0.67,
      maximumDuplicateLineCharacters: 0.01,
      maximumLineEndRatio: 0.3,
    },
    koreanLimits: { ...gopher.koreanLimits, maximumLineEndRatio: 0.38 },
  },
  dialogue: {
    ...allOfNone,
    limits: {
      minimumWords: 10,
      maximumWords: 10_000,
      minimumMeanWordLength: 2.5,
      maximumMeanWordLength: 10,
      maximumHashRatio: 0.1,
      minimumAlphabeticWords: 0.7,
      maximumDuplicateLineCharacters: 0.3,
    },
    koreanLimits: { minimumWords: 8, minimumMeanWordLength: 2, maximumMeanWordLength: 9 },
  },
  review: {
    ...allOfNone,
    limits: { minimumWords: 1, maximumWords: 10_000, maximumMeanWordLength: 40, minimumAlphabeticWords: 0.5 },
  },
}

/** Words that a line of a Korean text must have where an English one must have `words`. */
export function koreanLineWords(words: number): number {
  return Math.ceil(words / 1.27)
}

/** A line of at most so many characters is short: 30 (FineWeb) in English, what says as much in Korean. */
export const shortLineLengths = { english: 30, korean: 20 } as const
