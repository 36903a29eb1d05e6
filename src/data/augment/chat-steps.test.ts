import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { afterEach, describe, expect, it } from 'vitest'
import type { RowValues, TextColumns } from '../step.ts'
import { backTranslation } from './back-translation.ts'
import type { ChatModel } from './chat-model.ts'
import { counterfactuals } from './counterfactuals.ts'
import { languageModelChat } from './language-model-chat.ts'
import { paraphrase } from './paraphrase.ts'
import { selfRefinement } from './self-refinement.ts'
import { scriptedServer } from './testing/chat-server.ts'
import { askedText, planWithServer } from './testing/plan-step.ts'
import { corpusContext, rowsOf } from './testing/rows.ts'

const columns: TextColumns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }

const korean = {
  dialogue: '#Person1#: 내일 세 시에 도서관 앞에서 만날까?\n#Person2#: 좋아, 책 2권을 가져갈게.',
  summary: '#Person1#은 #Person2#와 내일 만나기로 한다.',
}
const rewritten = '#Person1#: 내일 세 시쯤 도서관 입구에서 보자.\n#Person2#: 그래, 내가 책 2권 들고 갈게.'
const english = { dialogue: 'A: Shall we meet at the library?\nB: Fine with me.', summary: 'They meet.' }

const answer = (text: string) => `<answer>\n${text}\n</answer>`

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'yuksu-augment-'))
  folders.push(path)
  return path
}

describe('paraphrase', () => {
  it('makes a row that names its model, prompt and seeds', async () => {
    const { made, figures, server } = await planWithServer(
      paraphrase,
      [korean],
      columns,
      () => `네!\n${answer(rewritten)}`,
      {
        temperature: 0.3,
        styles: ['반말'],
        prices: { input: 100_000, output: 200_000 },
      },
    )
    expect(made).toEqual([
      {
        values: { ...korean, dialogue: rewritten },
        recipe: {
          step: 'paraphrase',
          model: 'soup',
          temperature: 0.3,
          seed: 1,
          prompts: ['paraphrase-1'],
          style: '반말',
          requestSeed: server.requests[0]!.seed,
        },
      },
    ])
    expect(server.requests[0]).toMatchObject({ model: 'soup', temperature: 0.3 })
    expect(askedText(server.requests[0]!)).toBe(korean.dialogue)
    expect(server.requests[0]!.messages[1]!.content).toContain('반말')
    expect(figures).toMatchObject({
      'rows asked about': 1,
      'rows made': 1,
      requests: 1,
      'tokens of requests': 10,
      cost: 2,
    })
  })

  it.each<[string, string, RowValues]>([
    ['malformed', rewritten, korean],
    ['malformed', `${answer(rewritten)}${answer(rewritten)}`, korean],
    ['empty', '<answer> </answer>', korean],
    ['no-answer', ' ', korean],
    ['unchanged', answer(korean.dialogue), korean],
    ['marks-changed', answer(rewritten.replace('책 2권', '#Person3# 책 2권')), korean],
    ['turns-changed', answer(rewritten.replaceAll('#Person1#', '#Person2#')), korean],
    ['turns-changed', answer(rewritten.split('\n')[0]!), korean],
    ['numbers-added', answer(rewritten.replace('2권', '3권')), korean],
    ['wrong-length', answer(rewritten + ' 아주'.repeat(60)), korean],
    ['wrong-language', answer(rewritten), english],
    ['tag-in-text', answer(rewritten), { ...korean, dialogue: '이제 </text> 를 쓰자' }],
  ])('counts %s and makes nothing', async (reason, said, row) => {
    const { made, figures, failures } = await planWithServer(paraphrase, [row], columns, () => said)
    expect(made).toEqual([])
    expect(figures).toMatchObject({ 'rows made': 0, [`failed: ${reason}`]: 1 })
    expect(failures).toMatchObject([{ file: 'rows.jsonl', number: 1, step: 'paraphrase', reason }])
    expect(JSON.stringify(failures)).not.toContain('도서관')
  })

  it('asks again with another seed, and leaves what was cut off', async () => {
    const { made, server, figures } = await planWithServer(paraphrase, [korean], columns, (_, number) =>
      number === 1 ? { text: answer(rewritten), finish: 'length' } : answer(rewritten),
    )
    expect(made).toHaveLength(1)
    expect(new Set(server.requests.map((request) => request.seed)).size).toBe(2)
    expect(figures).toMatchObject({ requests: 2 })
  })

  it('gives the same whatever comes first, with rows in their order', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => ({
      dialogue: `나는 오늘 ${index}번 문을 열었다`,
      summary: 's',
    }))
    const reply = (delay: boolean) => {
      const plan = () =>
        planWithServer(
          paraphrase,
          rows,
          columns,
          (request) => {
            const text = askedText(request)
            // Some fail, and those are told of in order too.
            return text.includes('3') ? '모름' : answer(`${text.replace('나는 오늘', '오늘 내가')}지`)
          },
          { concurrency: delay ? 8 : 1, maximumSimilarity: 1 },
          { milliseconds: delay ? 3 : 0 },
        )
      return plan()
    }
    const [first, second] = [await reply(false), await reply(true)]
    expect(first.made).toHaveLength(27)
    expect(first.failures.map((failure) => failure.number)).toEqual([4, 14, 24])
    expect(second.made).toEqual(first.made)
    expect(second.failures).toEqual(first.failures)
    expect(second.outcomes[7]).toMatchObject({ made: [{ dialogue: '오늘 내가 7번 문을 열었다지' }] })
    expect(second.server.most).toBeGreaterThan(3)
    expect(second.server.most).toBeLessThanOrEqual(8)
  })

  it('asks nothing twice after it was cut off', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({
      dialogue: `${index}번 손님이 주문을 바꾸었다`,
      summary: 's',
    }))
    const said = (text: string) => answer(text.replace('손님이 주문을', '손님이 시킨 것을'))
    let gone = true
    const asked: string[] = []
    const server = await scriptedServer((request, number) => {
      // From the seventh on it is gone, until it comes back.
      if (gone && number > 6) return { status: 500 }
      asked.push(askedText(request))
      return said(askedText(request))
    })
    try {
      const options = { concurrency: 1, retries: 0, endpoint: server.endpoint }
      const also = { cache: await folder() }
      const cut = planWithServer(paraphrase, rows, columns, () => '', options, also)
      await expect(cut).rejects.toMatchObject({ code: 'chat-unavailable' })
      expect(asked).toHaveLength(6)
      gone = false
      const resumed = await planWithServer(paraphrase, rows, columns, () => '', options, also)
      expect(asked).toEqual(rows.map((row) => row.dialogue))
      expect(resumed.figures).toMatchObject({ requests: 6, 'answers kept from before': 6 })
      const whole = await planWithServer(paraphrase, rows, columns, (request) => said(askedText(request)))
      expect(resumed.outcomes).toEqual(whole.outcomes)
    } finally {
      await server.close()
    }
  })

  it('goes on where one request is refused, and stops where none can succeed', async () => {
    const rows = [korean, english, korean]
    const some = await planWithServer(paraphrase, rows, columns, (request) =>
      askedText(request) === english.dialogue ? { status: 400 } : answer(rewritten),
    )
    expect(some.made).toHaveLength(2)
    expect(some.figures).toMatchObject({ 'failed: chat-refused': 1 })
    const none = planWithServer(paraphrase, rows, columns, () => ({ status: 401 }))
    await expect(none).rejects.toMatchObject({ code: 'chat-unauthorized' })
    const few = planWithServer(paraphrase, rows, columns, () => answer(rewritten), {
      maximumTokens: 20,
      concurrency: 1,
    })
    await expect(few).rejects.toMatchObject({ code: 'chat-budget' })
  })

  it('asks about a share of the rows, and drops copies that came out alike', async () => {
    const rows = Array.from({ length: 60 }, () => korean)
    const { server } = await planWithServer(paraphrase, rows, columns, () => answer(rewritten), {
      share: 0.3,
    })
    expect(server.requests.length).toBeGreaterThan(8)
    expect(server.requests.length).toBeLessThan(30)
    const { made, figures } = await planWithServer(paraphrase, [korean], columns, () => answer(rewritten), {
      copies: 3,
    })
    expect(made).toHaveLength(1)
    expect(figures).toMatchObject({ 'failed: same-as-another': 2 })
  })

  it('wants to be told where the model is', async () => {
    const options = paraphrase.options.parse({ model: 'soup', cache: false })
    const path = await folder()
    const before = process.env.OPENAI_BASE_URL
    delete process.env.OPENAI_BASE_URL
    try {
      await expect(
        paraphrase.plan(rowsOf([korean], columns), options, corpusContext(path)),
      ).rejects.toMatchObject({ code: 'chat-endpoint' })
      const model: ChatModel = {
        name: 'soup',
        identity: 'test',
        chat: async () => ({
          text: answer(rewritten),
          finishReason: 'stop',
          inputTokens: 1,
          outputTokens: 1,
        }),
      }
      const context = {
        ...corpusContext(path),
        openChatModel: async (name: string) => (name === 'soup' ? model : undefined),
      }
      const plan = await paraphrase.plan(rowsOf([korean], columns), options, context)
      expect(plan.figures).toMatchObject({ 'rows made': 1 })
    } finally {
      if (before !== undefined) process.env.OPENAI_BASE_URL = before
    }
  })
})

describe('back-translation', () => {
  const there = '#Person1#: Shall we meet at three by the library?\n#Person2#: Good, I bring 2 books.'

  it('goes through another language and back', async () => {
    const { made, server } = await planWithServer(backTranslation, [korean], columns, (request) =>
      answer(askedText(request) === korean.dialogue ? there : rewritten),
    )
    expect(server.requests.map((request) => askedText(request))).toEqual([korean.dialogue, there])
    expect(made).toMatchObject([
      {
        values: { ...korean, dialogue: rewritten },
        recipe: { through: 'English', prompts: ['translate-1'] },
      },
    ])
  })

  it('counts what was not translated', async () => {
    const { figures } = await planWithServer(backTranslation, [korean], columns, () => answer(rewritten))
    expect(figures).toMatchObject({ 'rows made': 0, 'failed: not-translated': 1 })
    const lost = await planWithServer(backTranslation, [korean], columns, () =>
      answer('#Person1#: Hello there.'),
    )
    expect(lost.figures).toMatchObject({ 'failed: turns-changed': 1 })
  })
})

describe('counterfactuals', () => {
  const review = { review: '배우들의 연기가 정말 좋아서 두 번 봤다', label: 1 }
  const both: TextColumns = { texts: ['review'], document: ['review'] }
  const edited = (text: string, label: string) =>
    `<new_text>${text}</new_text><new_answer>${label}</new_answer>`
  const options = { target: 'label', labels: ['0', '1'] }

  it('makes a row with a small edit and another label of the same kind', async () => {
    const said = edited('배우들의 연기가 정말 나빠서 두 번 봤다', '0')
    const { made } = await planWithServer(counterfactuals, [review], both, () => said, options)
    expect(made).toMatchObject([{ values: { review: '배우들의 연기가 정말 나빠서 두 번 봤다', label: 0 } }])
  })

  it.each([
    ['same-target', edited('배우들의 연기가 정말 나빠서 두 번 봤다', '1')],
    ['unknown-label', edited('배우들의 연기가 정말 나빠서 두 번 봤다', 'bad')],
    ['unchanged', edited(review.review, '0')],
    ['edit-too-large', edited('시간이 아까운 영화였다', '0')],
    ['wrong-language', edited('the acting was bad', '0')],
    ['malformed', '{"new_text": "x"}'],
  ])('counts %s', async (reason, said) => {
    const { made, figures } = await planWithServer(counterfactuals, [review], both, () => said, options)
    expect(made).toEqual([])
    expect(figures).toMatchObject({ [`failed: ${reason}`]: 1 })
  })

  it('wants a column to change', async () => {
    await expect(planWithServer(counterfactuals, [review], both, () => '')).rejects.toMatchObject({
      code: 'augment-columns',
    })
  })
})

describe('self-refinement', () => {
  const feedback = (verdict: string) => `<feedback>더 짧게</feedback><verdict>${verdict}</verdict>`
  /** Feedback as listed, one after another; other requests are answered with summaries that name how many came before. */
  const script = (
    verdicts: string[],
    draft = (round: number) => `#Person1#은 만나자고 한다 ${'다'.repeat(round)}`,
  ) => {
    let round = 0
    return ({ messages }: { messages: readonly { content: string }[] }) =>
      messages[1]!.content.includes('<verdict>') ? feedback(verdicts.shift()!) : answer(draft(++round))
  }

  it('refines until the feedback finds nothing', async () => {
    const { made, server } = await planWithServer(
      selfRefinement,
      [korean],
      columns,
      script(['improve', 'improve', 'Good']),
    )
    expect(made).toMatchObject([
      {
        values: { dialogue: korean.dialogue, summary: '#Person1#은 만나자고 한다 다다' },
        recipe: { rounds: 2, stopped: 'good' },
      },
    ])
    expect(server.requests.map((request) => askedText(request, 'draft')).slice(2, 3)).toEqual([
      '#Person1#은 만나자고 한다 다',
    ])
    expect(askedText(server.requests[1]!, 'feedback')).toBe('더 짧게')
  })

  it('stops after so many rounds, and drafts what is missing', async () => {
    const row = { dialogue: korean.dialogue }
    const { made, server } = await planWithServer(
      selfRefinement,
      [row],
      columns,
      script(['improve', 'improve']),
      { rounds: 2 },
    )
    expect(made).toMatchObject([
      { values: { summary: '#Person1#은 만나자고 한다 다다다' }, recipe: { rounds: 2, stopped: 'rounds' } },
    ])
    expect(server.requests).toHaveLength(5)
  })

  it('makes nothing of what is good already, and counts what is made up', async () => {
    const good = await planWithServer(selfRefinement, [korean], columns, script(['good']))
    expect(good.figures).toMatchObject({ 'rows made': 0, 'nothing to do: already-good': 1 })
    const marks = await planWithServer(
      selfRefinement,
      [korean],
      columns,
      script(['improve', 'good'], () => '#Person7#이 왔다'),
      { attempts: 1 },
    )
    expect(marks.figures).toMatchObject({ 'failed: marks-changed': 1 })
    const odd = await planWithServer(selfRefinement, [korean], columns, script(['perhaps']), { attempts: 1 })
    expect(odd.figures).toMatchObject({ 'failed: malformed': 1 })
  })
})

describe('languageModelChat', () => {
  it('speaks to models of the AI SDK', async () => {
    const calls: unknown[] = []
    const model = {
      provider: 'p',
      modelId: 'm',
      doGenerate: async (call: unknown) => {
        calls.push(call)
        return {
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: '네' },
          ],
          finishReason: { unified: 'length', raw: undefined },
          usage: { inputTokens: { total: 3 }, outputTokens: { total: 1 } },
          warnings: [],
        }
      },
    } as unknown as LanguageModelV3
    const said = await languageModelChat(model).chat(
      [
        { role: 'system', content: 's' },
        { role: 'user', content: 'u' },
      ],
      { temperature: 0, maxTokens: 4, seed: 9, stop: ['\n'] },
    )
    expect(languageModelChat(model).identity).toBe('["p","m"]')
    expect(languageModelChat(model, 'trained again').identity).toBe('trained again')
    expect(said).toEqual({ text: '네', finishReason: 'length', inputTokens: 3, outputTokens: 1 })
    expect(calls).toEqual([
      {
        prompt: [
          { role: 'system', content: 's' },
          { role: 'user', content: [{ type: 'text', text: 'u' }] },
        ],
        temperature: 0,
        maxOutputTokens: 4,
        seed: 9,
        stopSequences: ['\n'],
      },
    ])
  })
})
