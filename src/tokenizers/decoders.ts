/** Tokens back to text, as the Rust library's decoders do. */
import { tokenBytes } from './byte-alphabet.ts'
import { replacer } from './normalizers.ts'
import type { DecoderPart } from './tokenizer-parts.ts'

/** Changes a list of tokens into another, of which the text is the sum. */
type Step = (tokens: readonly string[]) => string[]

/** The text of tokens; without decoders they are joined by spaces, as the reference does. */
export function createDecoder(parts: readonly DecoderPart[]): (tokens: readonly string[]) => string {
  if (parts.length === 0) return (tokens) => tokens.join(' ')
  const steps = parts.map(stepOf)
  return (tokens) => steps.reduce<readonly string[]>((given, step) => step(given), tokens).join('')
}

function stepOf(part: DecoderPart): Step {
  switch (part.type) {
    case 'ByteLevel':
      return byteLevel
    case 'Metaspace': {
      const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always')
      return (tokens) =>
        tokens.map((token, place) =>
          token.replaceAll(part.replacement, place === 0 && scheme !== 'never' ? '' : ' '),
        )
    }
    case 'WordPiece':
      return (tokens) =>
        tokens.map((token, place) => {
          const goesOn = token.startsWith(part.prefix)
          const spaced = place === 0 ? token : goesOn ? token.slice(part.prefix.length) : ` ${token}`
          return part.cleanup ? cleanUp(spaced) : spaced
        })
    case 'BPEDecoder':
      return (tokens) =>
        tokens.map((token, place) => token.replaceAll(part.suffix, place === tokens.length - 1 ? '' : ' '))
    case 'CTC':
      return (tokens) =>
        tokens.flatMap((token, place) => {
          if (token === tokens[place - 1]) return []
          const bare = token.replaceAll(part.pad_token, '')
          const clean = part.cleanup ? cleanUp(bare).replaceAll(part.word_delimiter_token, ' ') : bare
          return clean === '' ? [] : [clean]
        })
    case 'ByteFallback':
      return byteFallback
    case 'Fuse':
      return (tokens) => [tokens.join('')]
    case 'Strip':
      return (tokens) => tokens.map((token) => stripped(token, part.content, part.start, part.stop))
    case 'Replace': {
      const replace = replacer(part.pattern, part.content)
      return (tokens) => tokens.map(replace)
    }
  }
}

/** A token that is not in the byte alphabet is its own text. */
function byteLevel(tokens: readonly string[]): string[] {
  return [Buffer.concat(tokens.map((token) => tokenBytes(token) ?? Buffer.from(token))).toString('utf8')]
}

/** Runs of `<0x41>` and its like become characters; bytes that make none, U+FFFD each. */
function byteFallback(tokens: readonly string[]): string[] {
  const out: string[] = []
  let bytes: number[] = []
  const flush = () => {
    const text = Buffer.from(bytes).toString('utf8')
    if (Buffer.from(text).equals(Buffer.from(bytes))) out.push(text)
    else out.push(...bytes.map(() => '\ufffd'))
    bytes = []
  }
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1]
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16))
    else {
      if (bytes.length > 0) flush()
      out.push(token)
    }
  }
  if (bytes.length > 0) flush()
  return out
}

function stripped(token: string, content: string, start: number, stop: number): string {
  let text = token
  for (let count = 0; count < start && text.startsWith(content); count++) text = text.slice(content.length)
  for (let count = 0; count < stop && text.endsWith(content); count++) text = text.slice(0, -content.length)
  return text
}

function cleanUp(text: string): string {
  return tidySpaces(text.replaceAll(' do not', " don't"))
}

/** Takes out the spaces that English does not write, as `clean_up_tokenization_spaces` asks. */
export function tidySpaces(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re")
}
