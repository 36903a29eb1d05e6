import { YuksuError } from '../errors.ts'
import { openSafetensorsFolder } from '../formats/safetensors.ts'
import { unnamedLabels } from './encoder-heads.ts'
import type { EncoderConfiguration, EncoderHead } from './family.ts'
import { familyOfType } from './families.ts'
import { Model, readConfiguration } from './model.ts'
import { checkpointConfiguration } from './stored-tensors.ts'

export interface HeadOptions {
  /** What a classifier is to tell apart, in the order of its numbers; by default the model's own, where it is one, or two without names. */
  readonly labels?: readonly string[]
  /** Where numbers of a new head come from; 0 by default. */
  readonly seed?: number
}

/**
 * Opens the folder of an encoder with another head than it has, to be taught: the body is read, and so is of the head what the file
 * holds. A classifier begins anew, from the seed, unless it told these very labels apart already; whatever else the head needs and the
 * file has not begins from the seed too. Throws YuksuError as `openModel` does, and where the model is no encoder or knows no such head.
 */
export async function openModelWithHead(
  folder: string,
  head: EncoderHead,
  { labels, seed = 0 }: HeadOptions = {},
): Promise<Model> {
  const json = await readConfiguration(folder)
  const family = familyOfType(json.model_type, folder)
  if (family.kind !== 'encoder') {
    throw new YuksuError(
      'no-encoder',
      `${folder} is a ${family.name} model, which has no other heads; open an encoder, such as BERT`,
    )
  }
  const file = await openSafetensorsFolder(folder)
  try {
    const own = (await checkpointConfiguration(family, json, file)) as EncoderConfiguration
    const told = labels ?? (isClassifier(own.head) ? own.labels : unnamedLabels(2))
    const configuration = family.withHead(own, head, told)
    const names = (of: typeof configuration) => family.parameters(of).map(({ name }) => name)
    const body = names(family.withHead(own, 'none', [])).filter((name) => !name.startsWith('pooler.'))
    const isBody = (name: string) => body.some((part) => name === part || name.endsWith(`.${part}`))
    const isSame = own.head === head && own.labels.join('\n') === told.join('\n')
    const before = new Set(names(own))
    const after = new Set(names(configuration))
    return await new Model(family, configuration).initialize(seed).read(file, folder, {
      anew: (name) => isClassifier(head) && !isSame && !isBody(name) && !name.includes('pooler.'),
      optional: (name) => !isBody(name),
      left: (name) => before.has(name) && !after.has(name) && !isBody(name),
    })
  } finally {
    await file.close()
  }
}

function isClassifier(head: EncoderHead): boolean {
  return head === 'sequence-classification' || head === 'token-classification'
}
