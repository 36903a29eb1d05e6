import { reshape } from '../../engine/ops/reshape.ts'
import { floats, integers, type HostTensor } from '../../engine/session.ts'
import { input, type Tensor } from '../../engine/tensor.ts'
import { YuksuError } from '../../errors.ts'
import { encoderRows } from '../../models/encoder-pass.ts'
import type { EncoderConfiguration, EncoderFamily, EncoderHead, Encoding } from '../../models/family.ts'
import { paddingMask } from '../../models/masks.ts'
import type { Model } from '../../models/model.ts'
import { tokenLoss } from '../token-loss.ts'
import { longest, type BatchShape, type CollatedBatch, type Example, type Objective } from './objective.ts'

/*
 * What the objectives of an encoder share: rows that are read both ways, and for each a target of as many places as the head says something of,
 * every token or the whole row.
 */

/** The target of a token of which nothing is to be learned. */
export const notLearned = -100

interface EncoderTask {
  readonly name: string
  /** The heads that it teaches. */
  readonly heads: readonly EncoderHead[]
  /** What the head says, `[batch, places, classes]`. */
  readonly logits: (encoding: Encoding) => Tensor
  /** Whether there is a target for each token of the source, or one for all of it. */
  readonly ofTokens: boolean
  readonly targetOf: (example: Example, classes: number) => ArrayLike<number>
}

function encoder(
  model: Model,
  { name, heads }: EncoderTask,
): { family: EncoderFamily; configuration: EncoderConfiguration } {
  const { family } = model
  if (family.kind !== 'encoder') {
    throw new YuksuError(
      'objective',
      `the ${name} objective needs an encoder such as BERT, and '${family.name}' is none; use objective: ${family.kind === 'decoder' ? 'causal' : 'sequence-to-sequence'}`,
    )
  }
  const configuration = model.configuration as EncoderConfiguration
  if (!heads.includes(configuration.head)) {
    throw new YuksuError(
      'objective',
      `the ${name} objective teaches the head ${heads.join(' or ')}, and the model has '${configuration.head}'; open it with the head that is to be taught`,
    )
  }
  if (configuration.problemType !== null && configuration.problemType !== 'single_label_classification') {
    throw new YuksuError(
      'objective',
      `the ${name} objective teaches one label of several, and problem_type of the model is ${configuration.problemType}, which is not supported`,
    )
  }
  return { family, configuration }
}

/** The number of classes that the head of a model tells apart. */
function classesOf({ head, vocabularySize, labels }: EncoderConfiguration): number {
  if (head === 'masked-words') return vocabularySize
  return head === 'next-sentence' ? 2 : labels.length
}

/** An objective over the rows of an encoder. */
export function encoderObjective(task: EncoderTask): Objective {
  return {
    name: task.name,
    lengths: ({ source }) => ({ source: source.length, target: 0 }),
    trace(model, { batch, source }: BatchShape, options) {
      const { family, configuration } = encoder(model, task)
      const scope = model.scope({ training: options.training, products: options.products })
      const encoding = family.encode(scope, encoderRows(configuration, batch, source), configuration)
      const logits = task.logits(encoding)
      const places = [batch, task.ofTokens ? source : 1]
      const losses = tokenLoss({
        prediction: { logits },
        targets: input('targets', places, 'int64'),
        weights: input('weights', places),
        inverseCount: input('inverseCount', []),
        labelSmoothing: options.labelSmoothing,
        vocabularyChunk: options.vocabularyChunk,
      })
      return { ...losses, parameters: scope.trainable(), boundaries: scope.boundaries }
    },
    collate(model, examples) {
      const { family, configuration } = encoder(model, task)
      return collate(task, family, configuration, examples)
    },
  }
}

function collate(
  task: EncoderTask,
  family: EncoderFamily,
  configuration: EncoderConfiguration,
  examples: readonly Example[],
): CollatedBatch {
  const batch = examples.length
  const length = longest(examples.map(({ source }) => source))
  const places = task.ofTokens ? length : 1
  const ids = new Int32Array(batch * length).fill(configuration.padTokenId)
  const given = {
    tokenTypes: new Int32Array(batch * length),
    ...(configuration.languages !== undefined && { languages: new Int32Array(batch * length) }),
  }
  const attended = new Uint8Array(batch * length)
  const targets = new Int32Array(batch * places)
  const weights = new Float32Array(batch * places)
  let tokens = 0
  examples.forEach((example, row) => {
    const { source } = example
    ids.set(source, row * length)
    attended.fill(1, row * length, row * length + source.length)
    tokens += source.length
    for (const [name, all] of Object.entries(given)) {
      const own = example[name as keyof typeof given]
      if (own === undefined && name === 'languages') throw untold(task.name, configuration)
      if (own !== undefined && own.length !== source.length) throw unequal(task.name, name, own, source)
      all.set(own ?? [], row * length)
    }
    const target = task.targetOf(example, classesOf(configuration))
    if (task.ofTokens && target.length !== source.length) throw unequal(task.name, 'targets', target, source)
    for (let index = 0; index < target.length; index++) {
      if (target[index] === notLearned) continue
      targets[row * places + index] = target[index]!
      weights[row * places + index] = 1
    }
  })
  return {
    tokens,
    targetTokens: weights.reduce((total, weight) => total + weight, 0),
    feeds: {
      source: integers(ids, [batch, length]),
      sourcePositions: placesOf(task, family.positions(ids, batch, length, configuration), examples),
      ...Object.fromEntries(
        Object.entries(given).map(([name, all]) => [name, integers(all, [batch, length])]),
      ),
      sourceMask: paddingMask(attended, batch, length),
      targets: integers(targets, [batch, places]),
      weights: floats(weights, [batch, places]),
    },
  }
}

/** The positions of rows, where an example tells its own those. */
function placesOf(
  { name }: EncoderTask,
  { data, shape }: HostTensor,
  examples: readonly Example[],
): HostTensor {
  const length = shape[1]!
  const places = Int32Array.from(data as BigInt64Array, Number)
  examples.forEach(({ source, positions }, row) => {
    if (positions === undefined) return
    if (positions.length !== source.length) throw unequal(name, 'positions', positions, source)
    places.set(positions, row * length)
  })
  return integers(places, shape)
}

function untold(name: string, { languages }: EncoderConfiguration): YuksuError {
  return new YuksuError(
    'languages',
    `${name}: the model is told the language of each token, of ${languages}, and an example tells none; give it languages`,
  )
}

function unequal(
  name: string,
  what: string,
  given: ArrayLike<number>,
  source: ArrayLike<number>,
): YuksuError {
  return new YuksuError(
    'targets',
    `${name}: a row of ${source.length} tokens has ${given.length} ${what}; give one for each token, ${notLearned} where nothing is to be learned`,
  )
}

/** `[batch, classes]` as one place of a row. */
export function onePlace(logits: Tensor): Tensor {
  return reshape(logits, [logits.shape[0]!, 1, logits.shape[1]!])
}
