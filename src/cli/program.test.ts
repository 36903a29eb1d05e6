import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { YuksuError } from '../errors.ts'
import { modelNameOf } from '../generate/model-name.ts'
import type { GenerationOptions } from '../generate/options.ts'
import type { RecipeResult } from '../recipes/run-recipe.ts'
import type { Recipe } from '../recipes/schema.ts'
import { registerGenerate } from './generate.ts'
import { registerInspect } from './inspect.ts'
import { createProgram, runProgram } from './program.ts'
import { registerQuickstart } from './quickstart.ts'
import { registerRun } from './run.ts'
import { registerServe } from './serve.ts'

const recipePath = resolve(import.meta.dirname, '../../recipes/dialogue-summarization.yaml')
let folder: string
let stdout: string
let stderr: string
let asked: Array<{ texts: string[]; options: GenerationOptions }>
let ran: Recipe | undefined
let closed: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-cli-'))
  stdout = stderr = ''
  asked = []
  ran = undefined
  closed = 0
  process.exitCode = undefined
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += String(text))))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  rmSync(folder, { recursive: true })
})

const model: LanguageModelV3 & { close(): Promise<void> } = {
  specificationVersion: 'v3',
  provider: 'test',
  modelId: 'fake',
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('unused')),
  doStream: () => Promise.reject(new Error('unused')),
  close: async () => {
    closed += 1
  },
}

const pair: [number, number] = [0.35, 0.45]
const measure = {
  precision: 0.5,
  recall: 0.3,
  f1: 0.4,
  interval: { precision: pair, recall: pair, f1: pair },
}
const scores = { rouge1: measure, rouge2: measure, rougeL: measure }
const finished: RecipeResult = {
  ...scores,
  model: 'runs/a/model',
  lead3: scores,
  longest: scores,
  unit: 'word',
  language: 'en',
  stem: true,
  rows: 7,
  dropped: {},
  seconds: 1,
  steps: 2,
  parameters: 3,
}

function program() {
  const made = createProgram()
  registerQuickstart(made, async () => ({
    quickstart: async ({ folder }) => ({ model: folder, seconds: 1 }),
  }))
  registerRun(made, async () => ({
    runRecipe: async (recipe) => {
      ran = recipe
      return finished
    },
  }))
  registerGenerate(made, async () => ({
    openSummarizer: async () => ({
      summarize: async (texts, options) => {
        asked.push({ texts, options })
        return texts.map((text) => `요약 ${text.length}`)
      },
      close: model.close,
    }),
  }))
  registerInspect(
    made,
    async () => ({
      inspectModel(folder) {
        if (folder === 'broken') throw new TypeError('x is not\na function')
        if (folder !== 'model') throw new YuksuError('no-model', `${folder} holds no model; give a folder`)
        return { family: 'bart', parameters: { total: 1234567, trainable: 1234567 } }
      },
    }),
    () => import('../train/inspect-step.ts'),
  )
  registerServe(made, async () => ({ openLanguageModel: async () => model }))
  return made
}

const yuksu = (...words: string[]) => runProgram(program(), words)

describe('yuksu', () => {
  it('shows its commands, and an example with each', async () => {
    expect(await yuksu('--help')).toBe(0)
    for (const name of ['quickstart', 'run', 'generate', 'inspect', 'serve']) {
      expect(stdout).toContain(name)
      const before = stdout.length
      expect(await yuksu(name, '--help')).toBe(0)
      expect(stdout.slice(before)).toMatch(/Examples?:\n {2}\$ yuksu /)
    }
    expect(stderr).toBe('')
  })

  it.each([
    [['genrate'], "yuksu: unknown command 'genrate' (Did you mean generate?)\n"],
    [['inspect', 'a', '--jsn'], "yuksu: unknown option '--jsn' (Did you mean --json?)\n"],
    [['inspect'], "yuksu: missing required argument 'model'\n"],
    [['inspect', 'a', 'b'], "yuksu: too many arguments for 'inspect'. Expected 1 argument but got 2.\n"],
    [
      ['serve', 'a', '--port', '70000'],
      "argument '70000' is invalid. Expected a whole number ≥ 0 and ≤ 65535.\n",
    ],
    [['generate', 'a', '--beams', '0'], "argument '0' is invalid. Expected a whole number ≥ 1.\n"],
    [['generate', 'a', '--prompt', 'x', '--length-penalty', 'much'], 'Expected a number.\n'],
    [['generate', 'a'], 'yuksu: nothing to answer; give --prompt TEXT, or --input and --output\n'],
    [
      ['generate', 'a', '--input', 'x.jsonl'],
      'yuksu: --input needs --output, a .jsonl file for the predictions\n',
    ],
    [['generate', 'a', '--prompt', 'x', '--input', 'y'], 'yuksu: --prompt and --input were both given'],
    [['inspect', 'nowhere'], 'yuksu: nowhere holds no model; give a folder\n'],
    [['run', recipePath, 'train.learningrate=1'], 'did you mean train.learningRate?\n'],
    [['run', 'nowhere.yaml'], 'yuksu: recipe nowhere.yaml does not exist; check the path\n'],
  ])('%j fails with one line', async (words, message) => {
    expect(await yuksu(...words)).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr.match(/\n/g)).toHaveLength(1)
  })

  it('shows where an unexpected error comes from only when asked to', async () => {
    expect(await yuksu('inspect', 'broken')).toBe(1)
    expect(stderr).toBe(
      'yuksu: x is not a function; this was not expected: set YUKSU_DEBUG=1 to see where it comes from\n',
    )
    vi.stubEnv('YUKSU_DEBUG', '1')
    await yuksu('inspect', 'broken')
    vi.unstubAllEnvs()
    expect(stderr).toContain('program.test.ts')
  })

  it('prints data as JSON, or for people', async () => {
    await yuksu('inspect', 'model', '--json')
    expect(JSON.parse(stdout)).toEqual({ family: 'bart', parameters: { total: 1234567, trainable: 1234567 } })
    stdout = ''
    await yuksu('inspect', 'model')
    expect(stdout).toBe('family  bart\nparameters\n  total      1,234,567\n  trainable  1,234,567\n')
    stdout = ''
    await yuksu('quickstart', '--json', '--folder', 'q')
    expect(JSON.parse(stdout)).toEqual({ model: 'q', seconds: 1 })
  })

  it('runs a recipe with overrides, and prints it without running it', async () => {
    await yuksu('run', recipePath, 'train.minutes=2', 'output=runs/b', '--json')
    expect(ran).toMatchObject({ output: 'runs/b', train: { minutes: 2 } })
    expect(JSON.parse(stdout)).toMatchObject({ model: 'runs/a/model' })
    ran = undefined
    stdout = ''
    await yuksu('train', recipePath, '--print')
    expect(ran).toBeUndefined()
    const printed = join(folder, 'printed.yaml')
    writeFileSync(printed, stdout)
    stdout = ''
    await yuksu('run', printed, '--print')
    expect(stdout).toBe(readFileSync(printed, 'utf8'))
  })
})

describe('yuksu generate', () => {
  it('answers a prompt with the settings of the command line', async () => {
    const words = [
      '--beams',
      '4',
      '--no-repeat-ngram-size',
      '3',
      '--length-penalty',
      '-1',
      '--max-new-tokens',
      '9',
    ]
    expect(await yuksu('generate', 'm', '--prompt', '민수: 안녕', ...words)).toBe(0)
    expect(stdout).toBe('요약 6\n')
    expect(asked).toEqual([
      {
        texts: ['민수: 안녕'],
        options: { numBeams: 4, noRepeatNgramSize: 3, lengthPenalty: -1, maxNewTokens: 9 },
      },
    ])
    expect(closed).toBe(1)
    await yuksu('generate', 'm', '--prompt', 'x', '--temperature', '0.5')
    expect(asked[1]!.options).toEqual({ doSample: true, temperature: 0.5 })
  })

  it('adds predictions to a file and does not mix settings in it', async () => {
    const input = join(folder, 'rows.jsonl')
    const output = join(folder, 'out.jsonl')
    writeFileSync(input, '{"대화": "가나"}\n{"대화": ""}\n')
    const words = ['generate', folder, '--input', input, '--column', '대화', '--output', output]
    writeFileSync(join(folder, 'model.safetensors'), 'first weights')
    expect(await yuksu(...words, '--json')).toBe(0)
    expect(readFileSync(output, 'utf8')).toBe(
      '{"대화":"가나","prediction":"요약 2"}\n{"대화":"","prediction":""}\n',
    )
    expect(JSON.parse(stdout)).toEqual({ output, rows: 2, resumed: 0, empty: 1 })
    expect(await yuksu(...words, '--beams', '2')).toBe(1)
    expect(stderr).toContain('remove it or give another --output')
    writeFileSync(join(folder, 'model.safetensors'), 'later weights')
    rmSync(join(folder, 'model.safetensors'))
    expect(await yuksu(...words)).toBe(1)
    expect(stderr).toContain('was written with weights')
    expect(closed).toBe(3)
  })
})

describe('yuksu serve', () => {
  it('names a model after its folder, or after the run it is in', () => {
    expect(modelNameOf('/a/kobart')).toBe('kobart')
    expect(modelNameOf('runs/dialogues/model')).toBe('dialogues')
    expect(modelNameOf('org/model')).toBe('org')
    expect(modelNameOf('org/model@v1', false)).toBe('org/model')
  })

  it('prints its address, answers, and ends in good order', async () => {
    const listeners = process.listenerCount('SIGINT')
    const ended = yuksu('serve', 'runs/soup/model', '--port', '0', '--json')
    await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBe(listeners + 1), 10_000)
    const { url, model: name } = JSON.parse(stdout) as { url: string; model: string }
    expect(name).toBe('soup')
    expect((await fetch(`${url}/health`)).status).toBe(200)
    process.emit('SIGINT')
    expect(await ended).toBe(0)
    expect(closed).toBe(1)
    expect(process.listenerCount('SIGINT')).toBe(listeners)
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  })

  it('says that its port is in use', async () => {
    const { createServer } = await import('../serve/server.ts')
    const other = createServer({ models: {}, port: 0 })
    const { port } = await other.listen()
    expect(await yuksu('serve', 'm', '--port', String(port))).toBe(1)
    expect(stderr).toBe(
      `yuksu: port ${port} on 127.0.0.1 is in use; stop the other program or choose another with --port (0 takes a free one)\n`,
    )
    expect(closed).toBe(1)
    await other.close(0)
  })
})

it('keeps the shipped recipe where its own head says it is', () => {
  const head = readFileSync(recipePath, 'utf8')
  const named = /npx yuksu run (\S+)/.exec(head)![1]!
  expect(existsSync(resolve(import.meta.dirname, '../..', named))).toBe(true)
})
