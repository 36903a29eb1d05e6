import { product } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { integers } from '../engine/session.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { rowsPerExample, type EncoderDecoderFamily } from '../models/family.ts'
import { causalMask, paddingMask, positions } from '../models/masks.ts'
import { nextTokenScores } from '../models/next-token.ts'
import type { KeyValueCache } from '../nn/key-value-cache.ts'
import { pastFeeds } from './cache-feeds.ts'
import type { DecoderRequest, DecoderState } from './decoder-model.ts'
import { DecodingPrograms } from './decoding-programs.ts'
import type { Feeds, ProgramRunner } from './program-runner.ts'
import { groupRows, sameList, takeEntries } from './row-groups.ts'
import { checkTokens, pad } from './token-rows.ts'

function encodeProgram(runner: ProgramRunner, family: EncoderDecoderFamily): Program {
  const { model } = runner
  const scope = model.scope()
  const mask = input('sourceMask', ['batch', 1, 1, 'source'])
  const encoded = family.encode(
    scope,
    {
      tokens: input('source', ['batch', 'source'], 'int64'),
      positions: input('sourcePositions', ['source'], 'int64'),
      mask,
    },
    model.configuration,
  )
  const cross = family.cross(scope, encoded, model.configuration)
  const outputs: Record<string, Tensor> = cross.copyKeys === undefined ? {} : { copyKeys: cross.copyKeys }
  for (const [path, { key, value }] of cross.keyValues) {
    outputs[`cross.${path}.key`] = key
    outputs[`cross.${path}.value`] = value
  }
  return runner.compile(outputs)
}

const rows = product(['batch', rowsPerExample])

function decodeProgram(
  runner: ProgramRunner,
  family: EncoderDecoderFamily,
  crossShapes: Readonly<Record<string, readonly number[]>>,
  cache: KeyValueCache,
): Program {
  const { model } = runner
  const scope = model.scope()
  const sourceMask = input('sourceMask', ['batch', 1, 1, 'source'])
  const keyValues = new Map<string, { key: Tensor; value: Tensor }>()
  for (const [name, shape] of Object.entries(crossShapes)) {
    if (!name.startsWith('cross.') || !name.endsWith('.key')) continue
    const path = name.slice('cross.'.length, -'.key'.length)
    const place = ['batch', shape[1]!, 'source', shape[3]!]
    keyValues.set(path, { key: input(name, place), value: input(`cross.${path}.value`, place) })
  }
  const copyShape = crossShapes.copyKeys
  const copyKeys = copyShape && input('copyKeys', ['batch', 'source', copyShape[2]!])
  const prediction = family.decode(
    scope,
    {
      tokens: input('tokens', [rows, 'length'], 'int64'),
      positions: input('positions', ['length'], 'int64'),
      selfMask: input('selfMask', [1, 1, 'length', 'past+length']),
      sourceMask,
      cross: copyKeys === undefined ? { keyValues } : { keyValues, copyKeys },
      cache,
    },
    model.configuration,
  )
  const copy = prediction.copy && {
    attention: lastPosition(prediction.copy.attention),
    gate: lastPosition(prediction.copy.gate),
  }
  const last = { logits: lastPosition(prediction.logits), ...(copy && { copy }) }
  const scores = nextTokenScores(last, input('rowSource', [rows, 'source'], 'int64'))
  return runner.compile({ scores, ...cache.outputs() })
}

/** What the decoder needs of the sources, one entry an example; examples that ended are left out. */
interface Sources {
  readonly examples: readonly number[]
  readonly tensors: Feeds
}

/** Encodes the inputs once; every step then takes one token of each row, with caches of what came before. */
export async function startEncoderDecoder(
  runner: ProgramRunner,
  family: EncoderDecoderFamily,
  request: DecoderRequest,
): Promise<DecoderState> {
  const { model } = runner
  if (request.inputs === undefined)
    throw new YuksuError('missing-input', 'an encoder–decoder needs inputs to read')
  checkTokens([...request.inputs, ...request.prompts], model)
  const batch = request.inputs.length
  const source = pad(request.inputs, 'right')
  const sourceMask = paddingMask(source.attended, batch, source.length)
  const tokens = integers(source.ids, [batch, source.length])
  const encoded = await runner.run('encode', () => encodeProgram(runner, family), {
    source: tokens,
    sourcePositions: positions(source.length),
    sourceMask,
  })
  const shapes = Object.fromEntries(Object.entries(encoded).map(([name, tensor]) => [name, tensor.shape]))
  const all: Sources = {
    examples: Array.from({ length: batch }, (_, index) => index),
    tensors: { ...encoded, sourceMask, source: tokens },
  }
  const programs = new DecodingPrograms(runner, rows, request, (cache) =>
    decodeProgram(runner, family, shapes, cache),
  )
  let sources = all
  let exampleOfRow: readonly number[] = all.examples
  let past: Feeds = await programs.emptyPast(batch)
  let length = 0

  const run = async (
    ids: ArrayLike<number>,
    count: number,
    origins: ArrayLike<number> | undefined,
  ): Promise<Float32Array> => {
    const rowCount = exampleOfRow.length
    const grouped = groupRows(exampleOfRow)
    if (!sameList(grouped, sources.examples)) {
      const tensors = Object.entries(all.tensors).map(
        ([name, tensor]) => [name, takeEntries(tensor, grouped)] as const,
      )
      sources = { examples: grouped, tensors: Object.fromEntries(tensors) }
    }
    const { source: sourceTokens, ...cross } = sources.tensors
    const perExample = rowCount / grouped.length
    const feeds = {
      ...cross,
      ...past,
      tokens: integers(ids, [rowCount, count]),
      positions: positions(count, length),
      selfMask: causalMask(count, length),
      rowSource: takeEntries(
        sourceTokens!,
        Array.from({ length: rowCount }, (_, row) => Math.floor(row / perExample)),
      ),
    }
    const outputs = await programs.run(feeds, origins)
    past = pastFeeds(outputs)
    length += count
    return outputs.scores!.data as Float32Array
  }

  const promptLength = request.prompts[0]!.length
  if (request.prompts.some((prompt) => prompt.length !== promptLength)) {
    throw new YuksuError(
      'prompt-length',
      'the decoder prompts of one batch must be of one length; generate them in separate calls',
    )
  }
  const prompts = request.prompts.flatMap((prompt) => Array.from(prompt))
  const logits = await run(prompts, promptLength, programs.firstOrigins(batch))
  return {
    logits,
    step(next, origins) {
      if (origins !== undefined) exampleOfRow = Array.from(origins, (row) => exampleOfRow[row]!)
      return run(next, 1, origins)
    },
    dispose() {
      past = {}
      programs.dispose()
      sources = { examples: [], tensors: {} }
    },
  }
}
