/**
 * Cuts a text that comes in pieces before the first stop sequence. What may be the beginning of one is held back, so no
 * part of a stop sequence is ever given out.
 */
export class StopFilter {
  private readonly sequences: readonly string[]
  private held = ''
  private found = false

  constructor(sequences: readonly string[] = []) {
    // Models write normal form C; a sequence typed on a Mac may be decomposed.
    this.sequences = [...new Set(sequences.flatMap((text) => [text, text.normalize('NFC')]))].filter(
      (text) => text !== '',
    )
  }

  /** True once a stop sequence came; nothing is given out any more. */
  get stopped(): boolean {
    return this.found
  }

  /** Takes a piece and gives the text that is certain now. */
  push(piece: string): string {
    if (this.found) return ''
    const text = this.held + piece
    const start = this.firstComplete(text)
    this.found = start !== undefined
    const certain = start ?? text.length - this.possibleStart(text)
    this.held = this.found ? '' : text.slice(certain)
    return text.slice(0, certain)
  }

  /** Ends the text and gives what was held back. */
  flush(): string {
    const rest = this.held
    this.held = ''
    return rest
  }

  /** Where the sequence begins that is complete first, the longest of those: so pieces make no difference. */
  private firstComplete(text: string): number | undefined {
    let first: { start: number; end: number } | undefined
    for (const sequence of this.sequences) {
      const start = text.indexOf(sequence)
      if (start < 0) continue
      const end = start + sequence.length
      if (first === undefined || end < first.end || (end === first.end && start < first.start))
        first = { start, end }
    }
    return first?.start
  }

  /** The length of the longest end of the text with which a stop sequence begins. */
  private possibleStart(text: string): number {
    let longest = 0
    for (const sequence of this.sequences) {
      for (let length = Math.min(sequence.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(sequence.slice(0, length))) longest = length
      }
    }
    return longest
  }
}
