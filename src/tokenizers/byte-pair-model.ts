import { byteToCharacter } from './byte-alphabet.ts'
import type { Merge } from './merge-table.ts'
import { type ModelPartOf, UnknownPart } from './tokenizer-parts.ts'
import { byteTokenIds, textOf } from './unit-text.ts'
import { codePointAt } from './unicode-classes.ts'
import { writeUtf8 } from './utf8.ts'
import { WordMerger } from './word-merger.ts'
import type { WordModel } from './word-model.ts'

type BytePairPart = ModelPartOf<'BPE'>

/** Byte-pair encoding (Sennrich et al. 2016), over bytes as GPT-2 or over characters as Llama 2. */
export function bytePairModel(part: BytePairPart, bytes: boolean): WordModel {
  const ids = new Map(Object.entries(part.vocab))
  const merger = new WordMerger(readMerges(part, ids))
  return bytes ? byteModel(part, ids, merger) : characterModel(part, ids, merger)
}

/** Whether a vocabulary has every byte by itself, so that text can be encoded without its stand-in characters. */
export function hasAllBytes(part: BytePairPart): boolean {
  const marksPieces = Boolean(part.continuing_subword_prefix) || Boolean(part.end_of_word_suffix)
  return !marksPieces && byteToCharacter.every((character) => part.vocab[character] !== undefined)
}

/** The merges of a vocabulary as ids. */
export function readMerges(part: BytePairPart, ids: ReadonlyMap<string, number>): Merge[] {
  const prefix = part.continuing_subword_prefix?.length ?? 0
  return part.merges.map((merge) => {
    const at = typeof merge === 'string' ? merge.indexOf(' ') : 0
    const [left, right] = typeof merge === 'string' ? [merge.slice(0, at), merge.slice(at + 1)] : merge
    const triple = [ids.get(left), ids.get(right), ids.get(left + right.slice(prefix))]
    if (triple.includes(undefined)) {
      throw new UnknownPart(
        `its merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} is not all in the vocabulary`,
      )
    }
    return triple as [number, number, number]
  })
}

function byteModel(part: BytePairPart, ids: ReadonlyMap<string, number>, merger: WordMerger): WordModel {
  const idOfByte = Int32Array.from(byteToCharacter, (character) => ids.get(character)!)
  let bytes = new Uint8Array(192)
  const stands = (length: number): string => {
    let token = ''
    for (let i = 0; i < length; i++) token += byteToCharacter[bytes[i]!]!
    return token
  }
  return {
    encode(text, start, end, out) {
      if ((end - start) * 3 > bytes.length) bytes = new Uint8Array((end - start) * 6)
      const length = writeUtf8(text, start, end, bytes, 0)
      const whole = part.ignore_merges ? ids.get(stands(length)) : undefined
      if (whole !== undefined) {
        out.push(whole)
        return
      }
      merger.reserve(length)
      for (let i = 0; i < length; i++) merger.symbols[i] = idOfByte[bytes[i]!]!
      merger.merge(length, out)
    },
  }
}

/** Characters that are no tokens become the tokens of their bytes, or else the unknown token. */
function characterModel(part: BytePairPart, ids: ReadonlyMap<string, number>, merger: WordMerger): WordModel {
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, fuse_unk: fuses } = part
  const unknown = part.unk_token ? ids.get(part.unk_token) : undefined
  if (part.unk_token && unknown === undefined)
    throw new UnknownPart(`its unknown token ${part.unk_token} is not in the vocabulary`)
  const byteIds = part.byte_fallback ? byteTokenIds((token) => ids.get(token)) : []
  const bytes = new Uint8Array(4)
  const characters = new Map<number, number | undefined>()
  const plain = !prefix && !suffix
  const idOfCharacter = (
    text: Uint16Array,
    from: number,
    to: number,
    start: number,
    end: number,
  ): number | undefined => {
    const character = textOf(text, from, to)
    if (plain) return ids.get(character)
    return ids.get(`${from > start ? (prefix ?? '') : ''}${character}${to === end ? (suffix ?? '') : ''}`)
  }

  return {
    encode(text, start, end, out) {
      if (part.ignore_merges) {
        const whole = ids.get(textOf(text, start, end))
        if (whole !== undefined) {
          out.push(whole)
          return
        }
      }
      // A character can become the four tokens of its bytes.
      merger.reserve((end - start) * 4)
      const symbols = merger.symbols
      let length = 0
      let waiting = false
      for (let from = start; from < end;) {
        const codePoint = codePointAt(text, from, end)
        const to = from + (codePoint > 0xffff ? 2 : 1)
        let id: number | undefined
        if (plain) {
          id = characters.get(codePoint)
          if (id === undefined && !characters.has(codePoint)) {
            id = idOfCharacter(text, from, to, start, end)
            characters.set(codePoint, id)
          }
        } else id = idOfCharacter(text, from, to, start, end)
        if (id !== undefined) {
          if (waiting) symbols[length++] = unknown!
          waiting = false
          symbols[length++] = id
        } else if (part.byte_fallback && fallBack(text, from, to)) {
          // Written by fallBack.
        } else if (unknown !== undefined) {
          if (waiting && !fuses) symbols[length++] = unknown
          waiting = true
        }
        from = to
      }
      if (waiting) symbols[length++] = unknown!
      merger.merge(length, out)

      function fallBack(units: Uint16Array, from: number, to: number): boolean {
        const count = writeUtf8(units, from, to, bytes, 0)
        for (let i = 0; i < count; i++) if (byteIds[bytes[i]!] === undefined) return false
        for (let i = 0; i < count; i++) symbols[length++] = byteIds[bytes[i]!]!
        return true
      }
    },
  }
}
