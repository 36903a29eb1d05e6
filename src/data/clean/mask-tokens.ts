import { replaceCounted, type Changes } from './changes.ts'

/** A mark that stands for something said, between two number signs: `#Person1#`, `#PhoneNumber#`. */
export interface MaskToken {
  /** As it is written between the signs, without its number. */
  readonly name: string
  /** Whether a number follows the name. */
  readonly numbered?: boolean | undefined
  /** Other names that are the same token, such as translations of it. */
  readonly aliases?: readonly string[] | undefined
}

/** The marks of DialogSum, and what translators made of its speakers. */
export const dialogSumMasks: readonly MaskToken[] = [
  { name: 'Person', numbered: true, aliases: ['사람', '인물'] },
  { name: 'PhoneNumber' },
  { name: 'Email' },
  { name: 'Address' },
  { name: 'DateOfBirth' },
  { name: 'PassportNumber' },
  { name: 'SSN' },
  { name: 'CardNumber' },
  { name: 'CarNumber' },
]

/** Behind a token of one word: no letter unless those of a Korean particle, so that hashtags in a row stay. */
const particleOrEnd =
  '(?!\\w)(?!(?!(?:으?로|은|는|이|가|을|를|에|의|와|과|도|만|입니다|이에요|예요|이고|이야|야|라고|이라고|번)(?![가-힣]))[가-힣])'

/**
 * A function that writes damaged mask tokens as they should be: spaces or a wrong case inside (`# person 1 #`), full-width
 * signs (`＃Person1＃`), doubled ones, a translated name (`#사람1#`); a missing sign (`#Person1:`, `Person1#`) where the token is
 * numbered or its name of two words; and the colon behind a speaker at the start of a line (`#Person1# :안녕` →
 * `#Person1#: 안녕`). Kind `mask-token`.
 */
export function maskTokenRepair(masks: readonly MaskToken[]): (text: string, changes?: Changes) => string {
  const names = new Map<string, string>()
  for (const { name, aliases = [] } of masks)
    for (const written of [name, ...aliases]) names.set(simple(written), name)
  const numbered = alternatives(masks.filter((mask) => mask.numbered === true))
  const plain = alternatives(masks.filter((mask) => mask.numbered !== true))
  const numberedBody = numbered === undefined ? '(?!)' : `(?:${numbered})[ _-]?\\d{1,2}`
  const plainBody = plain === undefined ? '(?!)' : `(?:${plain})`
  const next = `(?! ?(?:${numberedBody}|${plainBody}))`
  // A sign apart from its name belongs to it only where nothing else claims it: `#Email #news` are two hashtags.
  const opening = '(?:[#＃]|(?<![\\w가-힣#＃])[#＃] )'
  const closing = `(?:[#＃]| [#＃](?![\\w가-힣])${next})`
  const both = new RegExp(
    `[#＃][#＃] ?(${numberedBody}) ?[#＃][#＃]${next}|${opening}(${numberedBody})${closing}|${opening}(${plainBody})${closing}${particleOrEnd}`,
    'gi',
  )
  // Without both signs only what is written exactly so can be told from a hashtag or an anchor.
  const exact = masks
    .flatMap(({ name, numbered: hasNumber }) =>
      hasNumber === true ? [`${literal(name)}\\d{1,2}`] : /[a-z][A-Z]/.test(name) ? [literal(name)] : [],
    )
    .join('|')
  const canonical = masks
    .map(({ name, numbered: n }) => literal(name) + (n === true ? '\\d{1,2}' : ''))
    .join('|')
  const closed = new RegExp(
    `(?:(?<![\\w/&=.#＃])|(?<=#(?:${canonical})#))(${exact || '(?!)'})[#＃](?![#＃])`,
    'g',
  )
  const opened = new RegExp(`(?<![\\w/&=.])[#＃](${exact || '(?!)'})(?![\\w#＃])`, 'g')
  const colon = new RegExp(`^([ \\t]*#(?:${canonical})#)[ \\t]*[:：][ \\t]*(?=(\\S?))`, 'gm')
  const sound = new RegExp(`#(?:${canonical})#(?:: (?=\\S)|(?![ \\t]*[:：]))`, 'y')
  const kind = 'mask-token'
  return (text, changes = {}) => {
    if (areAllSound(text, sound)) return text
    let result = replaceCounted(
      text,
      both,
      ([, doubled, single, word]) => {
        const written = (doubled ?? single ?? word)!
        const number = /\d*$/.exec(written)![0]
        const name = simple(written.slice(0, written.length - number.length))
        return `#${names.get(name) ?? written}${number}#`
      },
      changes,
      kind,
    )
    result = replaceCounted(result, closed, ([, name]) => `#${name}#`, changes, kind)
    result = replaceCounted(result, opened, ([, name]) => `#${name}#`, changes, kind)
    return replaceCounted(
      result,
      colon,
      ([, token, next]) => `${token}:${next === '' ? '' : ' '}`,
      changes,
      kind,
    )
  }
}

/** Whether every number sign of a text belongs to a token as it should be, as it is nearly always. */
function areAllSound(text: string, sound: RegExp): boolean {
  if (text.includes('＃')) return false
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', sound.lastIndex)) {
    sound.lastIndex = at
    if (!sound.test(text)) return false
  }
  return true
}

function alternatives(masks: readonly MaskToken[]): string | undefined {
  const written = masks.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  if (written.length === 0) return undefined
  return written
    .toSorted((a, b) => b.length - a.length)
    .map((name) =>
      name
        .split(/(?<=[a-z])(?=[A-Z])/)
        .map(literal)
        .join('[ _-]?'),
    )
    .join('|')
}

function simple(name: string): string {
  return name.replace(/[ _-]/g, '').toLowerCase()
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}
