import { compile } from '../engine/lowering.ts'
import { integers, Session, type HostTensor } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import type { DecoderFamily, EncoderDecoderFamily } from './family.ts'
import { causalMask, causalPaddingMask, paddedPositions, paddingMask, positions } from './masks.ts'
import type { Model } from './model.ts'
import { nextTokenScores } from './next-token.ts'

export interface ForwardInputs {
  /** Token ids of each row; rows of one length. */
  readonly inputIds: readonly (readonly number[])[]
  /** 1 where there is a token, 0 at padding; all ones by default. */
  readonly attentionMask?: readonly (readonly number[])[]
  /** What the decoder of an encoder–decoder reads. */
  readonly decoderInputIds?: readonly (readonly number[])[]
}

export interface Logits {
  /** `[batch, length, vocabulary]`, row-major. With a copy head: logarithms of the mixed probabilities. */
  readonly logits: { readonly data: Float32Array; readonly shape: readonly number[] }
}

function grid(
  rows: readonly (readonly number[])[],
  name: string,
): { data: number[]; batch: number; length: number } {
  const length = rows[0]?.length ?? 0
  if (length === 0 || rows.some((row) => row.length !== length)) {
    throw new YuksuError(
      'input-shape',
      `${name}: expected rows of one length, not empty; pad them and give an attentionMask`,
    )
  }
  return { data: rows.flat(), batch: rows.length, length }
}

/** Checks ids here: an id outside the vocabulary would only surface as an obscure failure of the runtime. */
function tokens(rows: readonly (readonly number[])[], name: string, model: Model) {
  const { vocabularySize, maxPositions } = model.configuration
  const result = grid(rows, name)
  const wrong = result.data.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize)
  if (wrong !== undefined) {
    throw new YuksuError(
      'token-id',
      `${name}: ${wrong} is not a token id; the vocabulary has ${vocabularySize}`,
    )
  }
  if (result.length > maxPositions) {
    throw new YuksuError(
      'context-length-exceeded',
      `${name}: ${result.length} tokens were given, the model reads at most ${maxPositions}`,
    )
  }
  return { ...result, tensor: integers(result.data, [result.batch, result.length]) }
}

/** Runs a whole model over whole rows: no cache, every position's logits. */
export class ForwardPass {
  private session: Promise<Session> | undefined
  private readonly model: Model

  constructor(model: Model) {
    this.model = model
  }

  async run(inputs: ForwardInputs): Promise<Logits> {
    const source = tokens(inputs.inputIds, 'inputIds', this.model)
    const attended =
      inputs.attentionMask === undefined
        ? source.data.map(() => 1)
        : grid(inputs.attentionMask, 'attentionMask').data
    if (attended.length !== source.data.length) {
      throw new YuksuError('input-shape', 'attentionMask: expected the shape of inputIds')
    }
    this.session ??= Session.create(this.program())
    const session = await this.session
    const feeds = this.feeds(inputs, source, attended)
    const { scores } = await session.run({ ...this.model.feeds(), ...feeds })
    return { logits: { data: scores!.data as Float32Array, shape: scores!.shape } }
  }

  async release(): Promise<void> {
    await (await this.session)?.release()
  }

  private feeds(
    inputs: ForwardInputs,
    source: ReturnType<typeof tokens>,
    attended: number[],
  ): Record<string, HostTensor> {
    const { batch, length } = source
    if (this.model.family.kind === 'decoder') {
      return {
        tokens: source.tensor,
        positions: paddedPositions(attended, batch, length),
        mask: causalPaddingMask(attended, batch, length),
      }
    }
    if (inputs.decoderInputIds === undefined) {
      throw new YuksuError('missing-input', 'an encoder–decoder also needs decoderInputIds')
    }
    const target = tokens(inputs.decoderInputIds, 'decoderInputIds', this.model)
    return {
      source: source.tensor,
      sourcePositions: positions(length),
      sourceMask: paddingMask(attended, batch, length),
      tokens: target.tensor,
      positions: positions(target.length),
      selfMask: causalMask(target.length),
    }
  }

  private program() {
    const { model } = this
    const scope = model.scope()
    if (model.family.kind === 'decoder') {
      const family: DecoderFamily = model.family
      const prediction = family.forward(
        scope,
        {
          tokens: input('tokens', ['batch', 'length'], 'int64'),
          positions: input('positions', ['batch', 'length'], 'int64'),
          mask: input('mask', ['batch', 1, 'length', 'length']),
        },
        model.configuration,
      )
      return compile({ scores: prediction.logits })
    }
    const family: EncoderDecoderFamily = model.family
    const source = input('source', ['batch', 'source'], 'int64')
    const sourceMask = input('sourceMask', ['batch', 1, 1, 'source'])
    const encoded = family.encode(
      scope,
      { tokens: source, positions: input('sourcePositions', ['source'], 'int64'), mask: sourceMask },
      model.configuration,
    )
    const prediction = family.decode(
      scope,
      {
        tokens: input('tokens', ['batch', 'length'], 'int64'),
        positions: input('positions', ['length'], 'int64'),
        selfMask: input('selfMask', [1, 1, 'length', 'length']),
        sourceMask,
        encoded,
      },
      model.configuration,
    )
    return compile({ scores: nextTokenScores(prediction, source) })
  }
}
