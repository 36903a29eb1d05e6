// Pieces of a text file as UTF-8 (or EUC-KR) without a mark, and the encoding that was found.
import { detectEncoding, headLength, markOf, toUtf8 } from '../../formats/encoding.ts'
import type { TextEncoding } from '../../formats/encoding.ts'

export interface TextInput {
  readonly encoding: TextEncoding
  readonly pieces: AsyncGenerator<Uint8Array>
}

/** Looks at the first bytes; `undefined` where there are none. The pieces must be gone through to the end, or returned from. */
export async function textInput(
  pieces: AsyncGenerator<Uint8Array>,
  given?: TextEncoding,
): Promise<TextInput | undefined> {
  const first: Uint8Array[] = []
  let length = 0
  let ended = false
  let failure: { error: unknown } | undefined
  while (length < headLength && !ended) {
    try {
      const { value, done } = await pieces.next()
      if (done === true) ended = true
      else {
        first.push(value)
        length += value.length
      }
    } catch (error) {
      // What came before a damaged place is still to be read.
      failure = { error }
      ended = true
    }
  }
  if (length === 0 && failure) throw failure.error
  const start = Buffer.concat(first)
  const mark = markOf(start)
  const whole = ended && start.length <= headLength
  const encoding = given ?? mark?.encoding ?? detectEncoding(start.subarray(0, headLength), whole)
  const rest = start.subarray(mark?.encoding === encoding ? mark.length : 0)
  if (rest.length === 0 && !failure) return undefined
  async function* all() {
    try {
      yield rest
      if (failure) throw failure.error
      if (!ended) yield* pieces
    } finally {
      await pieces.return(undefined)
    }
  }
  const wide = encoding === 'utf-16le' || encoding === 'utf-16be'
  return { encoding, pieces: wide ? toUtf8(all(), encoding) : all() }
}
