/**
 * The object that `text` holds, its keys in normal form C, or one line saying why there is none. A lone
 * surrogate (half a character, as a cut-off emoji leaves it) is an error: no UTF-8 file could hold it.
 */
export function parseJsonRow(text: string): { values: Record<string, unknown> } | { error: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : 'unreadable'
    return { error: `the row is not valid JSON: ${reason}` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
    return { error: `the row is ${kind}, expected an object of named values` }
  }
  // Only an escape can bring a lone surrogate into a decoded text.
  if (/\\ud[89a-f]/i.test(text) && holdsLoneSurrogate(value)) {
    return { error: 'the row holds half a character (a lone surrogate escape); remove it' }
  }
  return normalizeKeys(value as Record<string, unknown>)
}

function normalizeKeys(values: Record<string, unknown>): ReturnType<typeof parseJsonRow> {
  const keys = Object.keys(values)
  const names = keys.map((key) => key.normalize('NFC'))
  if (names.every((name, i) => name === keys[i])) return { values }
  if (new Set(names).size < names.length)
    return { error: 'two keys of the row differ only in their Unicode normal form' }
  return { values: Object.fromEntries(keys.map((key, i) => [names[i]!, values[key]])) }
}

/** `JSON.stringify` escapes lone surrogates and nothing else of that range. */
function holdsLoneSurrogate(value: unknown): boolean {
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value))
}
