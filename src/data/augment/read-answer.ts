/** Why an answer makes no row. `reason` is for the counts; `detail` holds no words of the row. */
export class AnswerFailure extends Error {
  readonly reason: string
  readonly detail: string | undefined

  constructor(reason: string, detail?: string) {
    super(detail === undefined ? reason : `${reason}: ${detail}`)
    this.name = 'AnswerFailure'
    this.reason = reason
    this.detail = detail
  }
}

/** What models that think aloud write before they answer. */
const thoughts = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/

function withoutThoughts(text: string): string {
  return text.replace(thoughts, '')
}

/**
 * What stands between `<tag>` and `</tag>` in an answer, by tag, in normal form C and without spaces at its ends. Each tag must open and close
 * exactly once and none within another; words around them are no part of the answer. Throws `AnswerFailure` `malformed`, and
 * `empty` where nothing stands between tags other than those of `mayBeEmpty`.
 */
export function readTags<Tag extends string>(
  text: string,
  tags: readonly Tag[],
  mayBeEmpty: readonly Tag[] = [],
): Record<Tag, string> {
  const answer = withoutThoughts(text)
  const found: Partial<Record<Tag, string>> = {}
  const spans: [number, number][] = []
  for (const tag of tags) {
    const opens = answer.split(`<${tag}>`).length - 1
    const closes = answer.split(`</${tag}>`).length - 1
    const start = answer.indexOf(`<${tag}>`)
    const end = answer.indexOf(`</${tag}>`)
    if (opens !== 1 || closes !== 1 || end < start) {
      throw new AnswerFailure('malformed', `<${tag}> opens ${opens} times and closes ${closes} times`)
    }
    if (spans.some(([from, to]) => start < to && end > from)) {
      throw new AnswerFailure('malformed', `<${tag}> and another stand within each other`)
    }
    spans.push([start, end])
    const value = answer
      .slice(start + tag.length + 2, end)
      .normalize('NFC')
      .trim()
    if (value === '' && !mayBeEmpty.includes(tag)) throw new AnswerFailure('empty', `nothing in <${tag}>`)
    found[tag] = value
  }
  return found as Record<Tag, string>
}

/** What stands between `<tag>` and `</tag>`, each time. Throws `AnswerFailure` `malformed` where there is none or one is not closed. */
export function readTagList(text: string, tag: string): string[] {
  const answer = withoutThoughts(text)
  const opens = answer.split(`<${tag}>`).length - 1
  const closes = answer.split(`</${tag}>`).length - 1
  const values = [...answer.matchAll(new RegExp(`<${tag}>((?:(?!</?${tag}>)[\\s\\S])*)</${tag}>`, 'g'))]
  if (opens === 0 || opens !== closes || values.length !== opens) {
    throw new AnswerFailure('malformed', `<${tag}> opens ${opens} times and closes ${closes} times`)
  }
  return values.map((match) => match[1]!.normalize('NFC').trim()).filter((value) => value !== '')
}
