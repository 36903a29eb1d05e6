import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer } from '../../serve/server.ts'
import { prepare } from '../prepare/prepare.ts'
import { definePreparation } from '../prepare/recipe.ts'
import { endpointChatModel } from './endpoint-chat-model.ts'

let folder = ''
const path = (...parts: string[]) => join(folder, ...parts)
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'yuksu-augmented-'))))
afterEach(() => rmSync(folder, { recursive: true }))

type Values = Record<string, unknown>
const lines = (...parts: string[]) =>
  readFileSync(path(...parts), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Values)

/** A model that says the text it was sent in other words: with 정말 in it. */
const echo = {
  specificationVersion: 'v3',
  provider: 'test',
  modelId: 'echo',
  supportedUrls: {},
  async doGenerate({ prompt }) {
    const part = prompt.at(-1)!.content[0]
    const said = typeof part === 'object' && part.type === 'text' ? part.text : ''
    const text = said.slice(said.indexOf('<text>\n') + 7, said.indexOf('\n</text>'))
    return {
      content: [{ type: 'text', text: `<answer>${text.replaceAll(': ', ': 정말 ')}</answer>` }],
      finishReason: { unified: 'stop', raw: undefined },
      usage: {
        inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 3, text: 3, reasoning: 0 },
      },
      warnings: [],
    }
  },
  doStream: () => Promise.reject(new Error('not asked for')),
} satisfies LanguageModelV3

async function withServer<Result>(use: (endpoint: string) => Promise<Result>): Promise<Result> {
  const server = createServer({ models: { echo }, port: 0 })
  const { url } = await server.listen()
  try {
    return await use(`${url}/v1`)
  } finally {
    await server.close(0)
  }
}

const rows = Array.from({ length: 12 }, (_, index) => ({
  dialogue: `#Person1#: 안녕, ${index}번 버스는 언제 오니?\n#Person2#: 금방 올 거야, 조금만 기다려 보자.`,
  summary: `#Person1#은 #Person2#에게 버스가 언제 오는지 묻는다.`,
  topic: index < 9 ? '교통' : '안부',
}))

describe('augmentation in a preparation', () => {
  it('makes rows that are traced to their parents, the same with any number of threads', async () => {
    writeFileSync(path('talk.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    await withServer(async (endpoint) => {
      const recipe = definePreparation({
        seed: 3,
        steps: [
          { 'topic-balance': { atLeast: 'largest' } },
          'speaker-swap',
          { noise: { neighbour: 0.1 } },
          { paraphrase: { model: 'echo', endpoint, share: 0.5, cache: path('cache') } },
        ],
      })
      const run = (out: string, threads: number) =>
        prepare({ files: [path('talk.jsonl')], out: path(out), recipe, threads })
      const report = await run('one', 1)
      await run('two', 2)
      for (const name of readdirSync(path('one')).filter((name) => name.endsWith('.jsonl'))) {
        expect(readFileSync(path('two', name), 'utf8')).toBe(readFileSync(path('one', name), 'utf8'))
      }
      const origins = lines('one', 'talk.origins.jsonl')
      const written = lines('one', 'talk.jsonl')
      expect(written).toHaveLength(report.rowsOut)
      const steps = origins.map(({ made }) => (made as { recipe: Values } | undefined)?.recipe.step ?? 'read')
      const count = (step: string) => steps.filter((one) => one === step).length
      expect(count('read')).toBe(12)
      expect(count('topic-balance')).toBe(6)
      expect(count('speaker-swap')).toBe(18)
      expect(count('noise')).toBeGreaterThan(30)
      expect(count('paraphrase')).toBeGreaterThan(20)
      for (const [index, origin] of origins.entries()) {
        expect(written[index]!.topic).toBe(rows[(origin as { number: number }).number - 1]!.topic)
      }
      const said = origins.filter((_, index) => steps[index] === 'paraphrase')
      for (const { made } of said)
        expect(made).toMatchObject({ recipe: { model: 'echo', prompts: ['paraphrase-1'] } })
      const texts = written.filter((_, index) => steps[index] === 'paraphrase')
      expect(texts.every(({ dialogue }) => (dialogue as string).includes('정말'))).toBe(true)
    })
  })

  it('asks a server of ours as it asks any other', async () => {
    await withServer(async (endpoint) => {
      const model = endpointChatModel({ endpoint, model: 'echo' })
      const said = await model.chat([{ role: 'user', content: '<text>\n나: 왔다\n</text>' }], {
        temperature: 0.5,
        maxTokens: 50,
        seed: 4,
      })
      expect(said).toEqual({
        text: '<answer>나: 정말 왔다</answer>',
        finishReason: 'stop',
        inputTokens: 7,
        outputTokens: 3,
      })
    })
  })
})
