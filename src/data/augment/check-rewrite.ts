import { detectLanguage, rougeTokenizer } from '../rouge/rouge-units.ts'
import { textSimilarity } from '../rouge/similar-texts.ts'
import { marksOf } from './protected-spans.ts'
import { AnswerFailure } from './read-answer.ts'
import { speakersOf } from './speakers.ts'

export interface RewriteLimits {
  /** ROUGE-L by words with the original, from which on a text is the same. */
  readonly maximumSimilarity: number
  /** How many times longer or shorter, in characters, it may be. */
  readonly maximumRatio: number
}

/**
 * Whether a text can be the other in other words. Throws `AnswerFailure`: `wrong-language`, `turns-changed` (other speakers or
 * another order of turns), `marks-changed` (marks such as `#Person1#` are lost or new), `numbers-added`, `wrong-length`, `unchanged`.
 */
export async function checkRewrite(
  original: string,
  rewritten: string,
  limits: RewriteLimits,
): Promise<void> {
  checkLanguage(original, rewritten)
  checkTurns(original, rewritten)
  const marks = [original, rewritten].map((text) => [...new Set(marksOf(text))].sort().join(' '))
  if (marks[0] !== marks[1]) throw new AnswerFailure('marks-changed')
  checkNumbers(original, rewritten)
  const ratio = rewritten.length / original.length
  if (ratio > limits.maximumRatio || ratio < 1 / limits.maximumRatio) {
    throw new AnswerFailure('wrong-length', `${rewritten.length} characters for ${original.length}`)
  }
  const similarity = textSimilarity(
    original,
    rewritten,
    await rougeTokenizer(detectLanguage([original]), 'word'),
  )
  if (similarity >= limits.maximumSimilarity)
    throw new AnswerFailure('unchanged', `ROUGE-L ${similarity.toFixed(2)}`)
}

export function checkLanguage(original: string, rewritten: string): void {
  const languages = [original, rewritten].map((text) => detectLanguage([text]))
  if (languages[0] !== languages[1]) {
    throw new AnswerFailure('wrong-language', `${languages[1]} for ${languages[0]}`)
  }
}

/** The same speakers in the same order. */
export function checkTurns(original: string, rewritten: string): void {
  const turns = [original, rewritten].map((text) =>
    JSON.stringify(speakersOf(text)?.labels.map((label) => label.name) ?? []),
  )
  if (turns[0] !== turns[1]) throw new AnswerFailure('turns-changed')
}

/** No marks that the original has not. */
export function checkNoNewMarks(original: string, rewritten: string): void {
  const known = new Set(marksOf(original))
  if (marksOf(rewritten).some((mark) => !known.has(mark))) throw new AnswerFailure('marks-changed')
}

function numbersOf(text: string): string[] {
  return (text.normalize('NFKC').match(/\d+(?:[.,]\d+)*/g) ?? []).map((number) => number.replaceAll(',', ''))
}

/** No numbers that the original has not; one may be written out in words. */
export function checkNumbers(original: string, rewritten: string): void {
  const known = new Set(numbersOf(original))
  if (numbersOf(rewritten).some((number) => !known.has(number))) throw new AnswerFailure('numbers-added')
}
