import { replaceCounted, type Changes } from './changes.ts'

/** Particles that are no word of their own, and forms of the copula that hardly are. */
const particle =
  / (를|에서(?:는|도)?|으로(?:써|서|는|도)?|까지(?:는|도)?|부터|에게(?:는|서)?|처럼|한테|조차|께서|입니다|이었다)(?=[\s.,!?~…]|$)(?! (?:마|말|않|못))/g
/** Not of a row of marks with spaces between them (`. . .`). */
const mark = / ([.,!?])(?=\s|$)(?!\s[.,!?])/g

/**
 * Spaces that Korean never has, taken out: before a particle of two syllables or `를` (`영화 에서` → `영화에서`), and before a
 * single mark that ends a clause (`좋다 .` → `좋다.`). Particles that could be a word (`이`, `가`, `도`, `만`, `보다`) are not
 * touched. Kind `korean-spacing`.
 */
export function repairSpacingFaults(text: string, changes: Changes = {}): string {
  const joined = replaceCounted(
    text,
    particle,
    ([match, word], at, whole) => (follows(word!, at > 0 ? whole.charCodeAt(at - 1) : 0) ? word! : match!),
    changes,
    'korean-spacing',
  )
  return replaceCounted(
    joined,
    mark,
    ([match, sign], at, whole) => (at > 0 && isSyllable(whole.charCodeAt(at - 1)) ? sign! : match!),
    changes,
    'korean-spacing',
  )
}

function isSyllable(code: number): boolean {
  return code >= 0xac00 && code <= 0xd7a3
}

const ofObjects = new Set(['을'.charCodeAt(0), '를'.charCodeAt(0)])

/** `를` follows a vowel; `으로` and `이었다` a consonant; none follows another particle of objects. */
function follows(word: string, before: number): boolean {
  if (!isSyllable(before) || ofObjects.has(before)) return false
  const hasFinal = (before - 0xac00) % 28 !== 0
  if (word === '를') return !hasFinal
  return word.startsWith('으로') || word === '이었다' ? hasFinal : true
}
