/** How often each step of `normalizeText` changed a text. */
export interface NormalizationCounts {
  /** Texts looked at. */
  texts: number
  /** Not in Unicode normal form C, such as Korean typed on a Mac. */
  normalForm: number
  /** CRLF or CR line ends. */
  lineEnds: number
  /** Control characters other than tab and line feed, and byte order marks. */
  controlCharacters: number
  /** Spaces around the text or at the ends of its lines. */
  spaces: number
}

export function emptyNormalizationCounts(): NormalizationCounts {
  return { texts: 0, normalForm: 0, lineEnds: 0, controlCharacters: 0, spaces: 0 }
}

// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g

/**
 * One form of a text for training, scoring and serving: normal form C, `\n` line ends, no control characters, no spaces
 * at the ends of lines or around the text. Adds what it changed to `counts`. Applying it twice changes nothing.
 */
export function normalizeText(
  text: string,
  counts: NormalizationCounts = emptyNormalizationCounts(),
): string {
  counts.texts += 1
  const step = (kind: Exclude<keyof NormalizationCounts, 'texts'>, from: string, to: string): string => {
    if (from !== to) counts[kind] += 1
    return to
  }
  let result = step('lineEnds', text, text.replace(/\r\n?/g, '\n'))
  result = step('controlCharacters', result, result.replace(controlCharacters, ''))
  result = step('normalForm', result, result.normalize('NFC'))
  const lines = result.split('\n').map((line) => line.trimEnd())
  return step('spaces', result, lines.join('\n').trim())
}
