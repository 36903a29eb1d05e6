import { createProgress, formatDuration } from '../../runs/progress.ts'
import {
  train,
  type TrainerOptions,
  type TrainingProgress,
  type TrainingResult,
} from '../../train/trainer.ts'

/** Trains with a progress line on stderr. */
export async function trainShown(label: string, options: TrainerOptions): Promise<TrainingResult> {
  let progress: ReturnType<typeof createProgress> | undefined
  const onProgress = ({ step, totalSteps, loss, tokensPerSecond, measures }: TrainingProgress) => {
    // The end is known only once a time limit was turned into steps.
    if (progress === undefined && totalSteps < Number.MAX_SAFE_INTEGER) {
      progress = createProgress({ label, total: totalSteps, unit: 'steps', start: step - 1 })
    }
    const shown = Object.entries(measures).map(([name, value]) => [name, value.toFixed(3)])
    progress?.update(step, {
      ...(shown.length > 0 ? Object.fromEntries(shown) : { loss: loss.toFixed(3) }),
      'tokens/s': Math.round(tokensPerSecond),
    })
  }
  const result = await train({ ...options, onProgress })
  const done = result.interrupted ? 'saved after' : 'trained'
  progress?.finish(`${label}: ${done} ${result.step} steps in ${formatDuration(result.seconds)}`)
  // What was reached is saved; the caller is to stop, not to go on to the next stage.
  if (result.interrupted) options.signal?.throwIfAborted()
  return result
}
