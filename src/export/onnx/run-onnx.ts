import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { ofUnitLength, softmaxRows } from '../compare.ts'
import { onnxTypes, type OnnxType } from './export-onnx.ts'

/** An exported folder in ONNX Runtime, run as other programs run it: by the names of its inputs, with a cache. */
export interface OnnxModel {
  /** Begins a row: of an encoder–decoder it is what the encoder reads. */
  start(source: readonly number[]): Promise<OnnxRow>
  /** The probabilities of every next token, `[prompt length, vocabulary]`: half of it read at once, the rest one by one over the cache. */
  probabilities(prompt: readonly number[]): Promise<Float32Array>
  /** Of an encoder alone: the mean of what it says of each token, of length 1. */
  embedding(prompt: readonly number[]): Promise<Float32Array>
  release(): Promise<void>
}

export interface OnnxRow {
  /** Reads more tokens and gives the logits after each, `[tokens, vocabulary]`. */
  step(tokens: readonly number[]): Promise<Float32Array>
}

type Values = Record<string, Tensor>

export async function openOnnxFolder(folder: string, type: OnnxType): Promise<OnnxModel> {
  const runtime = await import('onnxruntime-node')
  const open = (name: string) =>
    runtime.InferenceSession.create(join(folder, 'onnx', `${name}${onnxTypes[type]}.onnx`), {
      intraOpNumThreads: 2,
      logSeverityLevel: 3,
    })
  const integers = (values: readonly number[]) =>
    new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
  const ones = (count: number) => integers(new Array<number>(count).fill(1))
  const hasEncoder = existsSync(join(folder, 'onnx', `encoder_model${onnxTypes[type]}.onnx`))
  const encoder = hasEncoder ? await open('encoder_model') : undefined
  const decoder = await open(hasEncoder ? 'decoder_model_merged' : 'model')

  const emptyPast = (): Values =>
    Object.fromEntries(
      decoder.inputMetadata.flatMap((entry) => {
        if (!entry.name.startsWith('past_key_values.') || !entry.isTensor) return []
        const shape = entry.shape.map((size) =>
          size === 'batch_size' ? 1 : typeof size === 'number' ? size : 0,
        )
        return [[entry.name, new runtime.Tensor('float32', new Float32Array(0), shape)]]
      }),
    )

  async function start(source: readonly number[]): Promise<OnnxRow> {
    let fixed: Values = {}
    if (encoder !== undefined) {
      const mask = ones(source.length)
      const read = await encoder.run({ input_ids: integers(source), attention_mask: mask })
      fixed = { encoder_hidden_states: read.last_hidden_state as Tensor, encoder_attention_mask: mask }
    }
    let past = emptyPast()
    let length = 0
    return {
      async step(tokens) {
        const places = tokens.map((_, index) => length + index)
        const feeds: Values = { ...fixed, ...past, input_ids: integers(tokens) }
        if (encoder === undefined) {
          feeds.attention_mask = ones(length + tokens.length)
          feeds.position_ids = integers(places)
        } else feeds.use_cache_branch = new runtime.Tensor('bool', [length > 0], [1])
        const outputs = (await decoder.run(feeds)) as Values
        past = next(outputs, past, length > 0)
        length += tokens.length
        return outputs.logits!.data as Float32Array
      },
    }
  }

  return {
    start,
    async embedding(prompt) {
      const feeds: Values = { input_ids: integers(prompt), attention_mask: ones(prompt.length) }
      if (decoder.inputNames.includes('token_type_ids')) feeds.token_type_ids = integers(prompt.map(() => 0))
      const outputs = (await decoder.run(feeds)) as Values
      const hidden = outputs.last_hidden_state!.data as Float32Array
      const sums = new Float32Array(hidden.length / prompt.length)
      hidden.forEach((value, index) => (sums[index % sums.length]! += value))
      return ofUnitLength(sums)
    },
    async probabilities(prompt) {
      const row = await start(prompt)
      const half = Math.ceil(prompt.length / 2)
      const parts = [await row.step(prompt.slice(0, half))]
      for (const token of prompt.slice(half)) parts.push(await row.step([token]))
      const width = parts[0]!.length / half
      const all = new Float32Array(prompt.length * width)
      let at = 0
      for (const part of parts) {
        all.set(part, at)
        at += part.length
      }
      return softmaxRows(all, width)
    },
    async release() {
      for (const session of [encoder, decoder] as (InferenceSession | undefined)[]) await session?.release()
    },
  }
}

/** What the next step goes on from; the view on the source stays as it was first made. */
function next(outputs: Values, past: Values, hasSource: boolean): Values {
  const entries = Object.entries(outputs).flatMap(([name, value]) => {
    if (!name.startsWith('present.')) return []
    const own = name.replace('present', 'past_key_values')
    return [[own, hasSource && own.includes('.encoder.') ? past[own]! : value] as const]
  })
  return Object.fromEntries(entries)
}
