/**
 * The Porter stemmer in the variant that google's rouge_score uses: nltk's `PorterStemmer` in its default mode,
 * `NLTK_EXTENSIONS`. It differs from the paper in a table of irregular forms, in short `-ies`/`-ied` words, in
 * turning `y` to `i` only after a consonant, and in the rules for `-alli`, `-bli`, `-fulli` and `-logi`.
 *
 * A word is [C](VC){m}[V]; m is its *measure*. Rules read "(condition on the stem) suffix → replacement"; the
 * first rule whose suffix fits decides, whether or not its condition holds.
 *
 * Porter, M. "An algorithm for suffix stripping." Program 14.3 (1980): 130-137.
 */

type Rule = readonly [suffix: string, replacement: string, condition?: (stem: string) => boolean]

const irregular = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
])

const vowels = new Set([...'aeiou'].map((letter) => letter.charCodeAt(0)))
const letterY = 'y'.charCodeAt(0)

/**
 * Whether the letter is a consonant, given whether the one before it is (false at the start of a word): y is one
 * after a vowel. Digits are consonants, as in nltk.
 */
function isConsonant(code: number, afterConsonant: boolean): boolean {
  return code === letterY ? !afterConsonant : !vowels.has(code)
}

/** How often a vowel is followed by a consonant. */
function measure(stem: string): number {
  let count = 0
  let consonant = false
  for (let index = 0; index < stem.length; index++) {
    const next = isConsonant(stem.charCodeAt(index), consonant)
    if (index > 0 && next && !consonant) count++
    consonant = next
  }
  return count
}

/** One `c` or `v` a letter: `toy` is `cvc`, `syzygy` is `cvcvcv`. */
function shape(word: string): string {
  let letters = ''
  for (let index = 0; index < word.length; index++) {
    letters += isConsonant(word.charCodeAt(index), letters.endsWith('c')) ? 'c' : 'v'
  }
  return letters
}

const positive = (stem: string) => measure(stem) > 0
const aboveOne = (stem: string) => measure(stem) > 1
const hasVowel = (stem: string) => shape(stem).includes('v')

function endsDoubleConsonant(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && shape(word).endsWith('c')
}

function endsConsonantVowelConsonant(word: string): boolean {
  const letters = shape(word)
  return (letters.endsWith('cvc') && !'wxy'.includes(word.at(-1)!)) || letters === 'vc'
}

function apply(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix))
  if (rule === undefined) return word
  const [suffix, replacement, condition] = rule
  const stem = word.slice(0, word.length - suffix.length)
  return condition === undefined || condition(stem) ? stem + replacement : word
}

/** Plurals: caresses → caress, ponies → poni, cats → cat; ties → tie is the extension. */
function step1a(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1)
  return apply(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ])
}

/** Past and progressive: agreed → agree, plastered → plaster, hopping → hop, filing → file. */
function step1b(word: string): string {
  if (word.endsWith('ied')) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2)
  if (word.endsWith('eed')) return apply(word, [['eed', 'ee', positive]])
  const suffix = ['ed', 'ing'].find(
    (ending) => word.endsWith(ending) && hasVowel(word.slice(0, -ending.length)),
  )
  if (suffix === undefined) return word
  const stem = word.slice(0, -suffix.length)
  if (/(?:at|bl|iz)$/.test(stem)) return stem + 'e'
  if (endsDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1)
  return measure(stem) === 1 && endsConsonantVowelConsonant(stem) ? stem + 'e' : stem
}

/** happy → happi, fly → fli, but enjoy stays. */
function step1c(word: string): string {
  return apply(word, [['y', 'i', (stem) => stem.length > 1 && shape(stem).endsWith('c')]])
}

const step2Rules: readonly Rule[] = [
  ['ational', 'ate', positive],
  ['tional', 'tion', positive],
  ['enci', 'ence', positive],
  ['anci', 'ance', positive],
  ['izer', 'ize', positive],
  ['bli', 'ble', positive],
  ['alli', 'al', positive],
  ['entli', 'ent', positive],
  ['eli', 'e', positive],
  ['ousli', 'ous', positive],
  ['ization', 'ize', positive],
  ['ation', 'ate', positive],
  ['ator', 'ate', positive],
  ['alism', 'al', positive],
  ['iveness', 'ive', positive],
  ['fulness', 'ful', positive],
  ['ousness', 'ous', positive],
  ['aliti', 'al', positive],
  ['iviti', 'ive', positive],
  ['biliti', 'ble', positive],
  ['fulli', 'ful', positive],
  // The l stays with the stem whose measure counts, so that geology and theology work like archaeology.
  ['logi', 'log', (stem) => positive(stem + 'l')],
]

function step2(word: string): string {
  if (word.endsWith('alli') && positive(word.slice(0, -4))) return step2(word.slice(0, -2))
  return apply(word, step2Rules)
}

const step3Rules: readonly Rule[] = [
  ['icate', 'ic', positive],
  ['ative', '', positive],
  ['alize', 'al', positive],
  ['iciti', 'ic', positive],
  ['ical', 'ic', positive],
  ['ful', '', positive],
  ['ness', '', positive],
]

const step4Rules: readonly Rule[] = [
  ['al', '', aboveOne],
  ['ance', '', aboveOne],
  ['ence', '', aboveOne],
  ['er', '', aboveOne],
  ['ic', '', aboveOne],
  ['able', '', aboveOne],
  ['ible', '', aboveOne],
  ['ant', '', aboveOne],
  ['ement', '', aboveOne],
  ['ment', '', aboveOne],
  ['ent', '', aboveOne],
  ['ion', '', (stem) => aboveOne(stem) && /[st]$/.test(stem)],
  ['ou', '', aboveOne],
  ['ism', '', aboveOne],
  ['ate', '', aboveOne],
  ['iti', '', aboveOne],
  ['ous', '', aboveOne],
  ['ive', '', aboveOne],
  ['ize', '', aboveOne],
]

/** probate → probat, cease → ceas, rate stays; controll → control, roll stays. */
function step5(word: string): string {
  let result = word
  if (word.endsWith('e')) {
    const stem = word.slice(0, -1)
    const size = measure(stem)
    if (size > 1 || (size === 1 && !endsConsonantVowelConsonant(stem))) result = stem
  }
  return result.endsWith('ll') && aboveOne(result.slice(0, -1)) ? result.slice(0, -1) : result
}

/**
 * The stem of a lower-case English word, equal to nltk's `PorterStemmer().stem(word)`. Words of one or two
 * letters stay. (rouge_score calls it only for words of more than three letters; the caller decides.)
 */
export function porterStem(word: string): string {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (word.length <= 2) return word
  return step5(apply(apply(step2(step1c(step1b(step1a(word)))), step3Rules), step4Rules))
}
