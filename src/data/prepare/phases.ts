import type { StepDefinition } from '../step.ts'

/** A phase of a preparation, by the indices of its steps. */
export type Phase =
  | { readonly kind: 'rows'; readonly steps: readonly number[]; readonly isLast: boolean }
  | { readonly kind: 'corpus'; readonly step: number }

/** Consecutive row steps are one phase, a corpus step is one of its own; the first reads sources and the last writes outputs. */
export function planPhases(kinds: readonly StepDefinition['kind'][]): Phase[] {
  const phases: Phase[] = []
  let rows: number[] = []
  for (const [index, kind] of kinds.entries()) {
    if (kind === 'row') rows.push(index)
    else {
      // Sources are read by a phase of rows, be it without steps.
      if (rows.length > 0 || phases.length === 0) phases.push({ kind: 'rows', steps: rows, isLast: false })
      phases.push({ kind: 'corpus', step: index })
      rows = []
    }
  }
  return [...phases, { kind: 'rows', steps: rows, isLast: true }]
}
