import type { Changes } from './changes.ts'
import { unifyWidth } from './character-width.ts'
import { removeControlCharacters } from './control-characters.ts'
import { composeLooseJamo, repairHalfTyped } from './half-typed.ts'
import { decodeEntities } from './html-entities.ts'
import { isAboutMarkup, removeTags } from './html-tags.ts'
import { removeInvisible } from './invisible-characters.ts'
import { repairSpacingFaults } from './korean-spacing.ts'
import { unifyLineEnds } from './line-ends.ts'
import { latinizeLookAlikes } from './look-alikes.ts'
import { maskTokenRepair } from './mask-tokens.ts'
import { repairMojibake } from './mojibake.ts'
import { composeCharacters, separateLoneJamo } from './normal-form.ts'
import type { CleanOptions } from './options.ts'
import {
  limitEmoji,
  limitEmoticons,
  limitJamo,
  limitMarks,
  limitMouths,
  removeLoneJamo,
} from './repeated-marks.ts'
import { collapseSpaces, limitBlankLines, trimLines, unifySpaces } from './spaces.ts'
import { holds, survey } from './survey.ts'

/** Cleans a text and adds to `changes` how many places of each kind it took. Applying it twice changes nothing more. */
export type TextCleaner = (text: string, changes?: Changes) => string

/**
 * More rounds than any text needs that is not made for it; each undoes one wrapping of another, as in an escaped tag with an
 * escaped tag inside.
 */
const mostRounds = 32

/** A part, and when a surveyed text may hold anything for it. */
interface Part {
  /** Any of these. */
  readonly any: number
  /** And all of these. */
  readonly all?: number
  /** And so many repetitions, or pairs of signs. */
  readonly repeated?: number
  readonly pairs?: number
  readonly apply: (text: string, changes: Changes) => string
}

/** Puts spaces into unspaced Korean; a guess. */
export type WordSpacer = (text: string, changes: Changes) => string

/**
 * The cleaning that the options ask for, as one function. A part starts only where one look at the characters found
 * something for it (`survey`); parts are applied again until nothing changes, since one may lay bare work for another.
 * `spaceWords` is used where `koreanSpacing` is `morphemes`.
 */
export function createTextCleaner(options: CleanOptions, spaceWords?: WordSpacer): TextCleaner {
  const parts = partsOf(options, spaceWords)
  return (text, changes = {}) => {
    let result = text
    for (let round = 0; round < mostRounds; round++) {
      const before = result
      const { found, repeated, pairs } = survey(before)
      for (const part of parts) {
        if ((found & part.any) === 0 && part.any !== 0) continue
        if (part.all !== undefined && (found & part.all) !== part.all) continue
        if (part.repeated !== undefined && repeated < part.repeated) continue
        if (part.pairs !== undefined && pairs < part.pairs) continue
        result = part.apply(result, changes)
      }
      if (result === before) break
    }
    return result
  }
}

/** In an order in which earlier ones lay bare work for later ones rather than the other way. */
function partsOf(options: CleanOptions, spaceWords: WordSpacer | undefined): Part[] {
  const { punctuationRun, emoticonRun, jamoRun, blankLines, koreanSpacing, maskTokens } = options
  const parts: (Part | undefined)[] = [
    when(options.html, { any: holds.markup, apply: removeMarkup }),
    when(options.mojibake, { any: holds.latin1 | holds.cp949, apply: repairMojibake }),
    when(options.mojibake, {
      any: holds.accentSyllable,
      all: holds.latinLetter,
      apply: repairMojibake,
    }),
    when(options.lineEnds, { any: holds.lineEnd, apply: unifyLineEnds }),
    when(options.width, { any: holds.width, apply: unifyWidth }),
    when(options.zeroWidth, { any: holds.invisible, apply: removeInvisible }),
    when(options.controlCharacters, { any: holds.control, apply: removeControlCharacters }),
    when(options.normalForm, { any: holds.form, apply: composeCharacters }),
    when(options.normalForm, { any: holds.conjoining, apply: separateLoneJamo }),
    when(options.lookAlikes, { any: holds.lookAlike, apply: latinizeLookAlikes }),
    when(options.spaces, { any: holds.unusualSpace, apply: unifySpaces }),
    when(options.spaces, { any: holds.spaces, apply: collapseSpaces }),
    when(maskTokens.length > 0, { any: holds.numberSign, apply: maskTokenRepair(maskTokens) }),
    when(options.looseJamo, { any: holds.jamo, apply: composeLooseJamo }),
    when(options.halfTypedSyllables, { any: holds.jamo, apply: repairHalfTyped }),
    when(options.loneJamo === 'remove', { any: holds.jamo, apply: removeLoneJamo }),
    when(koreanSpacing !== 'off', { any: holds.apart, apply: repairSpacingFaults }),
    spaceWords && { any: holds.syllable, apply: spaceWords },
    jamoRun === null
      ? undefined
      : { any: holds.jamo, repeated: jamoRun, apply: (text, changes) => limitJamo(text, jamoRun, changes) },
    punctuationRun === null
      ? undefined
      : {
          any: holds.mark,
          repeated: punctuationRun,
          apply: (text, changes) => limitMarks(text, punctuationRun, changes),
        },
    ...(emoticonRun === null ? [] : emoticonParts(emoticonRun)),
    blankLines === null
      ? undefined
      : { any: holds.lineFeed, apply: (text, changes) => limitBlankLines(text, blankLines, changes) },
    when(options.spaces, { any: holds.spaces, apply: trimLines }),
    // A space at either end is beside nothing.
    when(options.spaces, { any: 0, apply: trimEnds }),
  ]
  return parts.filter((part) => part !== undefined)
}

function emoticonParts(limit: number): Part[] {
  const pairs = limit + 1
  return [
    { any: holds.mark, repeated: limit, apply: (text, changes) => limitMouths(text, limit, changes) },
    { any: holds.sign, pairs, apply: (text, changes) => limitEmoticons(text, limit, changes) },
    { any: holds.emoji, pairs, apply: (text, changes) => limitEmoji(text, limit, changes) },
  ]
}

function when(isWanted: boolean, part: Part): Part | undefined {
  return isWanted ? part : undefined
}

function removeMarkup(text: string, changes: Changes): string {
  if (isAboutMarkup(text)) return text
  return removeTags(decodeEntities(text, changes), changes)
}

function trimEnds(text: string, changes: Changes): string {
  return isSpace(text.charCodeAt(0)) || isSpace(text.charCodeAt(text.length - 1))
    ? trimLines(text, changes)
    : text
}

/** Any that `trim` may take; a wrong guess costs a moment. */
function isSpace(code: number): boolean {
  return code <= 0x20 || code === 0xa0 || (code >= 0x1680 && code <= 0x3000) || code === 0xfeff
}
