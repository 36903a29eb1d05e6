import { particlesFor } from './rename-korean.ts'
import { isMark } from './speakers.ts'

/** Texts with names exchanged, and how often; undefined where that cannot be done without a guess. */
export type Renamed = { readonly texts: readonly string[]; readonly count: number } | undefined

const letter = /[\p{L}\p{M}\p{N}_]/u
const hangulRun = /^[가-힣]+/u

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/**
 * Exchanges names in all texts at once by `renames`, a permutation of the speakers. A name counts as a whole word; Korean particles after
 * it take the form that the new name wants. Undefined, so that nothing is silently wrong, where a name may stand for something else or
 * under another form: as part of another word (`민수산`), as one half (`Mary` of `Mary Smith`, 민수 of 김민수), or a mark that is damaged
 * (`#Person1`, `Person1`, `#사람1#`).
 */
export function renameSpeakers(texts: readonly string[], renames: ReadonlyMap<string, string>): Renamed {
  const names = [...renames.keys()].sort((first, second) => second.length - first.length)
  if (names.some((name) => !isMark(name) && isOtherwiseNamed(name, names, texts))) return undefined
  if (names.some((name) => isMark(name) && isDamaged(name, texts))) return undefined
  const pattern = new RegExp(names.map(escaped).join('|'), 'gu')
  let count = 0
  const renamed: string[] = []
  for (const text of texts) {
    let result = ''
    let end = 0
    for (const match of text.matchAll(pattern)) {
      const [name] = match
      const to = renames.get(name)!
      const after = match.index + name.length
      if (!isMark(name) && !standsAlone(text, match.index, after)) return undefined
      const run = hangulRun.exec(text.slice(after, after + 40))?.[0] ?? ''
      const rest = text.slice(after + run.length, after + run.length + 10)
      const changed = particlesFor(
        name,
        to,
        run,
        text.slice(Math.max(0, match.index - 20), match.index),
        rest,
      )
      // After a mark nothing can be part of its name, so what is no particle is left as it is.
      if (changed === undefined && !isMark(name)) return undefined
      result += text.slice(end, match.index) + to + (changed ?? run)
      end = after + run.length
      count++
    }
    renamed.push(result + text.slice(end))
  }
  return { texts: renamed, count }
}

/** A name of letters must not go on as another word; Hangul may follow, which `particlesFor` judges. */
function standsAlone(text: string, start: number, end: number): boolean {
  if (start > 0 && letter.test(text[start - 1]!)) return false
  const next = text[end]
  return next === undefined || /[가-힣]/u.test(next) || !letter.test(next)
}

/** Whether a part of a name stands somewhere by itself. */
function isOtherwiseNamed(name: string, names: readonly string[], texts: readonly string[]): boolean {
  const parts = name.split(/\s+/u)
  if (/^[가-힣]{3}$/u.test(name)) parts.push(name.slice(1))
  return parts.some((part) => {
    if (part === name || part.length < 2 || /^(?:mr|mrs|ms|dr|miss|prof)\.?$/iu.test(part)) return false
    return texts.some((text) => {
      let rest = text
      for (const full of names) rest = rest.replaceAll(full, '\n')
      return new RegExp(`(?<![\\p{L}\\p{N}])${escaped(part)}`, 'u').test(rest)
    })
  })
}

/** Whether the number of a mark such as `#Person1#` is also written in another way. */
function isDamaged(mark: string, texts: readonly string[]): boolean {
  const parts = /^#(\D+?)(\d+)#$/u.exec(mark)
  if (parts === null) return false
  const [, word, number] = parts
  const other = new RegExp(`${escaped(word!)}\\s*${number}(?!\\d)|#[^\\s#\\d]+${number}#`, 'iu')
  return texts.some((text) => other.test(text.replaceAll(mark, '\n')))
}
