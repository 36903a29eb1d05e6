import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

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

async function load(): Promise<(text: string) => string[]> {
  const { default: initialize, GaruWasm } = await import('garu-ko/pkg/garu_wasm.js')
  const { resolve } = createRequire(import.meta.url)
  // Not `Garu.load()`: it hands the module over in a deprecated way, and a warning appears.
  const [program, model] = await Promise.all(
    ['garu-ko/pkg/garu_wasm_bg.wasm', 'garu-ko/models/base.gmdl'].map((name) => readFile(resolve(name))),
  )
  await initialize({ module_or_path: new Uint8Array(program!) })
  const analyser = new GaruWasm(new Uint8Array(model!))
  return (text) => pieces(text).flatMap((piece): string[] => analyser.tokenize(piece))
}

let loaded: Promise<(text: string) => string[]> | undefined

/**
 * A function from Korean text in normal form C to its morphemes in order, punctuation included, as surface forms:
 * `학교에 간다.` is `학교`, `에`, `가`, `ㄴ다`, `.`. A sentence gives the same morphemes wherever it stands.
 * The analyser is garu-ko; it is loaded once (about 0.15 s).
 */
export function loadMorphemes(): Promise<(text: string) => string[]> {
  loaded ??= load()
  return loaded
}
