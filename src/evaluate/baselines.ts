/**
 * Summaries that need no model. A summariser that does not beat them has learned nothing.
 * A dialogue is one string with a turn a line; blank lines are no turns.
 */
function turns(dialogue: string): string[] {
  return dialogue
    .split(/\r\n|\r|\n/)
    .map((turn) => turn.trim())
    .filter((turn) => turn !== '')
}

/** LEAD-n: the first `count` turns, a turn a line; all of them where there are fewer. */
export function leadBaseline(dialogue: string, count = 3): string {
  return turns(dialogue).slice(0, count).join('\n')
}

/** LONGEST: the longest turn by characters, the first of several; empty for an empty dialogue. */
export function longestBaseline(dialogue: string): string {
  // The same length in either Unicode normal form.
  const length = (turn: string) => turn.normalize('NFC').length
  return turns(dialogue).reduce((longest, turn) => (length(turn) > length(longest) ? turn : longest), '')
}
