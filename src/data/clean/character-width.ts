import { replaceCounted, type Changes } from './changes.ts'

/** Half-width jamo and katakana with the voicing marks behind them, full-width letters and digits. */
const always = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]|[\uff66-\uff9d][\uff9e\uff9f]?|[\uffa1-\uffdc]/g
const punctuation = /[\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff5e]/g
/** Chinese and Japanese: their punctuation is full width by right. */
const eastAsian = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/

/**
 * Full-width Latin letters and digits (`ＡＢＣ`) and half-width jamo and katakana (`ﾊﾝｸﾞﾙ`) in their ordinary width, by
 * compatibility composition (normal form KC) of these alone; full-width punctuation too, unless the text holds Chinese
 * characters or kana. Kind `width`.
 */
export function unifyWidth(text: string, changes: Changes = {}): string {
  const ordinary = ([match]: readonly string[]) => match!.normalize('NFKC')
  const result = replaceCounted(text, always, keyboardWidth, changes, 'width')
  return eastAsian.test(result) ? result : replaceCounted(result, punctuation, ordinary, changes, 'width')
}

/** Normal form KC makes conjoining jamo of half-width ones; what was typed is the letter of a keyboard. */
function keyboardWidth([match]: readonly string[]): string {
  const code = match!.charCodeAt(0)
  if (code < 0xffa1) return match!.normalize('NFKC')
  return halfWidthJamo.get(code) ?? match!
}

const halfWidthJamo = new Map<number, string>(
  (
    [
      [0xffa1, 0x3131, 30],
      [0xffc2, 0x314f, 6],
      [0xffca, 0x3155, 6],
      [0xffd2, 0x315b, 6],
      [0xffda, 0x3161, 3],
    ] as const
  ).flatMap(([from, to, count]) =>
    Array.from({ length: count }, (_, index) => [from + index, String.fromCharCode(to + index)] as const),
  ),
)
