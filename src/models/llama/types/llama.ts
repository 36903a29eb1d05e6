/** Llama 1 to 3.x (Touvron et al., 2023; Llama team, 2024), and those who publish under its name: Yi, SOLAR, 42dot. */
import { z } from 'zod'
import { parseWith } from '../../configuration.ts'
import { formatShared, readShared } from '../fields.ts'
import { llamaLayout } from '../layout.ts'
import type { ModelType } from './model-type.ts'

const schema = z.object({ attention_bias: z.boolean().default(false), mlp_bias: z.boolean().default(false) })

export const llamaType: ModelType = {
  modelType: 'llama',
  layout: llamaLayout,
  parse(json) {
    const { attention_bias: bias, mlp_bias: feedForwardBias } = parseWith(schema, json, 'Llama')
    return {
      ...readShared(json, 'llama', 'Llama', {
        maxPositions: 2048,
        normEpsilon: 1e-6,
        tokens: { bos: 1, eos: 2 },
      }),
      attentionBias: bias,
      attentionOutputBias: bias,
      feedForwardBias,
    }
  },
  format: (configuration) => ({
    ...formatShared(configuration),
    attention_bias: configuration.attentionBias,
    mlp_bias: configuration.feedForwardBias,
  }),
}
