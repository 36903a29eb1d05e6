import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoModelForSeq2SeqLM,
  AutoTokenizer,
  env,
  Tensor,
} from '@huggingface/transformers'
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngineModel } from '../../generate/engine-model.ts'
import { generate } from '../../generate/generate.ts'
import { readModelDefaults } from '../../generate/model-defaults.ts'
import { tinyFolder } from '../../generate/testing/tiny-folder.ts'
import { EncoderPass } from '../../models/encoder-pass.ts'
import type { EncoderConfiguration } from '../../models/family.ts'
import { Model, openModel } from '../../models/model.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { renderPrompt, renderSource } from '../../tokenizers/render.ts'
import { tinyBart } from '../../train/testing.ts'
import { exportModel } from '../export-model.ts'
import { onnxTypes, type OnnxType } from './export-onnx.ts'
import { onnxPrograms } from './programs.ts'
import { openOnnxFolder } from './run-onnx.ts'

const scratch = mkdtempSync(join(tmpdir(), 'yuksu-onnx-'))
const fixtures = join(import.meta.dirname, '../../models/fixtures')
afterAll(() => rmSync(scratch, { recursive: true }))
env.allowRemoteModels = false
env.localModelPath = scratch

const texts = ['민수야, 내일 병원에 가?', 'Are you coming tonight?', '회의는 세 시로 옮겼어요. 알겠습니다.']
const newTokens = 12
/** Of an encoder whole texts are compared. */
const comparedTexts = 4
const oneLine = expect.stringMatching(/^[^\n]+$/) as string

/** XLM that was taught with several. */
const isToldLanguages = (name: string) => {
  const {
    model_type: type,
    n_langs: count = 1,
    use_lang_emb: isUsed = true,
  } = JSON.parse(readFileSync(join(fixtures, name, 'config.json'), 'utf8')) as {
    model_type: string
    n_langs?: number
    use_lang_emb?: boolean
  }
  return type === 'xlm' && count > 1 && isUsed
}

/** The model types that Mamba's are: what they keep is a state. */
const unsupported = new Set(['mamba', 'mamba2'])
const published = readdirSync(fixtures).filter((name) =>
  existsSync(join(fixtures, name, 'model.safetensors')),
)
const typeOf = (name: string) =>
  (JSON.parse(readFileSync(join(fixtures, name, 'config.json'), 'utf8')) as { model_type: string }).model_type

describe('every family', () => {
  it.each(published.map((name) => [name, typeOf(name)] as const))(
    '%s (%s) answers as here, read at once and then token by token, or is refused',
    async (name, type) => {
      const { family } = await openModel(join(fixtures, name))
      const out = join(scratch, `published-${name}`)
      const given = await exportModel(join(fixtures, name), { format: 'onnx', out, type: 'f32' }).catch(
        (error: unknown) => error,
      )
      const isRefused = unsupported.has(type) || isToldLanguages(name)
      const positions = family.kind === 'encoder' ? comparedTexts : 70
      const refusal = { code: 'unsupported-export', message: oneLine }
      expect(given).toMatchObject(
        isRefused ? refusal : { comparisons: [{ positions, sameChoice: positions }] },
      )
      const [comparison] = (given as Partial<Awaited<ReturnType<typeof exportModel>>>).comparisons ?? []
      expect(comparison?.largestDifference ?? 0).toBeLessThan(1e-5)
      expect(existsSync(out)).toBe(!isRefused)
    },
  )
})

describe('an encoder', () => {
  it.each([
    ['f16', 1e-3],
    ['q8', 0.03],
    ['q4', 0.2],
  ] as const)('in %s is as near as its numbers are', async (type, limit) => {
    const out = join(scratch, `bert-${type}`)
    const { comparisons } = await exportModel(join(fixtures, 'bert'), { format: 'onnx', out, type })
    expect(comparisons).toMatchObject([{ of: 'embeddings', positions: comparedTexts }])
    expect(comparisons[0]!.meanShift).toBeLessThan(limit)
  })

  const encoders = published.filter((name) => /^(bert|roberta|xlm)/.test(name) && !isToldLanguages(name))
  it('is there to be tested', () => expect(encoders.length).toBeGreaterThan(4))

  it.each(encoders)('%s says the same of padded rows, of parts of a pair, and by its head', async (name) => {
    const model = await openModel(join(fixtures, name))
    const out = join(scratch, `rows-${name}`)
    await exportModel(join(fixtures, name), { format: 'onnx', out, type: 'f32', compare: false })
    const { padTokenId, tokenTypes } = model.configuration as EncoderConfiguration
    const inputIds = [
      [5, 9, 17, 33, 8, 21],
      [7, 12, 6, padTokenId, padTokenId, padTokenId],
    ]
    const attentionMask = inputIds.map((row) => row.map((id) => (id === padTokenId ? 0 : 1)))
    const tokenTypeIds = inputIds.map((row) => row.map((_, index) => (tokenTypes > 1 && index > 2 ? 1 : 0)))
    const pass = new EncoderPass(model)
    const wanted = await pass.run({ inputIds, attentionMask, tokenTypeIds })
    await pass.release()
    const integers = (rows: number[][]) =>
      new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [2, 6])
    const loaded = await AutoModel.from_pretrained(`rows-${name}`, { dtype: 'fp32', local_files_only: true })
    const given = (await loaded({
      input_ids: integers(inputIds),
      attention_mask: integers(attentionMask),
      token_type_ids: integers(tokenTypeIds),
    })) as Record<string, { data: Float32Array }>
    const differences = (one: Float32Array, other: Float32Array, rows: readonly number[]) => {
      const width = one.length / rows.length
      return one.map((value, index) => {
        // What is said of padding is nobody's.
        return rows[Math.floor(index / width)] === 0 ? 0 : Math.abs(value - other[index]!)
      })
    }
    const hidden = differences(wanted.hidden.data, given.last_hidden_state!.data, attentionMask.flat())
    expect(Math.max(...hidden)).toBeLessThan(1e-5)
    const rows = wanted.logits?.shape.length === 3 ? attentionMask.flat() : [1, 1]
    const none = new Float32Array(rows.length)
    const said = differences(wanted.logits?.data ?? none, given.logits?.data ?? none, rows)
    expect(Math.max(...said)).toBeLessThan(1e-5)
    expect(given.logits === undefined).toBe(wanted.logits === undefined)
    await loaded.dispose()
  })
})

describe.each(['decoder', 'encoder-decoder'] as const)('a %s', (kind) => {
  let folder = ''
  const prompts: number[][] = []
  const expected: number[][] = []
  const name = (type: OnnxType) => `${kind}-${type}`

  beforeAll(async () => {
    const tiny = await tinyFolder(kind)
    folder = tiny.folder
    const model = await openModel(folder)
    const tokenizer = await loadTokenizer(folder)
    const engine = createEngineModel(model)
    const render = kind === 'decoder' ? renderPrompt : renderSource
    const settings = { ...readModelDefaults(folder, model), maxNewTokens: newTokens }
    for (const text of texts) {
      prompts.push(render(tokenizer, text))
      const [written] = await generate(engine, { inputIds: [prompts.at(-1)!] }, settings)
      expected.push([...written!.tokens])
    }
    await engine.release()
    for (const type of Object.keys(onnxTypes) as OnnxType[])
      await exportModel(folder, { format: 'onnx', out: join(scratch, name(type)), type, compare: false })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('has the files that transformers.js and Optimum look for', () => {
    const programs = kind === 'decoder' ? ['model'] : ['encoder_model', 'decoder_model_merged']
    for (const [type, end] of Object.entries(onnxTypes)) {
      const out = join(scratch, name(type as OnnxType))
      expect(readdirSync(join(out, 'onnx')).toSorted()).toEqual(
        programs.map((one) => `${one}${end}.onnx`).toSorted(),
      )
      for (const file of ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'])
        expect(existsSync(join(out, file))).toBe(true)
    }
  })

  it('takes less room the fewer bits it has', () => {
    const size = (type: OnnxType) => {
      const onnx = join(scratch, name(type), 'onnx')
      return readdirSync(onnx).reduce((total, file) => total + readFileSync(join(onnx, file)).length, 0)
    }
    expect(size('f16')).toBeLessThan(0.7 * size('f32'))
    expect(size('q8')).toBeLessThan(size('f16'))
    expect(size('q4')).toBeLessThan(size('q8'))
  })

  it('writes by a plain loop over ONNX Runtime what it writes here', async () => {
    const model = await openOnnxFolder(join(scratch, name('f32')), 'f32')
    const { vocabularySize } = await loadTokenizer(folder)
    for (const [index, prompt] of prompts.entries()) {
      const row = await model.start(prompt)
      const written: number[] = []
      let logits = await row.step(kind === 'decoder' ? prompt : [2])
      while (written.length < newTokens && written.at(-1) !== 2) {
        const last = logits.subarray(-vocabularySize)
        written.push(last.indexOf(Math.max(...last)))
        logits = await row.step([written.at(-1)!])
      }
      expect(written).toEqual(expected[index])
    }
    await model.release()
  })

  it('writes the same in transformers.js, which tokenizes as here', async () => {
    const auto = kind === 'decoder' ? AutoModelForCausalLM : AutoModelForSeq2SeqLM
    const dtypes = { f32: 'fp32', f16: 'fp16', q8: 'q8', q4: 'q4' } as const
    const tokenizer = await AutoTokenizer.from_pretrained(name('f32'), { local_files_only: true })
    const ours = await loadTokenizer(folder)
    for (const text of texts)
      expect(tokenizer.encode(text)).toEqual(ours.encode(text, { addSpecialTokens: true }))
    for (const [type, dtype] of Object.entries(dtypes)) {
      const model = await auto.from_pretrained(name(type as OnnxType), { dtype, local_files_only: true })
      const written: number[][] = []
      for (const prompt of prompts) {
        const integers = (values: number[]) =>
          new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
        const rows = (await model.generate({
          input_ids: integers(prompt),
          attention_mask: integers(prompt.map(() => 1)),
          max_new_tokens: newTokens,
          do_sample: false,
        } as Parameters<typeof model.generate>[0])) as Tensor
        const ids = (rows.tolist() as bigint[][])[0]!.map(Number)
        written.push(ids.slice(kind === 'decoder' ? prompt.length : 1))
      }
      await model.dispose()
      // In fewer bits another token may win where two are close.
      const same = written.filter((ids, index) => ids.join() === expected[index]!.join()).length
      expect.soft(same, type).toBeGreaterThanOrEqual({ f32: 3, f16: 3, q8: 1, q4: 0 }[type]!)
    }
  })

  it('answers a row of a padded batch as it answers the row alone', async () => {
    const side = kind === 'decoder' ? 'left' : 'right'
    const longest = Math.max(...prompts.map((prompt) => prompt.length))
    const padded = prompts.map((prompt) => {
      const padding = new Array<number>(longest - prompt.length)
      const around = (value: number, own: number[]) =>
        side === 'left' ? [...padding.fill(value), ...own] : [...own, ...padding.fill(value)]
      return {
        ids: around(1, prompt),
        mask: around(
          0,
          prompt.map(() => 1),
        ),
      }
    })
    const integers = (rows: number[][]) =>
      new RuntimeTensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length])
    const onnx = join(scratch, name('f32'), 'onnx')
    const mask = integers(padded.map((row) => row.mask))
    const ids = integers(padded.map((row) => row.ids))
    const session = await InferenceSession.create(
      join(onnx, kind === 'decoder' ? 'model.onnx' : 'encoder_model.onnx'),
    )
    const places = padded.map((row) => row.mask.map((_, index) => Math.max(0, index - row.mask.indexOf(1))))
    const feeds: Record<string, RuntimeTensor> = { input_ids: ids, attention_mask: mask }
    const run = async (rows: Record<string, RuntimeTensor>, count: number, position: number[][]) => {
      if (kind === 'decoder') {
        rows.position_ids = integers(position)
        for (const entry of session.inputMetadata) {
          if (!entry.name.startsWith('past') || !entry.isTensor) continue
          const shape = entry.shape.map((size, axis) =>
            axis === 0 ? count : typeof size === 'number' ? size : 0,
          )
          rows[entry.name] = new RuntimeTensor('float32', new Float32Array(0), shape)
        }
      }
      const [output] = session.outputNames
      return (await session.run(rows))[output!]!
    }
    const together = await run(feeds, padded.length, places)
    const width = together.dims.at(-1)!
    for (const [index, prompt] of prompts.entries()) {
      const own = { input_ids: integers([prompt]), attention_mask: integers([prompt.map(() => 1)]) }
      const alone = (await run(own, 1, [prompt.map((_, place) => place)])).data as Float32Array
      const start = (index * longest + (side === 'left' ? longest - prompt.length : 0)) * width
      const there = (together.data as Float32Array).subarray(start, start + prompt.length * width)
      expect(Math.max(...there.map((value, at) => Math.abs(value - alone[at]!)))).toBeLessThan(1e-4)
    }
    await session.release()
  })
})

describe('the decoder of an encoder–decoder', () => {
  it('does not look at the encoder again once it has its own view of it', async () => {
    const tiny = await tinyFolder('encoder-decoder')
    const out = join(scratch, 'view')
    await exportModel(tiny.folder, { format: 'onnx', out, type: 'f32', compare: false })
    const session = await InferenceSession.create(join(out, 'onnx/decoder_model_merged.onnx'))
    const integers = (values: number[]) =>
      new RuntimeTensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
    const encoded = (scale: number) =>
      new RuntimeTensor(
        'float32',
        Float32Array.from({ length: 5 * 32 }, (_, index) => scale * Math.sin(index)),
        [1, 5, 32],
      )
    const empty = Object.fromEntries(
      session.inputNames
        .filter((name) => name.startsWith('past'))
        .map((name) => [name, new RuntimeTensor('float32', new Float32Array(0), [1, 4, 0, 8])]),
    )
    const fixed = { encoder_attention_mask: integers([1, 1, 1, 1, 1]) }
    const flag = (value: boolean) => new RuntimeTensor('bool', [value], [1])
    const first = await session.run({
      ...fixed,
      ...empty,
      input_ids: integers([2]),
      encoder_hidden_states: encoded(1),
      use_cache_branch: flag(false),
    })
    const past = Object.fromEntries(
      Object.entries(first).map(([name, value]) => [name.replace('present', 'past_key_values'), value]),
    )
    delete past.logits
    const next = async (scale: number, isCached: boolean) => {
      const feeds = { ...fixed, ...past, input_ids: integers([7]), encoder_hidden_states: encoded(scale) }
      return [
        ...((await session.run({ ...feeds, use_cache_branch: flag(isCached) })).logits!.data as Float32Array),
      ]
    }
    expect(await next(3, true)).toEqual(await next(1, true))
    expect(await next(1, false)).toEqual(await next(1, true))
    expect(await next(3, false)).not.toEqual(await next(1, true))
    await session.release()
    await tiny.remove()
  })

  it('is refused with a copy head', () => {
    const model: Model = tinyBart({ copyHead: true })
    expect(() => onnxPrograms(model)).toThrow(expect.objectContaining({ code: 'unsupported-export' }))
  })
})
