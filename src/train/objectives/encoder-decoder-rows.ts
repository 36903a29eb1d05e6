import { product, type Dimension } from '../../engine/dimension.ts'
import { floats, integers, type HostTensor } from '../../engine/session.ts'
import { input } from '../../engine/tensor.ts'
import { YuksuError } from '../../errors.ts'
import { rowsPerExample, type EncoderDecoderFamily } from '../../models/family.ts'
import { causalMask, paddingMask, positions } from '../../models/masks.ts'
import type { Model } from '../../models/model.ts'
import { tokenLoss } from '../token-loss.ts'
import {
  longest,
  weightsShape,
  type BatchShape,
  type CollatedBatch,
  type Example,
  type TracedLoss,
  type TraceOptions,
} from './objective.ts'

/*
 * What the objectives of an encoder–decoder share: sources that are read once, and one or more rows of targets written
 * for each, every row with the weight of its loss.
 */

interface SpecialTokens {
  readonly padTokenId: number
  /** Without one, as in mBART, a decoder starts from the last token of its target, which tells the language. */
  readonly decoderStartTokenId: number | null
}

function encoderDecoder(
  model: Model,
  objective: string,
): { family: EncoderDecoderFamily; tokens: SpecialTokens } {
  if (model.family.kind !== 'encoder-decoder') {
    throw new YuksuError(
      'objective',
      `the ${objective} objective needs an encoder–decoder, and '${model.family.name}' is ${model.family.kind === 'encoder' ? 'an encoder; use objective: masked-words' : 'a decoder; use objective: causal'}`,
    )
  }
  return { family: model.family, tokens: model.configuration as unknown as SpecialTokens }
}

/** The loss of target rows `[batch, target]`, or `[batch × rowsPerExample, target]` where each source has several. */
export function traceRows(
  model: Model,
  shape: BatchShape,
  options: TraceOptions & { objective: string; severalPerSource: boolean },
): TracedLoss {
  const { family } = encoderDecoder(model, options.objective)
  const scope = model.scope({ training: options.training, products: options.products })
  const { batch, source: sourceLength, target } = shape
  const rows: Dimension = options.severalPerSource ? product([batch, rowsPerExample]) : batch
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
      tokens: input('tokens', [rows, target], 'int64'),
      positions: input('positions', [target], 'int64'),
      selfMask: input('selfMask', [1, 1, target, target]),
      sourceMask,
      encoded,
    },
    model.configuration,
  )
  const rowSource = options.severalPerSource ? input('rowSource', [rows, sourceLength], 'int64') : source
  const losses = tokenLoss({
    prediction,
    // Only a copy head looks at it; a program does not take what nothing reads.
    ...(prediction.copy !== undefined && { source: rowSource }),
    targets: input('targets', [rows, target], 'int64'),
    // By source, so that the program can read off how many rows each has.
    weights: input(
      'weights',
      options.severalPerSource ? [batch, rowsPerExample, target] : weightsShape(shape),
    ),
    inverseCount: input('inverseCount', []),
    labelSmoothing: options.labelSmoothing,
    vocabularyChunk: options.vocabularyChunk,
    disagreementWeight: options.disagreementWeight,
  })
  return { ...losses, parameters: scope.trainable(), boundaries: scope.boundaries }
}

/** A row of targets: the tokens before `from` are given and not learned. */
export interface TargetRow {
  readonly target: Int32Array
  readonly from: number
  readonly weight: number
}

/** Pads sources to the longest of them, and their target rows to the longest of those. Each source has as many rows. */
export function collateRows(
  model: Model,
  objective: string,
  examples: readonly Example[],
  rowsOf: (example: Example) => readonly TargetRow[],
  severalPerSource = false,
): CollatedBatch {
  const { padTokenId, decoderStartTokenId } = encoderDecoder(model, objective).tokens
  const batch = examples.length
  if (examples.some(({ learned }) => learned !== undefined)) {
    throw new YuksuError(
      'objective',
      `${objective}: an example tells which tokens of its target are learned, which is for decoders; give the last answer alone as its target`,
    )
  }
  const rows = examples.map(rowsOf)
  const perSource = rows[0]!.length
  if (perSource === 0 || rows.some((list) => list.length !== perSource)) {
    throw new YuksuError(
      'candidates',
      `${objective}: every example of a batch needs the same number of candidates, at least one`,
    )
  }
  const flat = rows.flat()
  const source = longest(examples.map((example) => example.source))
  const target = longest(flat.map((row) => row.target))
  const sourceIds = new Int32Array(batch * source).fill(padTokenId)
  const attended = new Uint8Array(batch * source)
  const inputs = new Int32Array(flat.length * target).fill(padTokenId)
  const targets = new Int32Array(flat.length * target).fill(padTokenId)
  const weights = new Float32Array(flat.length * target)
  let tokens = 0
  let targetTokens = 0
  examples.forEach((example, index) => {
    sourceIds.set(example.source, index * source)
    attended.fill(1, index * source, index * source + example.source.length)
    tokens += example.source.length
  })
  flat.forEach((row, index) => {
    inputs[index * target] = decoderStartTokenId ?? row.target.at(-1) ?? padTokenId
    inputs.set(row.target.subarray(0, -1), index * target + 1)
    targets.set(row.target, index * target)
    const from = Math.min(row.from, row.target.length)
    weights.fill(row.weight, index * target + from, index * target + row.target.length)
    tokens += row.target.length
    targetTokens += row.target.length - from
  })
  const feeds: Record<string, HostTensor> = {
    source: integers(sourceIds, [batch, source]),
    sourcePositions: positions(source),
    sourceMask: paddingMask(attended, batch, source),
    tokens: integers(inputs, [flat.length, target]),
    positions: positions(target),
    selfMask: causalMask(target),
    targets: integers(targets, [flat.length, target]),
    weights: floats(weights, severalPerSource ? [batch, perSource, target] : [flat.length, target]),
  }
  return { tokens, targetTokens, feeds }
}
