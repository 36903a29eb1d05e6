import { adafactor } from '../train/optimizers/adafactor.ts'
import { adamw8Bit } from '../train/optimizers/adamw-8-bit.ts'
import { adamw } from '../train/optimizers/adamw.ts'
import { lion } from '../train/optimizers/lion.ts'
import { lookahead } from '../train/optimizers/lookahead.ts'
import type { Optimizer } from '../train/optimizers/optimizer.ts'
import { radam } from '../train/optimizers/radam.ts'
import { sgd } from '../train/optimizers/sgd.ts'
import type { ParameterGroup } from '../train/training-step.ts'
import type { Recipe } from './schema.ts'

/** The optimizer that a recipe's `train` section asks for. */
export function recipeOptimizer(settings: Recipe['train']): Optimizer {
  const { optimizer, weightDecay, adamBeta1: beta1, adamEpsilon: epsilon, momentum, nesterov } = settings
  // Lion's mean is kept for longer steps than the square's mean of Adam's kind.
  const beta2 = settings.adamBeta2 ?? (optimizer === 'lion' ? 0.99 : 0.999)
  const made: Record<typeof optimizer, () => Optimizer> = {
    adamw: () => adamw({ beta1, beta2, epsilon, weightDecay }),
    'adamw-8bit': () => adamw8Bit({ beta1, beta2, epsilon, weightDecay }),
    radam: () => radam({ beta1, beta2, epsilon, weightDecay }),
    lion: () => lion({ beta1, beta2, weightDecay }),
    sgd: () => sgd({ momentum, nesterov, weightDecay }),
    adafactor: () => adafactor({ weightDecay, scaleByParameter: settings.scaleByParameter }),
  }
  const inner = made[optimizer]()
  return settings.lookahead === undefined ? inner : lookahead(inner, settings.lookahead)
}

/** The groups of parameters that a recipe treats apart. */
export function recipeParameterGroups({ parameterGroups }: Recipe['train']): ParameterGroup[] {
  return parameterGroups.map(({ names, rateFactor, decays }) => ({
    names: new RegExp(names),
    rateFactor,
    ...(decays !== undefined && { decays }),
  }))
}
