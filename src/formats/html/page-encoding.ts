import { isUtf8 } from 'node:buffer'
import { markOf } from '../encoding.ts'
import { decodeKorean } from '../korean-encoding.ts'

/**
 * The text of a page: as UTF-8 where it is valid, otherwise in the encoding that is declared, by whoever sent it or by the page
 * itself. Most pages that are in another encoding than they say are in UTF-8. Undefined where no encoding fits.
 */
export function decodePage(bytes: Uint8Array, declared?: string): string | undefined {
  const mark = markOf(bytes)
  const body = mark === undefined ? bytes : bytes.subarray(mark.length)
  if (mark !== undefined && mark.encoding !== 'utf-8') return new TextDecoder(mark.encoding).decode(body)
  const view = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (isUtf8(body)) return view.toString('utf8')
  const names = [declared, declaredIn(view.toString('latin1', 0, 4096))]
  for (const name of names) {
    const text = name === undefined ? undefined : decodeAs(body, name)
    if (text !== undefined) return text
  }
  return decodeKorean(body)
}

function declaredIn(start: string): string | undefined {
  return (
    /<meta[^>]{0,400}charset\s*=\s*["']?\s*([\w-]+)/i.exec(start)?.[1] ??
    /^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)/i.exec(start)?.[1]
  )
}

function decodeAs(bytes: Uint8Array, name: string): string | undefined {
  try {
    const decoder = new TextDecoder(name)
    if (decoder.encoding === 'euc-kr') return decodeKorean(bytes) ?? mostlyDecoded(decoder, bytes)
    return mostlyDecoded(decoder, bytes)
  } catch {
    return undefined
  }
}

/** A page with a few broken characters is read all the same, as browsers do. */
function mostlyDecoded(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  const text = decoder.decode(bytes)
  const broken = text.match(/\uFFFD/g)?.length ?? 0
  return broken * 100 <= text.length ? text : undefined
}
