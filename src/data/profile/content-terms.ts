import { loadNouns } from '../../tokenizers/korean-morphemes.ts'
import { stopWords } from './stop-words.ts'

/** Masks of persons and data (`#Person1#`, `[EMAIL]`, `<PHONE>`), web addresses, e-mail: no words of the text. */
const noText = /#\w{1,30}#|[[<]\p{Lu}[\p{Lu}\d_ -]{2,}[\]>]|\b(?:https?:\/\/|www\.)\S+|\S+@\S+\.\w+/gu
const words = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu
const hangul = /[가-힣]/
const hasLetter = /\p{L}/u
/** Laughter and crying: one letter over and over, and lone jamo. */
const laughter = /^(\p{L}{1,2}?)\1{2,}$|^[ㄱ-ㅣ]+$/u

/** Different Korean words whose nouns are kept; a text has most of its words in common with others. */
const remembered = 200_000

/**
 * What cuts a text into terms that tell what it is about: of Korean words their nouns of two syllables and more (garu-ko,
 * each word by itself, so that one that is met again costs nothing), of others the word in lower case. Without function
 * words, numbers, laughter, masks and addresses.
 */
export async function contentTerms(): Promise<(text: string) => string[]> {
  const nouns = await loadNouns()
  const known = new Map<string, readonly string[]>()
  const termsOf = (word: string): readonly string[] => {
    let terms = known.get(word)
    if (terms !== undefined) return terms
    terms = hangul.test(word) ? nouns(word).filter((noun) => noun.length > 1) : [word.toLowerCase()]
    terms = terms.filter(
      (term) =>
        term.length > 1 &&
        term.length <= 40 &&
        !stopWords.has(term) &&
        hasLetter.test(term) &&
        !laughter.test(term),
    )
    if (known.size < remembered) known.set(word, terms)
    return terms
  }
  return (text) => {
    const found = text.normalize('NFC').replace(noText, ' ').match(words) ?? []
    return found.flatMap(termsOf)
  }
}
