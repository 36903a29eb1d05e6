import { z } from 'zod'

/** C4's rules on lines: a line that breaks one is taken out, the rest of the text stays. */
export const lineRulesSchema = z.strictObject({
  terminalPunctuation: z
    .boolean()
    .describe('Keep only lines that end in a terminal mark or a quote; an ellipsis is none.'),
  minimumWords: z.int().min(0).describe('Keep only lines of so many words; 0 keeps all.'),
  maximumWordLength: z.int().min(0).describe('Take out lines with a word longer than this; 0 keeps all.'),
  scripts: z.boolean().describe('Take out lines that mention JavaScript.'),
  policies: z.boolean().describe('Take out lines on cookies, privacy and terms of use.'),
  citations: z.boolean().describe('Take citation marks such as `[12]` and `[edit]` out of lines.'),
})

export type LineRules = z.infer<typeof lineRulesSchema>

export interface FilteredLines {
  readonly text: string
  /** Lines taken out, by the rule's kind, and `citation` marks; empty where the text is as it was. */
  readonly changes: Readonly<Record<string, number>>
}

const policy =
  /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies|개인정보 ?(?:처리|취급) ?방침|이용 ?약관|쿠키(?:를|의)? ?사용/i
const script = /javascript|자바스크립트/i
const citation = /\[\d*\]|\[edit\]|\[citation needed\]|\[편집\]|\[출처 필요\]/g
// Korean web text often ends sentences by their last syllable alone.
const ending = /[.?!"'。！？”’다요죠까네]$/
const ellipsis = /(?:\.\.\.|…)$/

/**
 * Applies C4's line rules (Raffel et al. 2020, section 2.2; order as in its code and datatrove's C4QualityFilter), with Korean
 * notices beside the English ones. A kept line loses the spaces around it. Applying it twice changes nothing.
 */
export function filterLines(text: string, rules: LineRules): FilteredLines {
  const changes: Record<string, number> = {}
  const count = (kind: string, places = 1): void => {
    changes[kind] = (changes[kind] ?? 0) + places
  }
  const mentions = {
    policy: rules.policies && policy.test(text),
    script: rules.scripts && script.test(text),
    citation: rules.citations && text.includes('['),
  }
  const kept: string[] = []
  for (const whole of text.split('\n')) {
    let line = whole.trim()
    if (rules.maximumWordLength > 0 && hasLongWord(line, rules.maximumWordLength)) {
      count('long-word-line')
      continue
    }
    if (mentions.citation) {
      for (let before = ''; before !== line;) {
        before = line
        line = line.replace(citation, () => (count('citation'), '')).trim()
      }
    }
    const reason = brokenBy(line, rules, mentions)
    if (reason === undefined) kept.push(line)
    else if (whole.trim() !== '') count(reason)
  }
  if (Object.keys(changes).length === 0) return { text, changes }
  return { text: kept.join('\n').trim(), changes }
}

function brokenBy(
  line: string,
  rules: LineRules,
  mentions: { readonly policy: boolean; readonly script: boolean },
): string | undefined {
  if (rules.terminalPunctuation && (!ending.test(line) || ellipsis.test(line))) return 'unfinished-line'
  if (rules.minimumWords > 0 && !hasWords(line, rules.minimumWords)) return 'short-line'
  if (mentions.script && script.test(line)) return 'script-line'
  if (mentions.policy && policy.test(line)) return 'policy-line'
  return undefined
}

function hasLongWord(line: string, longest: number): boolean {
  if (line.length <= longest) return false
  return line.split(/\s+/).some((word) => word.length > longest && [...word].length > longest)
}

function hasWords(line: string, least: number): boolean {
  let words = 0
  let inside = false
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    const space = code === 32 || code === 9 || code === 0xa0 || code === 0x3000
    if (!space && !inside && ++words === least) return true
    inside = !space
  }
  return words >= least
}
