import { removeControlCharacters } from './clean/control-characters.ts'
import { unifyLineEnds } from './clean/line-ends.ts'
import { composeCharacters } from './clean/normal-form.ts'
import { trimLines } from './clean/spaces.ts'

/** How often each step of `normalizeText` changed a text. */
export interface NormalizationCounts {
  /** Texts looked at. */
  texts: number
  /** Not in Unicode normal form C, such as Korean typed on a Mac. */
  normalForm: number
  /** Line ends other than `\n`. */
  lineEnds: number
  /** Control characters other than tab and line feed, and byte order marks. */
  controlCharacters: number
  /** Spaces around the text or at the ends of its lines. */
  spaces: number
}

export function emptyNormalizationCounts(): NormalizationCounts {
  return { texts: 0, normalForm: 0, lineEnds: 0, controlCharacters: 0, spaces: 0 }
}

/**
 * One form of a text for training, scoring and serving: normal form C, `\n` line ends, no control characters, no spaces
 * at the ends of lines or around the text; the first parts of the step `clean`. Adds what it changed to `counts`. Applying it twice changes nothing.
 */
export function normalizeText(
  text: string,
  counts: NormalizationCounts = emptyNormalizationCounts(),
): string {
  counts.texts += 1
  const step = (kind: Exclude<keyof NormalizationCounts, 'texts'>, from: string, to: string): string => {
    if (from !== to) counts[kind] += 1
    return to
  }
  let result = step('lineEnds', text, unifyLineEnds(text))
  result = step('controlCharacters', result, removeControlCharacters(result))
  result = step('normalForm', result, composeCharacters(result))
  return step('spaces', result, trimLines(result))
}
