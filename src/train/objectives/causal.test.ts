import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openModel } from '../../models/model.ts'
import { stepOptions } from '../testing.ts'
import { TrainingStep } from '../training-step.ts'
import { causal } from './causal.ts'
import type { Example } from './objective.ts'

const example = (length: number): Example => ({
  source: new Int32Array(0),
  target: Int32Array.from({ length }, (_, index) => 3 + ((index * 17) % 50)),
})

describe('the causal objective', () => {
  it.each(['llama', 'mistral', 'phi3-longrope'])(
    'gives %s for a text padded in a batch the loss of the text alone',
    async (name) => {
      // The short text is within the context that LongRoPE was trained on, the long one is not.
      const [short, long] = [example(4), example(12)]
      const model = await openModel(join(import.meta.dirname, '../../models/fixtures', name))
      const step = new TrainingStep(model, causal, { ...stepOptions, labelSmoothing: 0 })
      const together = await step.run([[short, long]], 1, 0)
      const apart = await step.run([[short], [long]], 1, 0)
      await step.release()
      expect(together.targetTokens).toBe(3 + 11)
      expect(Math.abs(together.loss - apart.loss)).toBeLessThan(1e-5)
      expect(Math.abs(together.gradientNorm - apart.gradientNorm)).toBeLessThan(1e-5)
    },
  )
})
