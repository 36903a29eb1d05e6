/** HTML or SVG that is ready to be written; made by `markup`, so that no text of a row gets in unescaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, nothing is left out, a list is joined. */
export type MarkupValue = Markup | string | number | undefined | readonly MarkupValue[]

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** What HTML may not hold, and marks that would turn the direction of what follows. */
const unwritable =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu

/** Text as HTML and XML show it as it is; control characters and halves of surrogate pairs are shown as U+FFFD. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => escapes[letter]!).replace(unwritable, '\ufffd')
}

/** A template of HTML or SVG: `markup\`<p>${text}</p>\`` escapes `text`. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(parts.map((part, index) => part + written(values[index])).join(''))
}

function written(value: MarkupValue): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(written).join('')
  return typeof value === 'number' ? String(value) : escapeMarkup(value)
}
