import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepare } from '../data/prepare/prepare.ts'
import { definePreparation } from '../data/prepare/recipe.ts'
import { openTextModel } from '../generate/text-model.ts'
import { promptTokens } from '../generate/prompt-tokens.ts'
import { openModel } from '../models/model.ts'
import { createDropReport } from '../runs/dropped-rows.ts'
import { readChatTemplate } from '../tokenizers/chat-template.ts'
import { largestDifference } from '../train/testing.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { tokenizeRows } from './examples.ts'
import { splitHeldBack } from './held-back.ts'
import { readRecipeRows, recipeTemplate } from './recipe-rows.ts'
import { runRecipe } from './run-recipe.ts'
import { recipeSchema } from './schema.ts'

const rows = Array.from({ length: 24 }, (_, index) => ({
  대화: `#Person1#: ${index}번 방은 어디예요?\n#Person2#: ${index % 5}층에 있어요.`,
  요약: `${index}번 방은 ${index % 5}층에 있다.`,
}))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-recipe-'))
  await writeFile(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})
afterEach(() => rm(folder, { recursive: true }))

function recipe(
  changes: {
    summary?: string
    objective?: 'causal'
    pretraining?: 'text' | 'spans'
    test?: boolean
    minimumRisk?: boolean
  } = {},
) {
  const file = join(folder, 'rows.jsonl')
  return recipeSchema.parse({
    output: join(folder, 'run'),
    data: {
      train: file,
      validation: file,
      ...(changes.test && { test: file }),
      columns: { dialogue: '대화', summary: changes.summary ?? '요약' },
    },
    tokenizer: { vocabularySize: 400, specialTokens: ['#Person1#', '#Person2#'] },
    model: {
      family: changes.objective === 'causal' ? 'llama' : 'mbart',
      width: 8,
      heads: 2,
      decoderLayers: 1,
      maxPositions: 256,
      ...(changes.objective !== 'causal' && { encoderLayers: 1, copyHead: true }),
    },
    ...(changes.pretraining && {
      pretraining: {
        maxSteps: 2,
        restore: changes.pretraining,
        ...(changes.pretraining === 'text' && { files: file }),
      },
    }),
    ...(changes.minimumRisk && { minimumRisk: { maxSteps: 2, attempts: 2 } }),
    train: {
      objective: changes.objective ?? 'sequence-to-sequence',
      maxSteps: 2,
      maxTokensPerBatch: 512,
      interchangeableTokens: ['#Person1#', '#Person2#'],
    },
    generation: { maxNewTokens: 4 },
    evaluation: { language: 'ko', rows: 2 },
  })
}

const quiet = { say: () => undefined }

describe('runRecipe', () => {
  it('leaves a model folder that opens, predictions for every row and a report', async () => {
    const result = await runRecipe(recipe({ pretraining: 'text', test: true }), quiet)
    expect(result).toMatchObject({
      rows: rows.length,
      steps: 2,
      unit: 'morpheme',
      test: { rows: rows.length },
    })
    expect(JSON.parse(await readFile(join(folder, 'run/report.json'), 'utf8'))).toEqual(result)
    for (const name of ['predictions.jsonl', 'test-predictions.jsonl']) {
      expect((await readFile(join(folder, 'run', name), 'utf8')).trimEnd().split('\n')).toHaveLength(
        rows.length,
      )
    }
    const model = await openTextModel(result.model)
    expect(model.tokenizer.encode('#Person2#')).toHaveLength(1)
    await model.release()
    // A finished run is not run again.
    expect(await runRecipe(recipe({ pretraining: 'text', test: true }), quiet)).toEqual(result)
  })

  it('reports how its rows were prepared, and what of the evaluation rows was found among them', async () => {
    const out = join(folder, 'prepared')
    const columns = { document: '대화', summary: '요약' }
    const check = {
      contamination: { evaluation: [join(folder, 'rows.jsonl')], action: 'report', shortest: 4 },
    }
    const preparation = definePreparation({ columns, steps: ['exact-duplicates', check] })
    await prepare({ files: [join(folder, 'rows.jsonl')], out, recipe: preparation, threads: 1 })
    const whole = recipe()
    const said: string[] = []
    const result = await runRecipe(
      { ...whole, data: { ...whole.data, train: join(out, 'rows.jsonl') } },
      { say: (line) => void said.push(line) },
    )
    expect(result.preparations).toMatchObject([
      { steps: [{ name: 'exact-duplicates' }, { name: 'contamination' }] },
    ])
    expect(result.preparations![0]!.contamination).toHaveLength(1)
    expect(said.filter((line) => line.includes('exact-duplicates, contamination'))).toHaveLength(1)
  })

  it('goes through span infilling, training and minimum risk, each in the record and the same when repeated', async () => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const { model, seconds } = await runRecipe(whole, quiet)
    const events = (await readFile(join(folder, 'run/events.jsonl'), 'utf8')).trimEnd().split('\n')
    const finished = events
      .map((line) => JSON.parse(line) as { type: string; stage?: string; seconds?: number; reward?: number })
      .filter(({ type }) => type === 'training-finished')
    expect(
      events.find((line) => line.includes('"pretraining"') && line.includes('training-started')),
    ).toMatch(`"examples":${rows.length}`)
    expect(finished.map(({ stage }) => stage)).toEqual(['pretraining', 'training', 'minimum-risk'])
    expect(seconds).toBeCloseTo(
      finished.reduce((sum, event) => sum + event.seconds!, 0),
      6,
    )
    const weights = await readFile(join(model, 'model.safetensors'))
    const again = await runRecipe({ ...whole, output: join(folder, 'again') }, quiet)
    expect(await readFile(join(again.model, 'model.safetensors'))).toEqual(weights)
    // The last stage did change something.
    const before = await runRecipe(
      { ...whole, minimumRisk: undefined, output: join(folder, 'before') },
      quiet,
    )
    expect(await readFile(join(before.model, 'model.safetensors'))).not.toEqual(weights)
  })

  it('shows rows held back from training to minimum risk alone', async () => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const divided = { ...whole, minimumRisk: { ...whole.minimumRisk!, heldBack: 0.5 } }
    const { trained, judged } = splitHeldBack(
      rows.map(() => ({ source: new Int32Array(1), target: new Int32Array(1) })),
      divided,
    )
    await runRecipe(divided, quiet)
    const events = (await readFile(join(folder, 'run/events.jsonl'), 'utf8')).trimEnd().split('\n')
    const started = events
      .map((line) => JSON.parse(line) as { type: string; stage: string; examples: number })
      .filter(({ type }) => type === 'training-started')
    expect(started.map(({ stage, examples }) => [stage, examples])).toEqual([
      ['pretraining', rows.length],
      ['training', trained.length],
      ['minimum-risk', judged.length],
    ])
  })

  it('learns the same in parts, with memory: low', async () => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const losses = async (memory: 'fast' | 'low') => {
      const output = join(folder, memory)
      await runRecipe({ ...whole, output, train: { ...whole.train, memory } }, quiet)
      const lines = (await readFile(join(output, 'events.jsonl'), 'utf8')).trimEnd().split('\n')
      return lines
        .map((line) => JSON.parse(line) as { type: string; loss: number })
        .flatMap(({ type, loss }) => (type === 'step-finished' ? [loss] : []))
    }
    const [fast, low] = [await losses('fast'), await losses('low')]
    expect(fast.length).toBe(3)
    low.forEach((loss, stage) => expect(loss).toBeCloseTo(fast[stage]!, 4))
  })

  it('learns nearly the same in every stage with products: int8', async () => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const losses = async (products: 'float32' | 'int8') => {
      const output = join(folder, products)
      const model = { ...whole.model, width: 208, feedForwardWidth: 256 }
      await runRecipe({ ...whole, output, model, train: { ...whole.train, products } }, quiet)
      const lines = (await readFile(join(output, 'events.jsonl'), 'utf8')).trimEnd().split('\n')
      return lines
        .map((line) => JSON.parse(line) as { type: string; loss: number })
        .flatMap(({ type, loss }) => (type === 'step-finished' ? [loss] : []))
    }
    const [exact, rounded] = [await losses('float32'), await losses('int8')]
    expect(exact.length).toBe(3)
    rounded.forEach((loss, stage) => {
      expect(loss).toBeCloseTo(exact[stage]!, 1)
      expect(loss).not.toBe(exact[stage])
    })
  })

  it('learns its tokens from the texts of pretraining too, or from the rows alone', async () => {
    const text = join(folder, 'other.txt')
    await writeFile(text, 'zyzzyva zyzzyva zyzzyva\n\nzyzzyva zyzzyva\n')
    const tokens = async (texts: 'rows' | 'all') => {
      const whole = recipe({ pretraining: 'text' })
      const output = join(folder, texts)
      const pretraining = { ...whole.pretraining!, files: [{ path: text, passages: 'paragraphs' as const }] }
      const { model } = await runRecipe(
        { ...whole, output, pretraining, tokenizer: { ...whole.tokenizer, texts } },
        quiet,
      )
      const lineage = await readFile(join(output, 'lineage.json'), 'utf8')
      expect(lineage).toContain('other.txt')
      const opened = await openTextModel(model)
      await opened.release()
      return opened.tokenizer.encode(' zyzzyva').length
    }
    expect(await tokens('all')).toBeLessThan(3)
    expect(await tokens('rows')).toBeGreaterThan(5)
  })

  it('refuses a finished tokenizer that has not the tokens it is said to have', async () => {
    const { model } = await runRecipe(recipe(), quiet)
    const whole = recipe()
    const given = { ...whole, output: join(folder, 'other'), tokenizer: { ...whole.tokenizer, from: model } }
    const other = { ...given, tokenizer: { ...given.tokenizer, specialTokens: ['#Person1#', '상담원'] } }
    await expect(runRecipe(other, quiet)).rejects.toThrow(/has no token '상담원'; leave it out/)
    await expect(runRecipe(given, quiet)).resolves.toMatchObject({ rows: rows.length })
  })

  it('trains a decoder on the same rows', async () => {
    const result = await runRecipe(recipe({ objective: 'causal' }), quiet)
    expect(result.rows).toBe(rows.length)
  })

  it('trains a decoder without attention on them, and without a limit of length', async () => {
    const model = { family: 'mamba' as const, width: 8, decoderLayers: 1, dropout: 0.1 }
    const result = await runRecipe({ ...recipe({ objective: 'causal' }), model }, quiet)
    expect(result.rows).toBe(rows.length)
  })

  it.each(['t5', 'mt5', 'longt5', 'pegasus'] as const)('goes through every stage with %s', async (family) => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const { maxPositions, copyHead: _, ...sizes } = whole.model
    const model = { ...sizes, family, ...(family === 'pegasus' && { maxPositions }) }
    const result = await runRecipe({ ...whole, model }, quiet)
    expect(result.rows).toBe(rows.length)
    const config = JSON.parse(await readFile(join(result.model, 'config.json'), 'utf8')) as object
    expect(config).toMatchObject({ model_type: family })
    await (await openTextModel(result.model)).release()
  })

  it('gives pretraining dropout of its own, and the model that comes of it that of the model', async () => {
    const whole = recipe({ pretraining: 'spans', minimumRisk: true })
    const { model } = await runRecipe(
      {
        ...whole,
        model: { ...whole.model, dropout: 0.3 },
        pretraining: { ...whole.pretraining!, learningRate: 0.01, dropout: 0.05 },
        train: { ...whole.train, learningRate: 1e-9 },
        minimumRisk: { ...whole.minimumRisk!, learningRate: 1e-9 },
      },
      quiet,
    )
    const checkpoint = (stage: string) => join(folder, 'run', 'checkpoints', stage, 'step-2')
    const folders = [...['pretraining', 'training', 'minimum-risk'].map(checkpoint), model]
    const rates = await Promise.all(
      folders.map(async (one) => JSON.parse(await readFile(join(one, 'config.json'), 'utf8')).dropout),
    )
    expect(rates).toEqual([0.05, 0.3, 0.3, 0.3])
    // Each goes on from what the one before it learned.
    const [pretrained, ...later] = await Promise.all(
      folders.map(async (one) => (await openModel(one)).parameters),
    )
    for (const parameters of later)
      for (const [name, { data }] of parameters)
        expect(largestDifference(data, pretrained!.get(name)!.data)).toBeLessThan(1e-6)
  })

  it('trains a decoder on conversations, on the answers alone, as it is served', async () => {
    const file = join(folder, 'chats.jsonl')
    const chats = rows.map((row, index) => [
      { role: 'user', content: row.대화 },
      { role: 'assistant', content: row.요약 },
      ...(index % 2 === 0
        ? [
            { role: 'user', content: '다시' },
            { role: 'assistant', content: `${index}번` },
          ]
        : []),
    ])
    await writeFile(
      file,
      [...chats, [{ role: 'user', content: '누구?' }]]
        .map((messages) => `${JSON.stringify({ messages })}\n`)
        .join(''),
    )
    const template = join(folder, 'chat.jinja')
    await writeFile(
      template,
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    )
    const whole = recipe({ objective: 'causal' })
    const chat = recipeSchema.parse({
      ...whole,
      data: { train: file, validation: file, columns: { messages: 'messages' }, chatTemplate: template },
      tokenizer: { vocabularySize: 400, specialTokens: ['<|user|>', '<|assistant|>', '<|end|>'] },
      train: { ...whole.train, interchangeableTokens: [] },
    })
    const result = await runRecipe(chat, quiet)
    expect(result).toMatchObject({ rows: 24, dropped: { 'no-answer': 2 } })
    const written = JSON.parse(await readFile(join(result.model, 'generation_config.json'), 'utf8')) as {
      eos_token_id: number[]
    }
    const tokenizer = await loadTokenizer(result.model)
    expect(written.eos_token_id).toEqual([tokenizer.specialTokens.eos, tokenizer.tokenToId('<|end|>')])
    expect(await readFile(join(result.model, 'chat_template.jinja'), 'utf8')).toBe(
      await readFile(template, 'utf8'),
    )
    // What is learned of a row is its answers, after the very tokens that the served model is asked with.
    const learned = await recipeTemplate(chat, tokenizer)
    const drops = createDropReport()
    const read = await readRecipeRows(chat, [file], drops)
    const [example] = tokenizeRows(
      read.slice(0, 1),
      tokenizer,
      'decoder',
      chat.data,
      drops,
      file,
      learned!.template,
    )
    const prompt = promptTokens(
      tokenizer,
      chats[0]!.slice(0, 3).map(({ role, content }) => ({ role: role as 'user', text: content })),
      await readChatTemplate(result.model),
    )
    expect(Array.from(example!.target.subarray(0, prompt.length))).toEqual(prompt)
    const texts = [...example!.target].filter((_, index) => example!.learned![index] === 1)
    expect(tokenizer.decode(texts, { skipSpecialTokens: false })).toBe(
      '0번 방은 0층에 있다.<|end|>0번<|end|>',
    )
    const last = { ...chat.data, answers: 'last' as const }
    const [other] = tokenizeRows(read.slice(0, 1), tokenizer, 'decoder', last, drops, file, learned!.template)
    expect(other!.learned!.reduce((sum, one) => sum + one, 0)).toBeLessThan(texts.length)
    const short = { ...chat.data, limits: { maxSourceTokens: 8, maxTargetTokens: 1 } }
    expect(
      tokenizeRows(read.slice(0, 1), tokenizer, 'decoder', short, drops, file, learned!.template),
    ).toEqual([])
    expect(drops.counts['conversation-too-long']).toBe(1)
  })

  it('wants a template for conversations', async () => {
    const file = join(folder, 'chats.jsonl')
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ]
    await writeFile(file, `${JSON.stringify({ messages })}\n`)
    const whole = recipe({ objective: 'causal' })
    const data = { train: file, validation: file, columns: { messages: 'messages' } }
    const train = { ...whole.train, interchangeableTokens: [] }
    await expect(runRecipe(recipeSchema.parse({ ...whole, data, train }), quiet)).rejects.toMatchObject({
      code: 'no-chat-template',
    })
    const sequence = { ...train, objective: 'sequence-to-sequence' }
    expect(recipeSchema.safeParse({ ...whole, data, train: sequence }).success).toBe(false)
    expect(
      recipeSchema.safeParse({ ...whole, data: { ...data, columns: {}, chatTemplate: 'x' } }).success,
    ).toBe(false)
  })

  it('gives its folder back where it failed on its data, and keeps what else was there', async () => {
    await expect(runRecipe(recipe({ summary: '없는 열' }), quiet)).rejects.toThrow(/없는 열/)
    expect(existsSync(join(folder, 'run'))).toBe(false)
    const whole = recipe({ pretraining: 'text' })
    const absent = {
      ...whole,
      pretraining: { ...whole.pretraining!, files: join(folder, 'absent.txt') },
      tokenizer: { ...whole.tokenizer, texts: 'rows' as const },
    }
    await expect(runRecipe(absent, quiet)).rejects.toThrow(/absent\.txt/)
    expect(existsSync(join(folder, 'run'))).toBe(false)
    await runRecipe(recipe(), quiet)
    expect(await readdir(join(folder, 'run'))).toContain('report.json')
  })
})
