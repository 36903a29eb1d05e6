// Which script a UTF-16 unit belongs to, by one table, so that counting the scripts of a text costs a look-up a unit.

/** Scripts that are counted; the first entries are no letters. */
export const scriptNames = [
  'other',
  'space',
  'digit',
  'sign',
  'code',
  'mark',
  'latin',
  'hangul',
  'kana',
  'han',
  'cyrillic',
  'greek',
  'arabic',
  'hebrew',
  'devanagari',
  'thai',
  'georgian',
  'armenian',
  'bengali',
  'gurmukhi',
  'gujarati',
  'tamil',
  'telugu',
  'kannada',
  'malayalam',
  'sinhala',
  'lao',
  'tibetan',
  'burmese',
  'khmer',
  'ethiopic',
] as const

export type Script = (typeof scriptNames)[number]

export const scriptCode = Object.fromEntries(scriptNames.map((name, code) => [name, code])) as Readonly<
  Record<Script, number>
>

export const firstLetterScript = scriptCode.latin

/** Inclusive ranges of UTF-16 units; a later line overrides an earlier one. */
const ranges: readonly (readonly [Script, string])[] = [
  ['other', '\u2000-\u206f\ufe00-\ufe0f'],
  [
    'sign',
    '!-/:-@[-`{-~\u00a1-\u00bf\u00d7-\u00d7\u00f7-\u00f7\u2010-\u2027\u2030-\u205e\u3001-\u303f\uff01-\uff0f\uff1a-\uff20',
  ],
  ['code', '{-}[-[]-]=-=;-;_-_\\-\\+-+^-^'],
  ['space', '\t-\r -\u0020\u00a0-\u00a0\u2000-\u200a\u2028-\u2029\u3000-\u3000\ufeff-\ufeff'],
  ['digit', '0-9\uff10-\uff19'],
  ['mark', '\u0300-\u036f'],
  [
    'latin',
    'A-Za-z\u00aa-\u00aa\u00ba-\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a',
  ],
  ['hangul', '\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa0-\uffdc'],
  ['kana', '\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d'],
  // The high surrogates of the supplementary ideographs stand for the pair.
  ['han', '\u3005-\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ud840-\ud888'],
  ['cyrillic', '\u0400-\u052f'],
  ['greek', '\u0370-\u03ff\u1f00-\u1fff'],
  ['arabic', '\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc'],
  ['hebrew', '\u05d0-\u05ea'],
  ['devanagari', '\u0900-\u0963\u0971-\u097f'],
  ['thai', '\u0e01-\u0e3a\u0e40-\u0e4e'],
  ['georgian', '\u10a0-\u10ff'],
  ['armenian', '\u0531-\u0587'],
  ['bengali', '\u0980-\u09e3'],
  ['gurmukhi', '\u0a01-\u0a5e'],
  ['gujarati', '\u0a81-\u0ae3'],
  ['tamil', '\u0b82-\u0bd7'],
  ['telugu', '\u0c00-\u0c63'],
  ['kannada', '\u0c80-\u0ce3'],
  ['malayalam', '\u0d00-\u0d63'],
  ['sinhala', '\u0d81-\u0df3'],
  ['lao', '\u0e81-\u0edf'],
  ['tibetan', '\u0f00-\u0fbc'],
  ['burmese', '\u1000-\u109f'],
  ['khmer', '\u1780-\u17d3'],
  ['ethiopic', '\u1200-\u137f'],
]

function buildTable(): Uint8Array {
  const table = new Uint8Array(0x10000)
  for (const [script, units] of ranges) {
    for (let i = 0; i < units.length; i += 3) {
      table.fill(scriptCode[script], units.charCodeAt(i), units.charCodeAt(i + 2) + 1)
    }
  }
  return table
}

let table: Uint8Array | undefined

/** The script of each UTF-16 unit, as an index of `scriptNames`; made at the first call. */
export function scriptTable(): Uint8Array {
  return (table ??= buildTable())
}
