import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { YuksuError } from '../errors.ts'
import { loadRecipe, parseRecipe } from './load-recipe.ts'
import { defineRecipe } from './validate.ts'

const minimal = 'output: runs/a\ndata: { train: a.jsonl, validation: b.jsonl }\ntrain: { minutes: 1 }\n'

function message(text: string, overrides: string[] = []): string {
  try {
    parseRecipe(text, 'r.yaml', overrides)
  } catch (error) {
    if (error instanceof YuksuError && !error.message.includes('\n')) return error.message
    throw error
  }
  throw new Error('the recipe was accepted')
}

describe('parseRecipe', () => {
  it('fills in every default', () => {
    const recipe = parseRecipe(minimal, 'r.yaml')
    expect(recipe.seed).toBe(1)
    expect(recipe.data.columns).toEqual({ dialogue: 'dialogue', summary: 'summary' })
    expect(recipe.train.schedule).toBe('cosine')
    expect(recipe.generation).toEqual({ maxNewTokens: 128 })
  })

  it('gives the same as an object in TypeScript', () => {
    expect(
      defineRecipe({
        output: 'runs/a',
        data: { train: 'a.jsonl', validation: 'b.jsonl' },
        train: { minutes: 1 },
      }),
    ).toEqual(parseRecipe(minimal, 'r.yaml'))
  })

  it('sets values from the command line: numbers, lists, texts with =, new sections, removal', () => {
    const recipe = parseRecipe(minimal, 'r.yaml', [
      'train.learningRate=2e-5',
      'data.train=[a.jsonl, "나.csv"]',
      'data.columns.dialogue=대화=본문',
      'tokenizer.specialTokens=["#Person1#"]',
      'train.minutes=null',
      'train.epochs=2',
      'model.copyHead=true',
    ])
    expect(recipe.train.learningRate).toBe(2e-5)
    expect(recipe.data.train).toEqual(['a.jsonl', '나.csv'])
    expect(recipe.data.columns.dialogue).toBe('대화=본문')
    expect(recipe.tokenizer.specialTokens).toEqual(['#Person1#'])
    expect(recipe.train.minutes).toBeUndefined()
    expect(recipe.model.copyHead).toBe(true)
  })

  it.each([
    ['train.learningrate=1', 'unknown key train.learningrate; did you mean train.learningRate?'],
    ['train.learning_rate=1', 'did you mean train.learningRate?'],
    ['trian.epochs=1', 'unknown key trian; did you mean train?'],
    [
      'learningRate=1',
      'unknown key learningRate; did you mean pretraining.learningRate or train.learningRate or minimumRisk.learningRate?',
    ],
    ['data.columns.dialouge=x', 'unknown key data.columns.dialouge; did you mean data.columns.dialogue?'],
    ['data.columns.ids=null', 'unknown key data.columns.ids; did you mean data.columns.id?'],
    ['evaluation.zzzzzz=1', 'unknown key evaluation.zzzzzz; known here: language, stem, rows'],
  ])('names an unknown key and the nearest known one: %s', (override, expected) => {
    expect(message(minimal, [override])).toContain(expected)
  })

  it.each([
    ['train.learningRate=fast', 'train.learningRate is text "fast"; expected a number > 0'],
    ['train.epochs=-1', 'train.epochs is -1; expected a number > 0'],
    ['train.maxSteps=1.5', 'train.maxSteps is 1.5; expected a whole number ≥ 1'],
    ['train.schedule=linera', 'train.schedule is text "linera"; expected one of linear, cosine, constant'],
    ['train.loadBestModelAtEnd=yes', 'train.loadBestModelAtEnd is text "yes"; expected true or false'],
    ['data.train=[1]', 'data.train is a list; expected text or a list of texts'],
    ['data=x.jsonl', 'data is text "x.jsonl"; expected a section of keys'],
    ['output=null', 'output is missing; expected text'],
    ['train.minutes=null', 'train has no end'],
    ['train.minutes=.inf', 'train.minutes is'],
    [
      'generation.temperature=0.5',
      'generation options contradict each other: temperature 0.5 needs doSample',
    ],
    ['train.momentum=0.5', 'train.momentum is for `sgd`; `adamw` does not use it, leave it out'],
    ['train.scaleByParameter=true', 'train.scaleByParameter is for `adafactor`; `adamw` does not use it'],
    [
      'pretraining={ maxSteps: 1, column: text }',
      'pretraining.column is a column of `pretraining.files`, and there are none',
    ],
    ['train.warmupRatio=2', 'train.warmupRatio is 2; expected a number ≥ 0 and ≤ 1'],
  ])('says what was given and what is expected: %s', (override, expected) => {
    expect(message(minimal, [override])).toContain(expected)
  })

  it.each(['adamw', 'adamw-8bit', 'radam', 'lion', 'sgd', 'adafactor'])(
    'takes what it wrote with %s',
    (optimizer) => {
      const recipe = parseRecipe(minimal, 'r.yaml', [`train.optimizer=${optimizer}`])
      expect(parseRecipe(stringify(recipe), 'r.yaml')).toEqual(recipe)
      const betas = ['train.adamBeta2=0.9', 'train.adamEpsilon=1e-6']
      const refused = betas.map((beta) => {
        try {
          return parseRecipe(minimal, 'r.yaml', [`train.optimizer=${optimizer}`, beta]) === undefined
        } catch {
          return true
        }
      })
      const isOfAdam = optimizer.includes('adam')
      expect(refused).toEqual([!isOfAdam && optimizer !== 'lion', !isOfAdam])
    },
  )

  it.each([
    ['train.epochs', 'not key=value'],
    ['=1', 'not key=value'],
    ['train..epochs=1', 'not key=value'],
    ['train.epochs=[1', 'no valid value'],
    ['tokenizer.specialTokens= #Person1#', 'reads as a comment'],
    ['output.folder=1', 'output is a value, not a section'],
    ['__proto__.polluted=1', 'unknown key __proto__'],
    ['constructor.prototype.polluted=1', 'unknown key constructor'],
  ])('refuses the override %s', (override, expected) => {
    expect(message(minimal, [override])).toContain(expected)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('says line and column of broken YAML, and refuses duplicate keys', () => {
    expect(message('output: a\ndata: [\n')).toMatch(/^r\.yaml:\d+:\d+: /)
    expect(message('output: a\nseed: 1\noutput: b\n')).toMatch(/^r\.yaml:3:1: .*unique/)
    expect(message('output: !!js/function a\n')).toMatch(/^r\.yaml:1:9: /)
    expect(message('')).toContain('output is missing')
    expect(message('- a\n')).toContain('the recipe is a list; expected keys and values')
  })

  it('stops at an alias bomb', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}, *l${i}]`,
    )
    expect(message(`l0: &l0 [a]\n${levels.join('\n')}\n`)).toContain('write the values out')
  })

  it('refuses sizes beside `from`, uneven heads and what a decoder cannot do', () => {
    expect(message(minimal, ['model={from: a, width: 64}'])).toContain('model.width is fixed by the folder')
    expect(message(minimal, ['model={width: 65, heads: 4}'])).toContain('model.width is 65')
    expect(message(minimal, ['model.family=llama'])).toContain('train.objective is `sequence-to-sequence`')
    const llama = ['model={family: llama, heads: 4, keyValueHeads: 2}', 'train.objective=causal']
    expect(parseRecipe(minimal, 'r', llama).model.keyValueHeads).toBe(2)
  })

  it.each(['gpt2', 'openai-gpt', 'gpt_neox', 'bloom', 'falcon', 'mamba'])(
    'knows %s as a decoder',
    (family) => {
      const recipe = (...changes: string[]) => [`model.family=${family}`, ...changes]
      expect(message(minimal, recipe())).toContain('train.objective is `sequence-to-sequence`')
      const causal = recipe('train.objective=causal')
      expect(message(minimal, [...causal, 'model.encoderLayers=2'])).toContain('model.encoderLayers')
      expect(parseRecipe(minimal, 'r', [...causal, 'model.tieEmbeddings=false']).model.family).toBe(family)
    },
  )

  it.each([
    ['pegasus', 'maxPositions=64', 'tieEmbeddings=false'],
    ['t5', 'tieEmbeddings=false', 'maxPositions=64'],
    ['mt5', 'tieEmbeddings=false', 'activation=gelu'],
  ])('knows %s as an encoder–decoder', (family, known, refused) => {
    const recipe = (...changes: string[]) => [`model.family=${family}`, ...changes]
    expect(parseRecipe(minimal, 'r', recipe('model.encoderLayers=2', `model.${known}`)).model.family).toBe(
      family,
    )
    for (const setting of ['copyHead=true', 'keyValueHeads=2', refused])
      expect(message(minimal, recipe(`model.${setting}`))).toContain(`model.${setting.split('=')[0]}`)
  })

  it('gives key heads of their own number to the families that have them', () => {
    const shared = (family: string) => [
      `model={family: ${family}, heads: 4, keyValueHeads: 2}`,
      'train.objective=causal',
    ]
    expect(parseRecipe(minimal, 'r', shared('falcon')).model.keyValueHeads).toBe(2)
    for (const family of ['gpt2', 'gpt_neox', 'bloom'])
      expect(message(minimal, shared(family))).toContain('model.keyValueHeads')
  })
})

describe('loadRecipe', () => {
  it.each(['dialogue-summarization', 'dialogue-summarization-native'])(
    'reads the shipped recipe %s',
    (name) => {
      const recipe = loadRecipe(resolve(import.meta.dirname, '../../recipes', `${name}.yaml`))
      expect(recipe.tokenizer.specialTokens).toHaveLength(7)
      expect(recipe.train.learningRate).toBe(1e-3)
      const { pretraining, train, minimumRisk } = recipe
      expect(pretraining!.minutes! + train.minutes! + minimumRisk!.minutes!).toBeLessThanOrEqual(150)
    },
  )

  it('says what is wrong with the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuksu-recipe-'))
    try {
      const path = join(folder, 'r.yaml')
      expect(() => loadRecipe(path)).toThrow(/does not exist/)
      writeFileSync(path, Buffer.from([0x6f, 0xff, 0xfe]))
      expect(() => loadRecipe(path)).toThrow(/UTF-8/)
      expect(() => loadRecipe(tmpdir())).toThrow(/is a folder/)
      expect(() => loadRecipe(folder)).toThrow(YuksuError)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
