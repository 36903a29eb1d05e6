import { continuationCharacters, latinByte, strictlyDecoded } from './byte-encodings.ts'

const more = `[${continuationCharacters}]`
/** Sequences of UTF-8, each byte read as one character. */
const sequences = new RegExp(
  `(?:[\u00c2-\u00df]${more}|[\u00e0-\u00ef]${more}{2}|[\u00f0-\u00f4]${more}{3})+`,
  'g',
)
/** Punctuation and marks that may follow a letter in sound text, so that they prove nothing: `CAFÉ…`, `été »`. */
const ordinary = new Set('…‘’“”–—«»‹›„‚•·¿¡ºª°®©™¹²³\u00a0')
/** A no-break space, the last byte of Â and of à, that became a plain one: `firstÂ saw`, `voilÃ  tout`. */
const lostSpace = /(?<=\p{Ll}|\p{Ll}[.,!?:;)"'])(Â |Ã {1,2})(?=[\p{L}\p{N}"'(]|$)/gu

interface Sequence {
  readonly decoded: string
  readonly lead: number
  /** Whether a byte of it is a character that never follows a letter in sound text. */
  readonly strong: boolean
}

export interface Repaired {
  readonly text: string
  readonly places: number
}

/**
 * Undoes one reading of UTF-8 as Latin-1 or Windows-1252; undefined where nothing is certain. With `known` the text is known to hold
 * such, and a stretch that may be one is taken for one.
 */
export function repairUtf8(text: string, known = false): Repaired | undefined {
  let doubtful = 0
  let places = 0
  const repair = (isProven: boolean) => (chain: string, at: number, whole: string) => {
    const read = readSequences(chain)
    if (read === undefined) return chain
    const before = at > 0 ? whole[at - 1]! : ''
    const after = whole[at + chain.length] ?? ''
    if (isCertain(read, before, after, isProven)) {
      places += 1
      return read.map(({ decoded }) => decoded).join('')
    }
    doubtful += 1
    return chain
  }
  let result = text.replace(sequences, repair(known))
  // Where one stretch is certain, the doubtful ones beside it are of the same making.
  if (!known && places > 0 && doubtful > 0) result = result.replace(sequences, repair(true))
  if (result.includes('Â ') || result.includes('Ã ')) {
    result = result.replace(lostSpace, (lost) => {
      places += 1
      return lost.startsWith('Â') ? ' ' : 'à '
    })
  }
  return places === 0 ? undefined : { text: result, places }
}

function readSequences(chain: string): Sequence[] | undefined {
  const read: Sequence[] = []
  for (let at = 0; at < chain.length;) {
    const lead = latinByte(chain[at]!)
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const characters = chain.slice(at, at + length)
    const decoded = strictlyDecoded(Array.from(characters, latinByte))
    if (decoded === undefined) return undefined
    const strong = Array.from(characters.slice(1)).some((character) => !ordinary.has(character))
    read.push({ decoded, lead, strong })
    at += length
  }
  return read
}

const plausible =
  // oxlint-disable-next-line no-misleading-character-class
  /^[\u00a0-\u017f\u0192\u0218-\u021b\u02c6\u02da\u02dc\u0300-\u0304\u0306-\u0308\u030a-\u030c\u0327\u0370-\u052f\u0591-\u05f4\u060c-\u06ff\u0900-\u0d7f\u0e00-\u0eff\u1100-\u11ff\u1e00-\u1fff\u200b-\u206f\u2070-\u209c\u20a0-\u20bf\u2100-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\u3000-\u30ff\u3131-\u318e\u3200-\u33ff\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe0e\ufe0f\ufeff\uff01-\uffe6\ufffd\u{1d400}-\u{1d7ff}\u{1f000}-\u{1faff}]+$/u
const ideograph = /[\u3400-\u9fff\uf900-\ufaff]/
const latinLetter = /[A-Za-z\u00c0-\u024f]/
const upper = /\p{Lu}/u
const lower = /\p{Ll}/u

/** Whether characters are such as people write, at once or after another repair. */
function isPlausible(decoded: string): boolean {
  if (plausible.test(decoded)) return true
  const deeper = repairUtf8(decoded, true)
  return deeper !== undefined && isPlausible(deeper.text)
}

function isCertain(read: readonly Sequence[], before: string, after: string, isProven: boolean): boolean {
  if (!isPlausible(read.map(({ decoded }) => decoded).join(''))) return false
  // A Chinese character alone beside Latin letters is chance: `Nescafé®™`.
  if (read.length === 1 && ideograph.test(read[0]!.decoded)) {
    if (latinLetter.test(before) || latinLetter.test(after) || !read[0]!.strong) return false
  }
  if (isProven) return read.every(({ lead }) => lead <= 0xc5 || lead >= 0xe0) || read.length > 1
  const strong = read.some((sequence) => sequence.strong)
  const lead = read[0]!.lead
  if (lead === 0xef && read[0]!.decoded === '\ufeff') return true
  if (read.length > 1) {
    if (strong) return true
    // Two leads and two marks, each of which sound text may have: `É…É…`.
    return (read.length > 2 && !upper.test(before)) || (lower.test(before) && lower.test(after))
  }
  if (lead >= 0xe0) return strong
  if (lead <= 0xc3)
    return (strong && !upper.test(before)) || (strong && lower.test(after)) || isInside(before, after)
  if (lead <= 0xc5) return (lower.test(before) || lower.test(after)) && (strong || lower.test(before))
  return false
}

/** Not behind a capital, behind which a capital and a mark may stand: `AMANHÃ…`. */
function isInside(before: string, after: string): boolean {
  return !upper.test(before) && (lower.test(before) || lower.test(after) || /\d/.test(before))
}
