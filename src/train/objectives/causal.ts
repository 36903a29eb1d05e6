import { floats, integers } from '../../engine/session.ts'
import { input } from '../../engine/tensor.ts'
import { YuksuError } from '../../errors.ts'
import type { DecoderFamily } from '../../models/family.ts'
import { causalMask } from '../../models/masks.ts'
import type { Model } from '../../models/model.ts'
import { tokenLoss } from '../token-loss.ts'
import {
  longest,
  weightsShape,
  type BatchShape,
  type CollatedBatch,
  type Example,
  type Objective,
  type TracedLoss,
  type TraceOptions,
} from './objective.ts'

function decoder(model: Model): DecoderFamily {
  if (model.family.kind !== 'decoder') {
    throw new YuksuError(
      'objective',
      `the causal objective needs a decoder, and '${model.family.name}' is an ${model.family.kind === 'encoder' ? 'encoder; use objective: masked-words' : 'encoder–decoder; use objective: sequence-to-sequence'}`,
    )
  }
  return model.family
}

function trace(model: Model, shape: BatchShape, options: TraceOptions): TracedLoss {
  const family = decoder(model)
  const scope = model.scope({ training: options.training, products: options.products })
  const { batch, target } = shape
  const prediction = family.forward(
    scope,
    {
      tokens: input('tokens', [batch, target], 'int64'),
      positions: input('positions', [batch, target], 'int64'),
      mask: input('mask', [1, 1, target, target]),
    },
    model.configuration,
  )
  const losses = tokenLoss({
    prediction,
    targets: input('targets', [batch, target], 'int64'),
    weights: input('weights', weightsShape(shape)),
    inverseCount: input('inverseCount', []),
    labelSmoothing: options.labelSmoothing,
    vocabularyChunk: options.vocabularyChunk,
    disagreementWeight: options.disagreementWeight,
  })
  return { ...losses, parameters: scope.trainable(), boundaries: scope.boundaries }
}

/** Rows are padded on the right, so that a causal mask alone hides the padding from every token that counts. */
function collate(_model: Model, examples: readonly Example[]): CollatedBatch {
  const batch = examples.length
  const target = longest(examples.map((example) => example.target)) - 1
  const inputs = new Int32Array(batch * target)
  const targets = new Int32Array(batch * target)
  const weights = new Float32Array(batch * target)
  // Of padding 0: what depends on the length of a text must not take it for more of it.
  const positions = new Int32Array(batch * target)
  let tokens = 0
  let targetTokens = 0
  examples.forEach(({ target: ids, contextLength = 1, learned }, row) => {
    inputs.set(ids.subarray(0, -1), row * target)
    targets.set(ids.subarray(1), row * target)
    const inputLength = Math.max(ids.length - 1, 0)
    const from = Math.min(Math.max(contextLength, 1) - 1, inputLength)
    for (let index = 0; index < inputLength; index++) positions[row * target + index] = index
    tokens += inputLength
    if (learned === undefined) {
      weights.fill(1, row * target + from, row * target + inputLength)
      targetTokens += inputLength - from
      return
    }
    if (learned.length !== ids.length) {
      throw new YuksuError(
        'objective',
        `an example has ${ids.length} tokens, and ${learned.length} of them are told to be learned or not; give as many`,
      )
    }
    // The first token is read and never written.
    weights.set(learned.subarray(1), row * target)
    targetTokens += learned.subarray(1).reduce((sum, one) => sum + one, 0)
  })
  return {
    tokens,
    targetTokens,
    feeds: {
      tokens: integers(inputs, [batch, target]),
      positions: integers(positions, [batch, target]),
      mask: causalMask(target),
      targets: integers(targets, [batch, target]),
      weights: floats(weights, [batch, target]),
    },
  }
}

/** Learns every next token of a text, or those that the example tells; the first `contextLength` tokens are given and not learned. */
export const causal: Objective = {
  name: 'causal',
  lengths: ({ target }) => ({ source: 0, target: Math.max(target.length - 1, 0) }),
  trace,
  collate,
}
