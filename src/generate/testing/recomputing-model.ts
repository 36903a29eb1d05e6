import { ForwardPass } from '../../models/forward.ts'
import type { Model } from '../../models/model.ts'
import type { DecoderModel, DecoderState } from '../decoder-model.ts'

const padded = (rows: readonly (readonly number[])[]): { ids: number[][]; mask: number[][] } => {
  const width = Math.max(...rows.map((row) => row.length))
  const fill = (row: readonly number[], value: number): number[] =>
    Array.from({ length: width - row.length }, () => value)
  return {
    ids: rows.map((row) => [...row, ...fill(row, 0)]),
    mask: rows.map((row) => [...row.map(() => 1), ...fill(row, 0)]),
  }
}

/** A model decoded without a cache: every step runs the whole of every row. Slow, and what a cache must equal. */
export function recomputingModel(model: Model): DecoderModel {
  const forward = new ForwardPass(model)
  const isEncoderDecoder = model.family.kind === 'encoder-decoder'
  return {
    vocabularySize: model.configuration.vocabularySize,
    isEncoderDecoder,
    async start({ inputs, prompts }): Promise<DecoderState> {
      let rows = prompts.map((prompt, example) => ({
        tokens: Array.from(prompt),
        source: Array.from(inputs?.[example] ?? []),
      }))
      const lastLogits = async (): Promise<Float32Array> => {
        const decoded = padded(rows.map(({ tokens }) => tokens))
        const encoded = padded(rows.map(({ source }) => source))
        const { logits } = await forward.run(
          isEncoderDecoder
            ? { inputIds: encoded.ids, attentionMask: encoded.mask, decoderInputIds: decoded.ids }
            : { inputIds: decoded.ids, attentionMask: decoded.mask },
        )
        const [, length, vocabulary] = logits.shape as [number, number, number]
        const last = new Float32Array(rows.length * vocabulary)
        rows.forEach(({ tokens }, row) => {
          const begin = (row * length + tokens.length - 1) * vocabulary
          last.set(logits.data.subarray(begin, begin + vocabulary), row * vocabulary)
        })
        return last
      }
      return {
        logits: await lastLogits(),
        step: (tokens, origins) => {
          rows = Array.from(tokens, (token, row) => {
            const from = rows[origins?.[row] ?? row]!
            return { tokens: [...from.tokens, token], source: from.source }
          })
          return lastLogits()
        },
        dispose: () => {},
      }
    },
  }
}
