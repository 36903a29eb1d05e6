import type { DecoderModel, DecoderRequest, DecoderState } from '../decoder-model.ts'

/** Size of the vocabulary of `TableModel`, as in `oracles/generation.py`. */
export const TABLE_VOCABULARY = 37

function mix(value: number): number {
  let mixed = Math.imul((value ^ (value >>> 16)) >>> 0, 0x45d9f3b)
  mixed = Math.imul((mixed ^ (mixed >>> 16)) >>> 0, 0x45d9f3b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function logit(previous: number, last: number, length: number, token: number): number {
  const hashed = mix((previous * 73856093 + last * 19349663 + token * 83492791 + 1) % 2 ** 32) >>> 12
  const tendency = (token === previous ? 1 : 0) + (token % 5 === 0 ? 0.75 : 0)
  const ofPosition = mix((length * 2654435761 + token * 40503) % 2 ** 32) >>> 12
  return (hashed * 6) / 2 ** 20 + tendency + ofPosition / 2 ** 20
}

/**
 * A model without weights for tests: the logits are a hash of the last two tokens and the length (and, for an encoder–decoder, the row's
 * inputs). It keeps every row's tokens, so that a wrong origin or a row out of place changes the answer.
 */
export class TableModel implements DecoderModel {
  readonly vocabularySize = TABLE_VOCABULARY
  readonly isEncoderDecoder: boolean
  readonly maximumLength?: number
  /** Batch sizes of the steps, first the prompts. */
  readonly batches: number[] = []
  /** The tokens of every step. */
  readonly fed: number[][] = []
  disposed = 0

  constructor(settings: { isEncoderDecoder?: boolean; maximumLength?: number } = {}) {
    this.isEncoderDecoder = settings.isEncoderDecoder ?? false
    if (settings.maximumLength !== undefined) this.maximumLength = settings.maximumLength
  }

  start({ prompts, inputs }: DecoderRequest): Promise<DecoderState> {
    let rows = prompts.map((prompt, example) => ({
      tokens: Array.from(prompt),
      salt: inputs ? Array.from(inputs[example]!).reduce((sum, token) => sum * 31 + token, 7) % 1009 : 0,
    }))
    const logits = (): Float32Array => {
      this.batches.push(rows.length)
      const values = new Float32Array(rows.length * TABLE_VOCABULARY)
      rows.forEach(({ tokens, salt }, row) => {
        const [previous, last] = [tokens.at(-2) ?? 0, tokens.at(-1)!]
        for (let token = 0; token < TABLE_VOCABULARY; token++) {
          values[row * TABLE_VOCABULARY + token] = logit(previous, last + salt, tokens.length, token)
        }
      })
      return values
    }
    return Promise.resolve({
      logits: logits(),
      step: (tokens: Int32Array, origins?: Int32Array): Promise<Float32Array> => {
        this.fed.push(Array.from(tokens))
        rows = Array.from(tokens, (token, row) => {
          const from = rows[origins?.[row] ?? row]!
          return { tokens: [...from.tokens, token], salt: from.salt }
        })
        return Promise.resolve(logits())
      },
      dispose: () => {
        this.disposed++
      },
    })
  }
}
