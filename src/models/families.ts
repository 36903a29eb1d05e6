import { YuksuError } from '../errors.ts'
import { bart } from './bart.ts'
import { bert } from './bert.ts'
import { bloom } from './bloom.ts'
import { falcon } from './falcon.ts'
import type { ModelFamily } from './family.ts'
import { gpt2 } from './gpt2.ts'
import { gptneox } from './gptneox.ts'
import { llama } from './llama.ts'
import { mamba } from './mamba.ts'
import { t5 } from './t5.ts'
import { xlm } from './xlm.ts'

/** Every family there is; a new one is one file and one line here. */
export const families: readonly ModelFamily[] = [
  bart,
  bert,
  bloom,
  falcon,
  gpt2,
  gptneox,
  llama,
  mamba,
  t5,
  xlm,
]

/** The family that opens a checkpoint whose `config.json` has this `model_type`. */
export function familyOfType(modelType: unknown, source: string): ModelFamily {
  const family = families.find(({ modelTypes }) => modelTypes.includes(String(modelType)))
  if (family === undefined) {
    const known = families.flatMap(({ modelTypes }) => modelTypes).join(', ')
    throw new YuksuError(
      'model-family',
      `${source}: config.json says model_type ${JSON.stringify(modelType)}, which is not one of ${known}`,
    )
  }
  return family
}
