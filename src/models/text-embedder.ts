import { compile, type Program } from '../engine/lowering.ts'
import { type HostTensor, Session } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { meanOfTokens } from '../nn/pooling.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { EncoderPass } from './encoder-pass.ts'
import { causalPaddingMask, paddedPositions, paddingMask, positions } from './masks.ts'
import { type Model, openModel } from './model.ts'
import { tokenGrid } from './token-grid.ts'

export interface TextEmbedderOptions {
  /** A longer text is embedded by its first tokens; at most what the model reads. */
  readonly maxTokens?: number
}

/** Tokens that are read at once, padding included. */
const batchTokens = 8192

/**
 * Embeds texts by a model of any kind: the mean of the last hidden states over the tokens of a text. Of an encoder–decoder, those
 * of its encoder.
 */
export class TextEmbedder {
  private session: Promise<Session> | undefined
  private encoder: EncoderPass | undefined
  private readonly model: Model
  private readonly tokenizer: Tokenizer
  private readonly limit: number

  constructor(model: Model, tokenizer: Tokenizer, { maxTokens = 512 }: TextEmbedderOptions = {}) {
    this.model = model
    this.tokenizer = tokenizer
    this.limit = Math.min(maxTokens, model.configuration.maxPositions)
  }

  /** Opens a model folder, or a model by its name on the hub. */
  static async open(nameOrFolder: string, options: TextEmbedderOptions = {}): Promise<TextEmbedder> {
    const [model, tokenizer] = await Promise.all([openModel(nameOrFolder), loadTokenizer(nameOrFolder)])
    return new TextEmbedder(model, tokenizer, options)
  }

  /** The embeddings of texts one after another, `[texts, width]`. That of a text does not depend on the others. */
  async embed(texts: readonly string[]): Promise<Float32Array> {
    const { specialTokens } = this.tokenizer
    const padding = specialTokens.pad ?? specialTokens.eos ?? 0
    const rows = texts.map((text) => {
      const ids = this.tokenizer.encode(text, { addSpecialTokens: true }).slice(0, this.limit)
      return ids.length === 0 ? [specialTokens.bos ?? padding] : ids
    })
    // Texts of a length together, so that there is little padding.
    const order = [...rows.keys()].sort((a, b) => rows[a]!.length - rows[b]!.length || a - b)
    let embeddings: Float32Array | undefined
    for (let from = 0; from < order.length;) {
      let to = from + 1
      while (to < order.length && rows[order[to]!]!.length * (to + 1 - from) <= batchTokens) to++
      const batch = order.slice(from, to)
      const length = rows[batch.at(-1)!]!.length
      const { data, shape } = await this.means(
        batch.map((row) => [...rows[row]!, ...Array<number>(length - rows[row]!.length).fill(padding)]),
        batch.map((row) => Array.from({ length }, (_, at) => (at < rows[row]!.length ? 1 : 0))),
      )
      const width = shape[1]!
      embeddings ??= new Float32Array(texts.length * width)
      for (const [at, row] of batch.entries())
        embeddings.set(data.subarray(at * width, (at + 1) * width), row * width)
      from = to
    }
    return embeddings ?? new Float32Array()
  }

  async release(): Promise<void> {
    await (await this.session)?.release()
    await this.encoder?.release()
  }

  private async means(
    inputIds: readonly (readonly number[])[],
    attentionMask: readonly (readonly number[])[],
  ): Promise<{ data: Float32Array; shape: readonly number[] }> {
    const { model } = this
    if (model.family.kind === 'encoder') {
      this.encoder ??= new EncoderPass(model)
      return (await this.encoder.run({ inputIds, attentionMask })).mean
    }
    const rows = tokenGrid(inputIds, 'inputIds', model)
    const { batch, length } = rows
    const attended = attentionMask.flat()
    const isDecoder = model.family.kind === 'decoder'
    this.session ??= Session.create(this.program())
    const feeds: Record<string, HostTensor> = {
      tokens: rows.tensor,
      positions: isDecoder ? paddedPositions(attended, batch, length) : positions(length),
      seen: paddingMask(attended, batch, length),
      ...(isDecoder && { mask: causalPaddingMask(attended, batch, length) }),
    }
    const { mean } = await (await this.session).run({ ...model.feeds(), ...feeds })
    return { data: mean!.data as Float32Array, shape: mean!.shape }
  }

  private program(): Program {
    const { family, configuration } = this.model
    const scope = this.model.scope()
    const tokens = input('tokens', ['batch', 'length'], 'int64')
    const seen = input('seen', ['batch', 1, 1, 'length'])
    if (family.kind === 'decoder') {
      const { hidden } = family.forward(
        scope,
        {
          tokens,
          positions: input('positions', ['batch', 'length'], 'int64'),
          mask: input('mask', ['batch', 1, 'length', 'length']),
        },
        configuration,
      )
      return compile({ mean: meanOfTokens(hidden, seen) })
    }
    if (family.kind !== 'encoder-decoder') throw new Error('an encoder has a pass of its own')
    const encoded = family.encode(
      scope,
      { tokens, positions: input('positions', ['length'], 'int64'), mask: seen },
      configuration,
    )
    return compile({ mean: meanOfTokens(encoded, seen) })
  }
}
