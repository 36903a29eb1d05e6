import { replaceCounted, type Changes } from './changes.ts'

/** Letters that look like a Latin one in nearly every typeface, after Unicode's confusables (UTS 39). */
const cyrillic = ['аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅҮ', 'aeopcyxijshdqwABEKMHOPCTYXIJSY'] as const
const greek = ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ', 'ABEZHIKMNOPTYXovp'] as const

const latin = new Map<string, string>(
  [cyrillic, greek].flatMap(([from, to]) =>
    Array.from(from, (letter, index) => [letter, to[index]!] as const),
  ),
)

/** The letters that `latinizeLookAlikes` may replace. */
export const lookAlikeLetters: readonly string[] = [...latin.keys()]

const word = /[A-Za-z\u00c0-\u024f\u0370-\u052f]+/g
const latinLetter = /[A-Za-z\u00c0-\u024f]/
const foreignLetter = /[\u0370-\u052f]/
const greekLetter = /[\u0370-\u03ff]/
const lowerGreek = /^[\u03b1-\u03c9]/

/**
 * Greek and Cyrillic letters inside Latin words as the Latin letters that they look like (`pаypаl` with two Cyrillic а).
 * Only a word of which all foreign letters have such a twin and at least half the letters are Latin, two of them
 * (three beside Greek, and no small Greek letter first, so that formulas like `ρgh` stay). Kind `look-alike`, one
 * place a letter.
 */
export function latinizeLookAlikes(text: string, changes: Changes = {}): string {
  let letters = 0
  const result = replaceCounted(
    text,
    word,
    ([word]) => {
      if (!foreignLetter.test(word!) || !latinLetter.test(word!)) return word!
      const foreign = [...word!].filter((letter) => letter >= '\u0370')
      const own = word!.length - foreign.length
      const isGreek = greekLetter.test(word!)
      if (own < (isGreek ? 3 : 2) || own < foreign.length || lowerGreek.test(word!)) return word!
      if (!foreign.every((letter) => latin.has(letter))) return word!
      letters += foreign.length
      return Array.from(word!, (letter) => latin.get(letter) ?? letter).join('')
    },
    {},
    'look-alike',
  )
  if (letters > 0) changes['look-alike'] = (changes['look-alike'] ?? 0) + letters
  return result
}
