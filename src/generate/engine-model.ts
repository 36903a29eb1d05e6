import { product } from '../engine/dimension.ts'
import { compile, type Program } from '../engine/lowering.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { floats, integers, Session, type HostTensor, type SessionOptions } from '../engine/session.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { rowsPerExample, type DecoderFamily, type EncoderDecoderFamily } from '../models/family.ts'
import { causalMask, hidden, paddingMask, positions } from '../models/masks.ts'
import type { Model } from '../models/model.ts'
import { nextTokenScores } from '../models/next-token.ts'
import { KeyValueCache } from '../nn/key-value-cache.ts'
import type { DecoderModel, DecoderRequest, DecoderState, TokenRow } from './decoder-model.ts'

/** A model as decoding needs it, run by the engine with key/value caches. Weights are read where training writes them. */
export interface EngineModel extends DecoderModel {
  /** Frees the loaded programs. */
  release(): Promise<void>
}

/** Loads the decoding programs of a model when they are first used. */
export function createEngineModel(model: Model, options: SessionOptions = {}): EngineModel {
  const runner = new ProgramRunner(model, options)
  const { family, configuration } = model
  return {
    vocabularySize: configuration.vocabularySize,
    maximumLength: configuration.maxPositions,
    isEncoderDecoder: family.kind === 'encoder-decoder',
    start: (request) =>
      family.kind === 'encoder-decoder'
        ? startEncoderDecoder(runner, family, request)
        : startDecoder(runner, family, request),
    release: () => runner.release(),
  }
}

type Feeds = Record<string, HostTensor>

class ProgramRunner {
  readonly model: Model
  private readonly options: SessionOptions
  private readonly sessions = new Map<string, Promise<Session>>()

  constructor(model: Model, options: SessionOptions) {
    this.model = model
    this.options = options
  }

  async run(name: string, trace: () => Program, feeds: Feeds): Promise<Feeds> {
    let session = this.sessions.get(name)
    if (session === undefined) {
      session = Session.create(trace(), this.options)
      this.sessions.set(name, session)
    }
    return (await session).run({ ...this.model.feeds(), ...feeds })
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }
}

/** Keys and values of all blocks, from the outputs of one step to the inputs of the next. */
function pastFeeds(outputs: Feeds): Feeds {
  const prefix = 'present.'
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[`past.${name.slice(prefix.length)}`, tensor]] : [],
    ),
  )
}

/** A past of no tokens for every block of the program. */
function emptyPast(cache: readonly { name: string; heads: number; width: number }[], rows: number): Feeds {
  return Object.fromEntries(
    cache.map(({ name, heads, width }) => [name, floats(new Float32Array(0), [rows, heads, 0, width])]),
  )
}

function cacheOutputs(cache: KeyValueCache): Record<string, Tensor> {
  return Object.fromEntries(
    [...cache.present].flatMap(([path, { key, value }]) => [
      [`present.${path}.key`, key],
      [`present.${path}.value`, value],
    ]),
  )
}

function cacheShapes(program: Program): { name: string; heads: number; width: number }[] {
  return program.inputs
    .filter(({ name }) => name.startsWith('past.'))
    .map(({ name, shape }) => ({ name, heads: shape[1] as number, width: shape[3] as number }))
}

function encodeProgram(model: Model, family: EncoderDecoderFamily): Program {
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
  return compile(outputs)
}

function decodeProgram(
  model: Model,
  family: EncoderDecoderFamily,
  crossShapes: Readonly<Record<string, readonly number[]>>,
): Program {
  const scope = model.scope()
  const rows = product(['batch', rowsPerExample])
  const sourceMask = input('sourceMask', ['batch', 1, 1, 'source'])
  const cache = new KeyValueCache('pastRows', input('origins', [rows], 'int64'))
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
  return compile({ scores, ...cacheOutputs(cache) })
}

/** What the decoder needs of the sources, one entry an example; examples that ended are left out. */
interface Sources {
  readonly examples: readonly number[]
  readonly tensors: Feeds
}

function pad(
  rows: readonly TokenRow[],
  side: 'left' | 'right',
): { ids: Int32Array; attended: Uint8Array; length: number } {
  const length = Math.max(...rows.map((row) => row.length))
  const ids = new Int32Array(rows.length * length)
  const attended = new Uint8Array(rows.length * length)
  rows.forEach((row, index) => {
    const start = index * length + (side === 'left' ? length - row.length : 0)
    ids.set(row, start)
    attended.fill(1, start, start + row.length)
  })
  return { ids, attended, length }
}

/** The entries of the first axis at the indices, in their order. */
function takeEntries(tensor: HostTensor, indices: readonly number[]): HostTensor {
  const shape = [indices.length, ...tensor.shape.slice(1)]
  const size = tensor.shape.slice(1).reduce((total, dimension) => total * dimension, 1)
  if (tensor.dtype === 'int64') {
    const source = tensor.data as BigInt64Array
    const data = new BigInt64Array(indices.length * size)
    indices.forEach((from, to) => data.set(source.subarray(from * size, (from + 1) * size), to * size))
    return { dtype: tensor.dtype, data, shape }
  }
  const source = tensor.data as Float32Array
  const data = new Float32Array(indices.length * size)
  indices.forEach((from, to) => data.set(source.subarray(from * size, (from + 1) * size), to * size))
  return floats(data, shape)
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

/** The examples in order when every one has the same number of neighbouring rows; otherwise each row by itself. */
function groupRows(exampleOfRow: readonly number[]): readonly number[] {
  const examples = exampleOfRow.filter((example, row) => row === 0 || example !== exampleOfRow[row - 1])
  const perExample = exampleOfRow.length / examples.length
  const even = exampleOfRow.every((example, row) => example === examples[Math.floor(row / perExample)])
  return even ? examples : exampleOfRow
}

function checkTokens(rows: readonly TokenRow[], model: Model): void {
  const { vocabularySize, maxPositions } = model.configuration
  for (const row of rows) {
    if (row.length > maxPositions) {
      throw new YuksuError(
        'context-length-exceeded',
        `${row.length} tokens were given, the model reads at most ${maxPositions}; shorten the text`,
      )
    }
    for (let index = 0; index < row.length; index++) {
      const id = row[index]!
      if (!(id >= 0 && id < vocabularySize)) {
        throw new YuksuError('token-id', `${id} is not a token id; the vocabulary has ${vocabularySize}`)
      }
    }
  }
}

async function startEncoderDecoder(
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
  const encoded = await runner.run('encode', () => encodeProgram(model, family), {
    source: tokens,
    sourcePositions: positions(source.length),
    sourceMask,
  })
  const shapes = Object.fromEntries(Object.entries(encoded).map(([name, tensor]) => [name, tensor.shape]))
  const all: Sources = {
    examples: Array.from({ length: batch }, (_, index) => index),
    tensors: { ...encoded, sourceMask, source: tokens },
  }
  let program: Program | undefined
  const trace = () => (program ??= decodeProgram(model, family, shapes))
  const caches = cacheShapes(trace())
  let sources = all
  let exampleOfRow: readonly number[] = all.examples
  let past: Feeds = emptyPast(caches, batch)
  let length = 0

  const run = async (
    ids: ArrayLike<number>,
    count: number,
    origins: ArrayLike<number>,
  ): Promise<Float32Array> => {
    const rows = exampleOfRow.length
    const grouped = groupRows(exampleOfRow)
    if (!sameList(grouped, sources.examples)) {
      const tensors = Object.entries(all.tensors).map(
        ([name, tensor]) => [name, takeEntries(tensor, grouped)] as const,
      )
      sources = { examples: grouped, tensors: Object.fromEntries(tensors) }
    }
    const { source: sourceTokens, ...cross } = sources.tensors
    const perExample = rows / grouped.length
    const outputs = await runner.run('decode', trace, {
      ...cross,
      ...past,
      tokens: integers(ids, [rows, count]),
      positions: positions(count, length),
      selfMask: causalMask(count, length),
      origins: integers(origins, [rows]),
      rowSource: takeEntries(
        sourceTokens!,
        Array.from({ length: rows }, (_, row) => Math.floor(row / perExample)),
      ),
    })
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
  const logits = await run(prompts, promptLength, all.examples)
  return {
    logits,
    step(next, origins) {
      const from = origins ?? Int32Array.from({ length: next.length }, (_, row) => row)
      exampleOfRow = Array.from(from, (row) => exampleOfRow[row]!)
      return run(next, 1, from)
    },
    dispose() {
      past = {}
      sources = { examples: [], tensors: {} }
    },
  }
}

function decoderProgram(model: Model, family: DecoderFamily): Program {
  const cache = new KeyValueCache('pastRows', input('origins', ['rows'], 'int64'))
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
  return compile({ scores: prediction.logits, ...cacheOutputs(cache) })
}

async function startDecoder(
  runner: ProgramRunner,
  family: DecoderFamily,
  request: DecoderRequest,
): Promise<DecoderState> {
  const { model } = runner
  checkTokens(request.prompts, model)
  const prompts = pad(request.prompts, 'left')
  let program: Program | undefined
  const trace = () => (program ??= decoderProgram(model, family))
  let rows = request.prompts.length
  let past: Feeds = emptyPast(cacheShapes(trace()), rows)
  let length = 0
  /** How many places at the start of each row are padding. */
  let padding = request.prompts.map((prompt) => prompts.length - prompt.length)

  const run = async (
    ids: ArrayLike<number>,
    count: number,
    origins: ArrayLike<number>,
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
    const outputs = await runner.run('decode', trace, {
      ...past,
      tokens: integers(ids, [rows, count]),
      positions: integers(place, [rows, count]),
      mask: floats(mask, [rows, 1, count, total]),
      origins: integers(origins, [rows]),
    })
    past = pastFeeds(outputs)
    length = total
    return outputs.scores!.data as Float32Array
  }

  const logits = await run(
    prompts.ids,
    prompts.length,
    Array.from({ length: rows }, (_, row) => row),
  )
  return {
    logits,
    step(next, origins) {
      const from = origins ?? Int32Array.from({ length: next.length }, (_, row) => row)
      padding = Array.from(from, (row) => padding[row]!)
      rows = next.length
      return run(next, 1, from)
    },
    dispose() {
      past = {}
    },
  }
}
