import { toByteAlphabet } from './byte-alphabet.ts'
import { charsmapNormalizer } from './charsmap.ts'
import { splitExpression } from './split-expression.ts'
import type { NormalizerPart, PatternPart } from './tokenizer-parts.ts'

/** Changes a text before it is cut into pre-tokens. */
export type Normalizer = (text: string) => string

/** The normalizers of `tokenizer.json` one after another, as the Rust library applies them. */
export function createNormalizer(parts: readonly NormalizerPart[]): Normalizer {
  const steps = parts.map(normalizerOf)
  if (steps.length === 1) return steps[0]!
  return (text) => steps.reduce((given, step) => step(given), text)
}

/** Replaces every match of a pattern; the new text is taken literally. */
export function replacer(pattern: PatternPart, content: string): Normalizer {
  if ('String' in pattern) return (text) => text.replaceAll(pattern.String, () => content)
  const expression = splitExpression(pattern.Regex)
  return (text) => text.replace(expression, () => content)
}

function normalizerOf(part: NormalizerPart): Normalizer {
  switch (part.type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(part.type)
    case 'Lowercase':
      return lowercased
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '')
    case 'Nmt':
      return nmt
    case 'ByteLevel':
      return toByteAlphabet
    case 'Strip':
      return (text) => stripped(text, part.strip_left, part.strip_right)
    case 'Prepend':
      return (text) => (text === '' ? '' : part.prepend + text)
    case 'Replace':
      return replacer(part.pattern, part.content)
    case 'Precompiled':
      return part.precompiled_charsmap === null
        ? (text) => text
        : charsmapNormalizer(part.precompiled_charsmap)
    case 'BertNormalizer':
      return bertNormalizer(part)
  }
}

/** Character by character: JavaScript's own gives a sigma at the end of a word another form. */
function lowercased(text: string): string {
  if (!text.includes('Σ')) return text.toLowerCase()
  return text
    .split('Σ')
    .map((part) => part.toLowerCase())
    .join('σ')
}

function stripped(text: string, left: boolean, right: boolean): string {
  const begun = left ? text.replace(/^\p{White_Space}+/u, '') : text
  if (!right) return begun
  let end = begun.length
  while (end > 0 && /\p{White_Space}/u.test(begun[end - 1]!)) end--
  return begun.slice(0, end)
}

/** Drops controls and reads odd spaces as plain ones, as the normalizer of Google's translation models. */
function nmt(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g, '')
      .replace(/[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g, ' ')
  )
}

const ideographs =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu

/** BERT's clean-up (https://github.com/google-research/bert, `BasicTokenizer`), as the Rust library has it. */
function bertNormalizer(part: Extract<NormalizerPart, { type: 'BertNormalizer' }>): Normalizer {
  const stripAccents = part.strip_accents ?? part.lowercase
  return (text) => {
    let clean = text
    if (part.clean_text) {
      clean = clean
        .replace(/[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/gu, '')
        .replace(/\p{White_Space}/gu, ' ')
    }
    if (part.handle_chinese_chars) clean = clean.replace(ideographs, ' $& ')
    if (stripAccents) clean = clean.normalize('NFD').replace(/\p{Mn}/gu, '')
    return part.lowercase ? lowercased(clean) : clean
  }
}
