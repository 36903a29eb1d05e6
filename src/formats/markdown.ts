import { parseDocument } from 'yaml'

export interface MarkdownText {
  /** Of the front matter, as JSON can hold it. */
  readonly values: Readonly<Record<string, unknown>>
  /** Its first heading, where the front matter has no title; '' where there is none. */
  readonly title: string
  /** All below the front matter as it stands, code included. */
  readonly text: string
}

/** The front matter (YAML between lines of `---` at the start) and the text of a Markdown file. Matter that is no YAML stays text. */
export function readMarkdown(source: string): MarkdownText {
  const text = source.replace(/\r\n/g, '\n')
  const front = /^---[ \t]*\n([^]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  const values = front ? frontMatter(front[1]!) : undefined
  const body = (values === undefined ? text : text.slice(front![0].length)).replace(/^\n+|\s+$/g, '')
  const given = values?.title
  return { values: values ?? {}, title: typeof given === 'string' ? given : firstHeading(body), text: body }
}

function frontMatter(source: string): Record<string, unknown> | undefined {
  // Aliases could make a small text into a very large value.
  const document = parseDocument(source, { schema: 'core', logLevel: 'silent' })
  if (document.errors.length > 0) return undefined
  let values: unknown
  try {
    values = document.toJS({ maxAliasCount: 10 })
  } catch {
    return undefined
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return undefined
  return JSON.parse(JSON.stringify(values)) as Record<string, unknown>
}

function firstHeading(text: string): string {
  let fence: string | undefined
  let before = ''
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined
    else if (fence === undefined) {
      const heading = /^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line)?.[1]
      if (heading !== undefined) return heading
      if (/^ {0,3}=+[ \t]*$/.test(line) && before.trim() !== '') return before.trim()
    }
    before = line
  }
  return ''
}
