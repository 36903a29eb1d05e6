import type { Program } from '../engine/lowering.ts'
import { floats, integers } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import type { DecoderFamily } from '../models/family.ts'
import { hidden } from '../models/masks.ts'
import type { KeyValueCache } from '../nn/key-value-cache.ts'
import { pastFeeds } from './cache-feeds.ts'
import type { DecoderRequest, DecoderState, TokenRow } from './decoder-model.ts'
import { DecodingPrograms } from './decoding-programs.ts'
import type { Feeds, ProgramRunner } from './program-runner.ts'
import { checkTokens, pad } from './token-rows.ts'

function decoderProgram(runner: ProgramRunner, family: DecoderFamily, cache: KeyValueCache): Program {
  const { model } = runner
  const prediction = family.forward(
    model.scope(),
    {
      tokens: input('tokens', ['rows', 'length'], 'int64'),
      positions: input('positions', ['rows', 'length'], 'int64'),
      mask: input('mask', ['rows', 1, 'length', 'past+length']),
      cache,
      onlyLast: true,
    },
    model.configuration,
  )
  return runner.compile({ scores: prediction.logits, ...cache.outputs() })
}

/** Reads the prompts, padded on the left, and then one token of each row at a time. */
export async function startDecoder(
  runner: ProgramRunner,
  family: DecoderFamily,
  request: DecoderRequest,
): Promise<DecoderState> {
  const { model } = runner
  checkTokens(request.prompts, model)
  const programs = new DecodingPrograms(runner, 'rows', request, (cache) =>
    decoderProgram(runner, family, cache),
  )
  let rows = request.prompts.length
  let past: Feeds = {}
  let length = 0
  /** How many places at the start of each row are padding. */
  let padding: number[] = []
  /** Rows longer than this are read again from their first token when they get there. */
  const reread = family.rereadAfter?.(model.configuration)
  let texts = reread === undefined ? undefined : request.prompts.map((prompt) => Array.from(prompt))

  const run = async (
    ids: ArrayLike<number>,
    count: number,
    origins: ArrayLike<number> | undefined,
  ): Promise<Float32Array> => {
    const total = length + count
    const mask = new Float32Array(rows * count * total)
    const place = new Int32Array(rows * count)
    for (let row = 0; row < rows; row++) {
      const before = padding[row]!
      for (let index = 0; index < count; index++) {
        const position = length + index
        place[row * count + index] = Math.max(0, position - before)
        const start = (row * count + index) * total
        // Padding sees itself only, so that its softmax is over something; nothing reads it.
        mask.fill(hidden, start, start + Math.min(before, position))
        mask.fill(hidden, start + position + 1, start + total)
      }
    }
    const feeds = {
      ...past,
      tokens: integers(ids, [rows, count]),
      positions: integers(place, [rows, count]),
      mask: floats(mask, [rows, 1, count, total]),
    }
    const outputs = await programs.run(feeds, origins)
    past = pastFeeds(outputs)
    length = total
    return outputs.scores!.data as Float32Array
  }

  /** Whole rows, with nothing kept of them before. */
  const read = async (given: readonly TokenRow[]): Promise<Float32Array> => {
    const padded = pad(given, 'left')
    padding = given.map((row) => padded.length - row.length)
    rows = given.length
    past = await programs.emptyPast(rows)
    length = 0
    return run(padded.ids, padded.length, programs.firstOrigins(rows))
  }

  const logits = await read(request.prompts)
  return {
    logits,
    step(next, origins) {
      texts &&= Array.from(next, (token, row) => [...texts![origins?.[row] ?? row]!, token])
      if (texts?.some((text) => text.length === reread! + 1)) return read(texts)
      if (origins !== undefined) padding = Array.from(origins, (row) => padding[row]!)
      rows = next.length
      return run(next, 1, origins)
    },
    dispose() {
      past = {}
      programs.dispose()
    },
  }
}
