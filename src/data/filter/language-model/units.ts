// What a language model reads as one word.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadMorphemes } from '../../../tokenizers/korean-morphemes.ts'
import { trainPieceBpe } from '../../../tokenizers/piece-bpe.ts'
import { createTokenizer } from '../../../tokenizers/tokenizer.ts'
import { readTokenizerFiles } from '../../../tokenizers/tokenizer-folder.ts'

export const unitKinds = ['words', 'spaced', 'characters', 'pieces', 'morphemes'] as const
export type UnitKind = (typeof unitKinds)[number]

export interface UnitOptions {
  /**
   * `words`: runs of letters and digits, other characters each by themselves. `spaced`: what stands between spaces, for text
   * that is cut already. `characters`: each character, which in Korean is a syllable. `pieces`: tokens of a BPE tokenizer
   * trained on the same text. `morphemes`: of Korean, by garu-ko. Default `words`.
   */
  readonly units?: UnitKind | undefined
  /** Whether text is read in lower case with every digit as 0, as CCNet does, so that fewer words are rare. Default false. */
  readonly simplify?: boolean | undefined
  /** Tokens of the tokenizer of `pieces`. Default 16,000. */
  readonly pieces?: number | undefined
}

/** Everything that decides how text is cut; plain JSON. */
export interface UnitSettings {
  readonly units: UnitKind
  readonly simplify: boolean
  /** `tokenizer.json` and its configuration, of `pieces`. */
  readonly tokenizer?: { readonly json: object; readonly config: Readonly<Record<string, unknown>> }
}

/** The units of one line; no unit holds white space. */
export type SplitUnits = (line: string) => string[]

/** Stands for a space where that is a unit, as in SentencePiece. */
const space = '▁'

export type Texts = () => Iterable<string> | AsyncIterable<string>

/** Settles how text is cut; for `pieces` a tokenizer is trained on the texts. */
export async function settleUnits(texts: Texts, options: UnitOptions): Promise<UnitSettings> {
  const { units = 'words', simplify = false, pieces = 16_000 } = options
  if (units !== 'pieces') return { units, simplify }
  const simplified = async function* () {
    for await (const text of texts()) yield simplify ? simplifyText(text) : text.normalize('NFC')
  }
  const trained = await trainPieceBpe(simplified(), { vocabularySize: pieces })
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-pieces-'))
  try {
    await trained.save(folder)
    return { units, simplify, tokenizer: await readTokenizerFiles(folder) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A function that cuts lines as the settings say. */
export async function createSplitter(settings: UnitSettings): Promise<SplitUnits> {
  const split = await rawSplitter(settings)
  const { simplify } = settings
  return (line) => split(simplify ? simplifyText(line) : line.normalize('NFC'))
}

async function rawSplitter({ units, tokenizer }: UnitSettings): Promise<SplitUnits> {
  if (units === 'words') return splitWords
  if (units === 'spaced') return (line) => line.split(/\s+/u).filter((word) => word !== '')
  if (units === 'characters')
    return (line) => [...line.trim()].map((unit) => (/\s/u.test(unit) ? space : unit))
  if (units === 'morphemes') {
    const morphemes = await loadMorphemes()
    return (line) => morphemes(line).map((unit) => unit.replaceAll(/\s/gu, space))
  }
  const { encode, idToToken } = createTokenizer(tokenizer!.json, tokenizer!.config)
  return (line) =>
    line.trim() === '' ? [] : encode(line).map((id) => idToToken(id)!.replaceAll(/\s/gu, space))
}

function simplifyText(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll(/\d/g, '0')
}

const kindOfUnit = { space: 0, letter: 1, other: 2, high: 3 } as const
let kinds: Uint8Array | undefined

function unitKindTable(): Uint8Array {
  const table = new Uint8Array(0x10000).fill(kindOfUnit.other)
  for (let unit = 0; unit < table.length; unit++) {
    const character = String.fromCharCode(unit)
    if (/\s/u.test(character)) table[unit] = kindOfUnit.space
    else if (/[\p{L}\p{M}\p{N}_]/u.test(character)) table[unit] = kindOfUnit.letter
    else if (unit >= 0xd800 && unit < 0xdc00) table[unit] = kindOfUnit.high
  }
  return table
}

/** Runs of letters, marks and digits; every other character but white space by itself. */
export function splitWords(line: string): string[] {
  const table = (kinds ??= unitKindTable())
  const words: string[] = []
  let start = -1
  for (let i = 0; i < line.length; i++) {
    const kind = table[line.charCodeAt(i)]!
    if (kind === kindOfUnit.letter) {
      if (start < 0) start = i
      continue
    }
    if (start >= 0) words.push(line.slice(start, i))
    start = -1
    if (kind === kindOfUnit.high) words.push(line.slice(i, ++i + 1))
    else if (kind === kindOfUnit.other) words.push(line[i]!)
  }
  if (start >= 0) words.push(line.slice(start))
  return words
}

/** The sentences of a text: its lines that are not blank. */
export function linesOf(text: string): string[] {
  return text.includes('\n')
    ? text.split('\n').filter((line) => line.trim() !== '')
    : text.trim() === ''
      ? []
      : [text]
}
