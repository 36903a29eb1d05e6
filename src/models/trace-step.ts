import { input } from '../engine/tensor.ts'
import { KeyValueCache } from '../nn/key-value-cache.ts'
import type { Scope } from '../nn/scope.ts'
import { encoderRows } from './encoder-pass.ts'
import type {
  CommonConfiguration,
  CrossAttentionInputs,
  EncoderConfiguration,
  ModelFamily,
} from './family.ts'

/**
 * Traces one step of decoding over a scope, with the encoder where there is one, or an encoder that stands alone: every layer of the family is asked for once, and what it
 * keeps of a token is in the cache. Nothing of the model's size is allocated.
 */
export function traceDecodingStep(
  family: ModelFamily,
  configuration: CommonConfiguration,
  scope: Scope,
): { cache: KeyValueCache; cross?: CrossAttentionInputs } {
  const cache = new KeyValueCache('rows', input('origins', ['rows'], 'int64'))
  const tokens = input('tokens', ['rows', 'length'], 'int64')
  if (family.kind === 'decoder') {
    const mask = input('mask', ['rows', 1, 'length', 'past+length'])
    const positions = input('positions', ['rows', 'length'], 'int64')
    // Tables of positions are made while tracing; what is asked here needs only the first.
    family.forward(scope, { tokens, positions, mask, cache, onlyLast: true, positionCount: 1 }, configuration)
    return { cache }
  }
  if (family.kind === 'encoder') {
    family.encode(scope, encoderRows(configuration as EncoderConfiguration, 'rows', 'length'), configuration)
    return { cache }
  }
  const sourceMask = input('sourceMask', ['rows', 1, 1, 'source'])
  const encoded = family.encode(
    scope,
    {
      tokens: input('source', ['rows', 'source'], 'int64'),
      positions: input('sourcePositions', ['source'], 'int64'),
      mask: sourceMask,
    },
    configuration,
  )
  const cross = family.cross(scope, encoded, configuration)
  const positions = input('positions', ['length'], 'int64')
  const selfMask = input('selfMask', [1, 1, 'length', 'past+length'])
  family.decode(scope, { tokens, positions, selfMask, sourceMask, cross, cache }, configuration)
  return { cache, cross }
}
