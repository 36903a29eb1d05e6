/** Turns token ids into text as they come, never handing out part of a character. */
export interface DecodeStream {
  /** Takes one id and returns the text that is certain now; often empty in the middle of a syllable or an emoji. */
  push(id: number): string
  /** Ends the text: what is left becomes text, an unfinished character U+FFFD. The stream can be used again. */
  flush(): string
}

/** What one id stands for: bytes that may be part of a character, whole text, or nothing. */
export type TokenContent = Uint8Array | string | undefined

/** A stream for byte-level vocabularies: bytes wait until they make whole characters. */
export function byteDecodeStream(contentOf: (id: number) => TokenContent): DecodeStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return {
    push(id) {
      const content = contentOf(id)
      if (content === undefined) return ''
      if (typeof content === 'string') return decoder.decode() + content
      return decoder.decode(content, { stream: true })
    },
    flush: () => decoder.decode(),
  }
}

/**
 * A stream for any other decoder: the text of the ids so far, less what was given out. Text that ends in U+FFFD may be an
 * unfinished character and waits. Ids are dropped once their text is out, all but the last piece, which decides spacing.
 */
export function textDecodeStream(decode: (ids: readonly number[]) => string): DecodeStream {
  let context: number[] = []
  let waiting: number[] = []
  const pending = (): string => decode([...context, ...waiting]).slice(decode(context).length)
  return {
    push(id) {
      waiting.push(id)
      const text = pending()
      if (text === '' || text.endsWith('\ufffd')) return ''
      context = waiting
      waiting = []
      return text
    },
    flush() {
      const text = pending()
      context = []
      waiting = []
      return text
    },
  }
}
