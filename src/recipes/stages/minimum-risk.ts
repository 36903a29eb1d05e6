import { programPrecision } from '../../models/products.ts'
import { minimumRisk as objective } from '../../train/objectives/minimum-risk.ts'
import { sequenceToSequence } from '../../train/objectives/sequence-to-sequence.ts'
import { OwnAttempts } from '../../train/own-attempts.ts'
import { ValidationLoss } from '../../train/validation-loss.ts'
import { splitHeldBack } from '../held-back.ts'
import { rougeReward } from '../score-rows.ts'
import { commonOptions, limits, optionsOnRows } from './shared-options.ts'
import type { Stage } from './stage.ts'

/** Learns from the model's own attempts, judged by ROUGE against the written summaries. */
export const minimumRisk: Stage = {
  name: 'minimum-risk',
  async prepare(context) {
    const { recipe, model, tokenizer, validation } = context
    const settings = recipe.minimumRisk
    if (settings === undefined) return undefined
    const loss = new ValidationLoss(model, sequenceToSequence, validation.examples)
    const { noRepeatNgramSize: _, ...written } = context.generation
    const attempts = new OwnAttempts(model, tokenizer, {
      attempts: settings.attempts,
      temperature: settings.temperature,
      seed: recipe.seed,
      targetWeight: settings.targetWeight,
      generation: written,
      reward: await rougeReward(recipe, settings.reward),
      threads: 2,
      // What is learned from is what the model that learns would write.
      precision: programPrecision(recipe.train.products),
    })
    return {
      label: 'minimum risk',
      options: {
        ...(await commonOptions(context, minimumRisk.name)),
        ...limits(settings),
        objective,
        examples: splitHeldBack(context.examples, recipe).judged,
        labelSmoothing: 0,
        learningRate: settings.learningRate,
        warmup: settings.warmupSteps,
        maxTokensPerBatch: settings.maxTokensPerBatch,
        loadBestModelAtEnd: false,
        averageCheckpoints: 0,
        prepare: (batch, step) => attempts.prepare(batch, step),
        ...optionsOnRows(context, loss),
      },
      memory: {
        batchSetting: 'minimumRisk.maxTokensPerBatch',
        loss,
        rowsPerSource: settings.attempts + (settings.targetWeight > 0 ? 1 : 0),
      },
      async release() {
        await attempts.release()
        await loss.release()
      },
    }
  },
}
