export type ScheduleKind = 'linear' | 'cosine' | 'constant'

export interface Schedule {
  readonly kind: ScheduleKind
  /** The rate at the end of warm-up. */
  readonly peak: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/**
 * The learning rate of a step counted from 1: a linear rise to the peak over the warm-up, then constant, or a linear or
 * cosine fall to zero after the last step. The step after the last warm-up step has the peak, as in transformers.
 */
export function learningRate(schedule: Schedule, step: number): number {
  const { kind, peak, warmupSteps, totalSteps } = schedule
  const done = step - 1
  // The first step has a share of the peak too: a step of rate zero would be wasted.
  if (done < warmupSteps) return (peak * step) / (warmupSteps + 1)
  if (kind === 'constant') return peak
  const progress = Math.min(1, (done - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
  return peak * (kind === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2)
}
