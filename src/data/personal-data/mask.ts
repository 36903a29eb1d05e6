import { findPersonalData, withoutOverlaps } from './find.ts'
import type { FindOptions } from './find.ts'
import { markNames } from './kinds.ts'
import type { Finding, PersonalDataKind } from './kinds.ts'

export interface MaskOptions extends FindOptions {
  /** What stands in place of a value; `{kind}` is replaced by the kind's name. */
  readonly template: string
  /** Names of kinds inside marks, where they differ from `markNames`. */
  readonly names: Readonly<Partial<Record<PersonalDataKind, string>>>
  /** Whether different values of a document get different marks: `#PhoneNumber1#`, `#PhoneNumber2#`. */
  readonly numbered: boolean
}

export interface MaskedTexts {
  readonly texts: readonly string[]
  /** Places masked, by kind; empty where nothing was found. */
  readonly counts: Readonly<Partial<Record<PersonalDataKind, number>>>
}

/** The mark of a kind: `#PhoneNumber#`, or with a number `#PhoneNumber2#`. */
export function markOf(
  kind: PersonalDataKind,
  options: Pick<MaskOptions, 'template' | 'names'>,
  number?: number,
): string {
  return options.template.replaceAll(
    '{kind}',
    () => `${options.names[kind] ?? markNames[kind]}${number ?? ''}`,
  )
}

// What is masked may have hidden something else (a second number after it), so a masked text is looked through again.
const rounds = 4

/**
 * Masks the personal data in the texts of one document, alike in all of them: what is found in one is masked where it stands
 * in another too, and with `numbered` the same value has the same number everywhere (telephone numbers by their digits, with or
 * without the country; e-mail addresses whatever their case), in the order of first appearance. Masking its own result changes
 * nothing.
 */
export function maskPersonalData(texts: readonly string[], options: MaskOptions): MaskedTexts {
  const counts: Partial<Record<PersonalDataKind, number>> = {}
  const numbers = new Map<string, number>()
  const last = new Map<string, number>()
  let masked = texts
  for (let round = 0; round < rounds; round++) {
    let found = masked.map((text) => findPersonalData(text, options))
    if (found.every((findings) => findings.length === 0)) break
    found = spread(masked, found)
    if (options.numbered && round === 0) readMarks(masked, options, last)
    const number = (text: string, { kind, start, end }: Finding): number | undefined => {
      if (!options.numbered) return undefined
      const name = markOf(kind, options)
      const key = `${name}\n${canonical(kind, text.slice(start, end))}`
      let value = numbers.get(key)
      if (value === undefined) {
        value = (last.get(name) ?? 0) + 1
        last.set(name, value)
        numbers.set(key, value)
      }
      return value
    }
    masked = masked.map((text, index) => {
      const findings = found[index]!
      if (findings.length === 0) return text
      let result = ''
      let from = 0
      for (const finding of findings) {
        counts[finding.kind] = (counts[finding.kind] ?? 0) + 1
        result += text.slice(from, finding.start) + markOf(finding.kind, options, number(text, finding))
        from = finding.end
      }
      return result + text.slice(from)
    })
  }
  return { texts: masked, counts }
}

/** The form of a value under which two spellings of it are the same. */
function canonical(kind: PersonalDataKind, value: string): string {
  if (kind === 'email') return value.replaceAll(' ', '').toLowerCase()
  if (kind === 'phone') {
    const digits = value.normalize('NFKC').replace(/\D/g, '')
    return digits === '' ? value : digits.replace(/^(?:00)?82(?=1|[2-7])0?/, '0')
  }
  if (kind === 'address') return value.replace(/\s+/g, ' ')
  return value
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase()
}

/** Adds to what was found the other places where the same values stand, by themselves, in any of the texts. */
function spread(texts: readonly string[], found: readonly Finding[][]): Finding[][] {
  // By length, so that a place is looked at once for each length and not once for each value.
  const values = new Map<number, Map<string, PersonalDataKind>>()
  for (const [index, findings] of found.entries()) {
    for (const { kind, start, end } of findings) {
      const length = end - start
      // Shorter ones may stand for anything elsewhere.
      if (length < 7) continue
      const alike = values.get(length) ?? new Map<string, PersonalDataKind>()
      values.set(length, alike.set(texts[index]!.slice(start, end), kind))
    }
  }
  return texts.map((text, index) => {
    const more: Finding[] = []
    for (const [length, alike] of values) {
      for (let at = 0; at + length <= text.length; at++) {
        if (isWordCode(text.charCodeAt(at - 1))) continue
        const kind = alike.get(text.slice(at, at + length))
        if (kind === undefined || touches(text, at - 1, -1) || touches(text, at + length, 1)) continue
        more.push({ kind, start: at, end: at + length })
      }
    }
    return more.length === 0 ? found[index]! : withoutOverlaps([...found[index]!, ...more])
  })
}

function isWordCode(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
  )
}

/** Whether what is next to a value (at `outside`, going by `step`) continues the word or number it ends with there. */
function touches(text: string, outside: number, step: 1 | -1): boolean {
  const [next, second] = [text[outside] ?? '', text[outside + step] ?? '']
  return /\w/.test(next) || (/[.-]/.test(next) && /\d/.test(second))
}

/** The highest numbers that marks in the texts already have, so that a new value gets another. */
function readMarks(texts: readonly string[], options: MaskOptions, last: Map<string, number>): void {
  for (const kind of options.kinds) {
    const name = markOf(kind, options)
    if (last.has(name)) continue
    const [before, after] = markOf(kind, options, 0).split(/0(?=\D*$)/) as [string, string]
    let highest = 0
    for (const text of texts) {
      for (let at = text.indexOf(before); at >= 0; at = text.indexOf(before, at + before.length)) {
        const digits = /^\d{1,9}/.exec(text.slice(at + before.length, at + before.length + 9))?.[0] ?? ''
        if (digits !== '' && text.startsWith(after, at + before.length + digits.length)) {
          highest = Math.max(highest, Number(digits))
        }
      }
    }
    last.set(name, highest)
  }
}
