import { floats, integers } from '../../engine/session.ts'
import { input } from '../../engine/tensor.ts'
import { YuksuError } from '../../errors.ts'
import type { EncoderDecoderFamily } from '../../models/family.ts'
import { causalMask, paddingMask, positions } from '../../models/masks.ts'
import type { Model } from '../../models/model.ts'
import { tokenLoss } from '../token-loss.ts'
import {
  longest,
  type BatchShape,
  type CollatedBatch,
  type Example,
  type Objective,
  type TracedLoss,
} from './objective.ts'

interface SpecialTokens {
  readonly padTokenId: number
  readonly decoderStartTokenId: number
}

function encoderDecoder(model: Model): { family: EncoderDecoderFamily; tokens: SpecialTokens } {
  if (model.family.kind !== 'encoder-decoder') {
    throw new YuksuError(
      'objective',
      `the sequence-to-sequence objective needs an encoder–decoder, and '${model.family.name}' is a decoder; use objective: causal`,
    )
  }
  return { family: model.family, tokens: model.configuration as unknown as SpecialTokens }
}

function trace(
  model: Model,
  shape: BatchShape,
  options: { training: boolean; labelSmoothing: number },
): TracedLoss {
  const { family } = encoderDecoder(model)
  const scope = model.scope({ training: options.training })
  const { batch, source: sourceLength, target } = shape
  const source = input('source', [batch, sourceLength], 'int64')
  const sourceMask = input('sourceMask', [batch, 1, 1, sourceLength])
  const encoded = family.encode(
    scope,
    { tokens: source, positions: input('sourcePositions', [sourceLength], 'int64'), mask: sourceMask },
    model.configuration,
  )
  const prediction = family.decode(
    scope,
    {
      tokens: input('tokens', [batch, target], 'int64'),
      positions: input('positions', [target], 'int64'),
      selfMask: input('selfMask', [1, 1, target, target]),
      sourceMask,
      encoded,
    },
    model.configuration,
  )
  const losses = tokenLoss({
    prediction,
    source,
    targets: input('targets', [batch, target], 'int64'),
    weights: input('weights', [batch, target]),
    inverseCount: input('inverseCount', []),
    labelSmoothing: options.labelSmoothing,
  })
  return { ...losses, parameters: scope.trainable() }
}

function collate(model: Model, examples: readonly Example[]): CollatedBatch {
  const { padTokenId, decoderStartTokenId } = encoderDecoder(model).tokens
  const batch = examples.length
  const source = longest(examples.map((example) => example.source))
  const target = longest(examples.map((example) => example.target))
  const sourceIds = new Int32Array(batch * source).fill(padTokenId)
  const attended = new Uint8Array(batch * source)
  const inputs = new Int32Array(batch * target).fill(padTokenId)
  const targets = new Int32Array(batch * target).fill(padTokenId)
  const weights = new Float32Array(batch * target)
  let tokens = 0
  let targetTokens = 0
  examples.forEach((example, row) => {
    sourceIds.set(example.source, row * source)
    attended.fill(1, row * source, row * source + example.source.length)
    inputs[row * target] = decoderStartTokenId
    inputs.set(example.target.subarray(0, -1), row * target + 1)
    targets.set(example.target, row * target)
    const from = Math.min(example.contextLength ?? 0, example.target.length)
    weights.fill(1, row * target + from, row * target + example.target.length)
    tokens += example.source.length + example.target.length
    targetTokens += example.target.length - from
  })
  return {
    tokens,
    targetTokens,
    feeds: {
      source: integers(sourceIds, [batch, source]),
      sourcePositions: positions(source),
      sourceMask: paddingMask(attended, batch, source),
      tokens: integers(inputs, [batch, target]),
      positions: positions(target),
      selfMask: causalMask(target),
      targets: integers(targets, [batch, target]),
      weights: floats(weights, [batch, target]),
    },
  }
}

/** Learns to write the target after reading the source; the target ends with its end-of-text token. */
export const sequenceToSequence: Objective = {
  name: 'sequence-to-sequence',
  lengths: ({ source, target }) => ({ source: source.length, target: target.length }),
  trace,
  collate,
}
