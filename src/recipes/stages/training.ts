import { causal } from '../../train/objectives/causal.ts'
import type { Objective } from '../../train/objectives/objective.ts'
import { rDrop } from '../../train/objectives/r-drop.ts'
import { sequenceToSequence } from '../../train/objectives/sequence-to-sequence.ts'
import { ValidationLoss } from '../../train/validation-loss.ts'
import { splitHeldBack } from '../held-back.ts'
import type { Recipe } from '../schema.ts'
import { commonOptions, limits, optionsOnRows } from './shared-options.ts'
import type { Stage } from './stage.ts'

const objectives: Record<Recipe['train']['objective'], Objective> = {
  'sequence-to-sequence': sequenceToSequence,
  causal,
}

/** The stage that every recipe has: learns the rows. */
export const training: Stage = {
  name: 'training',
  async prepare(context) {
    const { recipe, model, validation } = context
    const settings = recipe.train
    const objective = objectives[settings.objective]
    const loss = new ValidationLoss(model, objective, validation.examples)
    return {
      label: 'training',
      options: {
        ...(await commonOptions(context, training.name)),
        ...limits(settings),
        objective: settings.rDrop === 0 ? objective : rDrop(objective, settings.rDrop),
        examples: splitHeldBack(context.examples, recipe).trained,
        learningRate: settings.learningRate,
        warmup: settings.warmupSteps ?? settings.warmupRatio ?? 0.05,
        loadBestModelAtEnd: settings.loadBestModelAtEnd,
        averageCheckpoints: settings.averageCheckpoints,
        ...(settings.earlyStoppingPatience !== undefined && {
          earlyStoppingPatience: settings.earlyStoppingPatience,
        }),
        ...optionsOnRows(context, loss),
      },
      memory: { batchSetting: 'train.maxTokensPerBatch', loss },
      release: () => loss.release(),
    }
  },
}
