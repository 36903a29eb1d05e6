import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { GaruWasm } from 'garu-ko/pkg/garu_wasm.js'

/** The analyser's time grows with the square of the length, so a text goes in by sentences of at most this. */
const longestPiece = 200

const sentenceEnd = /(?<=[.!?。？！])\s+/u

/** Sentences; a longer one is cut at a space where it has one, otherwise anywhere between characters. */
function pieces(text: string): string[] {
  const found: string[] = []
  for (const sentence of text.split(sentenceEnd)) {
    let rest = sentence.trim()
    while (rest.length > longestPiece) {
      const space = rest.lastIndexOf(' ', longestPiece)
      let end = space > 0 ? space : longestPiece
      if (rest.codePointAt(end - 1)! > 0xffff) end--
      found.push(rest.slice(0, end))
      rest = rest.slice(end).trimStart()
    }
    if (rest !== '') found.push(rest)
  }
  return found
}

interface Analysis {
  readonly tokens: readonly { readonly text: string; readonly pos: string }[]
}

async function load(): Promise<GaruWasm> {
  const { default: initialize, GaruWasm } = await import('garu-ko/pkg/garu_wasm.js')
  const { resolve } = createRequire(import.meta.url)
  // Not `Garu.load()`: it hands the module over in a deprecated way, and a warning appears.
  const [program, model] = await Promise.all(
    ['garu-ko/pkg/garu_wasm_bg.wasm', 'garu-ko/models/base.gmdl'].map((name) => readFile(resolve(name))),
  )
  await initialize({ module_or_path: new Uint8Array(program!) })
  return new GaruWasm(new Uint8Array(model!))
}

let loaded: Promise<GaruWasm> | undefined

/**
 * A function from Korean text in normal form C to its morphemes in order, punctuation included, as surface forms:
 * `학교에 간다.` is `학교`, `에`, `가`, `ㄴ다`, `.`. A sentence gives the same morphemes wherever it stands.
 * The analyser is garu-ko; it is loaded once (about 0.15 s).
 */
export async function loadMorphemes(): Promise<(text: string) => string[]> {
  const analyser = await (loaded ??= load())
  return (text) => pieces(text).flatMap((piece): string[] => analyser.tokenize(piece))
}

/** A morpheme with its part of speech in the Sejong tag set, such as `NNG` or `EF`. */
export interface TaggedMorpheme {
  readonly form: string
  readonly tag: string
}

/**
 * A function from Korean text in normal form C to its morphemes with their parts of speech: `학교에 간다` is `학교` NNG, `에` JKB,
 * `가` VV, `ㄴ다` EF. The same analyser.
 */
export async function loadTaggedMorphemes(): Promise<(text: string) => TaggedMorpheme[]> {
  const analyser = await (loaded ??= load())
  return (text) =>
    pieces(text).flatMap((piece) =>
      (analyser.analyze(piece) as Analysis).tokens.map(({ text: form, pos }) => ({ form, tag: pos })),
    )
}

/** The analyser takes lone jamo (`ㅋ`, `ㅠ`) for nouns. */
const holdsSyllable = /[가-힣]/

/**
 * A function from Korean text in normal form C to its common and proper nouns in order (NNG and NNP of the Sejong
 * tag set): `배우들의 연기도 최고` is `배우`, `연기`, `최고`. Words of other scripts are none. The same analyser.
 */
export async function loadNouns(): Promise<(text: string) => string[]> {
  const analyser = await (loaded ??= load())
  return (text) =>
    pieces(text).flatMap((piece) =>
      (analyser.analyze(piece) as Analysis).tokens
        .filter(({ text: form, pos }) => (pos === 'NNG' || pos === 'NNP') && holdsSyllable.test(form))
        .map(({ text: form }) => form),
    )
}
