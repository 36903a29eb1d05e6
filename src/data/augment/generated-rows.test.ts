import { describe, expect, it } from 'vitest'
import type { TextColumns } from '../step.ts'
import { attributedPrompts } from './attributed-prompts.ts'
import { selfInstruct } from './self-instruct.ts'
import type { AskedRequest } from './testing/chat-server.ts'
import { planWithServer } from './testing/plan-step.ts'

const taskColumns: TextColumns = {
  texts: ['instruction', 'input', 'output'],
  document: ['instruction', 'input', 'output'],
}

const seeds = [
  '다음 문장을 영어로 번역하시오.',
  '주어진 글의 감정을 긍정과 부정으로 나누시오.',
  '여행 계획을 세우는 방법을 설명하시오.',
].map((instruction) => ({ instruction, input: '', output: '답' }))

const nouns = ['사과', '구름', '기차', '바다', '의자', '연필', '겨울', '시장', '음식', '나무', '도시', '역사']
const verbs = ['자라는 과정을 단계별로 적으시오', '무엇과 비슷한지 비유하시오', '주제로 짧은 시를 지으시오']
/** Instructions that are new each time. */
const fresh = (number: number) =>
  `${nouns[number % nouns.length]} ${number}번: ${verbs[number % verbs.length]}`

const content = (request: AskedRequest) => request.messages[1]!.content
const isProposal = (request: AskedRequest) => content(request).includes('</task> 사이에 쓰세요')
const tasks = (...texts: string[]) => texts.map((text) => `<task>${text}</task>`).join('\n')

/** Proposes what `propose` says; every third task is a classification, and answers name their task. */
function script(propose: (number: number) => string) {
  let proposals = 0
  return (request: AskedRequest): string => {
    if (isProposal(request)) return propose(proposals++)
    const task = content(request).slice(
      content(request).indexOf('<task>\n') + 7,
      content(request).indexOf('\n</task>'),
    )
    const system = request.messages[0]!.content
    if (system.includes('나누는')) return `<answer>${task.includes('시를') ? 'yes' : 'no'}</answer>`
    if (system.includes('이름표를 먼저')) return `<output>좋음</output><input>${task}의 입력</input>`
    return `<input></input><output>${task}의 답</output>`
  }
}

const few = { count: 6, perPrompt: 2, promptsPerRound: 2, maximumSimilarity: 0.95 }

describe('self-instruct', () => {
  it('makes tasks of seeds, classifications answer first, and names the parents', async () => {
    const { made, figures, server } = await planWithServer(
      selfInstruct,
      seeds,
      taskColumns,
      script((number) => tasks(fresh(2 * number), fresh(2 * number + 1))),
      few,
    )
    expect(made).toHaveLength(6)
    expect(figures).toMatchObject({ seeds: 3, 'rows made': 6 })
    for (const { values, recipe } of made) {
      const classification = (values.instruction as string).includes('시를')
      expect(values).toEqual({
        instruction: values.instruction,
        input: classification ? `${values.instruction as string}의 입력` : '',
        output: classification ? '좋음' : `${values.instruction as string}의 답`,
      })
      expect(recipe).toMatchObject({ step: 'self-instruct', model: 'soup', classification })
      const parents = recipe.parents as Record<string, unknown>[]
      expect(parents.filter((parent) => parent.file === 'rows.jsonl')).toHaveLength(3)
    }
    // Later requests show tasks that were made before, and name them.
    const later = made.filter(({ recipe }) => (recipe.parents as object[]).some((parent) => 'made' in parent))
    expect(later.length).toBeGreaterThan(0)
    const last = server.requests.filter(isProposal).at(-1)!
    expect(made.some(({ values }) => content(last).includes(values.instruction as string))).toBe(true)
  })

  it('gives the same whatever comes first', async () => {
    const plan = (concurrency: number, milliseconds: number) =>
      planWithServer(
        selfInstruct,
        seeds,
        taskColumns,
        (request) => {
          // The answer depends on the request alone, as that of a model with a seed does.
          const number = request.seed! % 1000
          return script(() => tasks(fresh(number), fresh(number + 1)))(request)
        },
        { ...few, concurrency },
        { milliseconds },
      )
    const [first, second] = [await plan(1, 0), await plan(8, 3)]
    expect(first.made.length).toBeGreaterThan(3)
    expect(second.outcomes).toEqual(first.outcomes)
  })

  it.each([
    ['similar', '다음 문장을 영어로 번역하시오!', {}],
    ['too-short', '쓰시오', {}],
    ['too-long', '아주 '.repeat(300), {}],
    ['keyword', '이 사진에서 보이는 것을 설명하시오.', {}],
    ['keyword', '사과가 자라는 과정을 적으시오.', { keywords: ['사과'] }],
    ['odd-beginning', '?? 이것은 어떤 과제입니까', {}],
    ['wrong-language', 'Explain how apples grow on trees.', {}],
  ])('leaves out what is %s', async (reason, instruction, options) => {
    const { made, figures, failures } = await planWithServer(
      selfInstruct,
      seeds,
      taskColumns,
      script(() => tasks(instruction)),
      { ...few, maximumSimilarity: 0.7, patience: 2, ...options },
    )
    expect(made).toEqual([])
    expect(figures).toMatchObject({ 'rows made': 0, [`failed: ${reason}`]: 4 })
    expect(failures[0]).toMatchObject({ step: 'self-instruct', reason })
  })

  it('takes no task twice, nor one like another made in the same run', async () => {
    const { made, figures } = await planWithServer(
      selfInstruct,
      seeds,
      taskColumns,
      script(() => tasks(fresh(1), fresh(1))),
      {
        ...few,
        patience: 1,
      },
    )
    expect(made).toHaveLength(1)
    expect((figures['failed: similar'] as number) > 2).toBe(true)
  })

  it.each([
    ['malformed', '아무 말'],
    ['output-is-input', '<input>가</input><output>가</output>'],
    ['unfinished', '<input></input><output>답은 다음과 같다:</output>'],
    ['empty', '<input>가</input><output></output>'],
    ['repeats-instruction', `<input></input><output>${fresh(0)}</output>`],
  ])('counts instances that are %s', async (reason, said) => {
    const { made, figures } = await planWithServer(
      selfInstruct,
      seeds,
      taskColumns,
      (request) => {
        if (isProposal(request)) return tasks(fresh(0))
        return request.messages[0]!.content.includes('나누는') ? '<answer>no</answer>' : said
      },
      { ...few, patience: 1, promptsPerRound: 1 },
    )
    expect(made).toEqual([])
    expect(figures).toMatchObject({ [`failed: ${reason}`]: 1 })
  })

  it('wants seeds, and stops where the model is gone', async () => {
    const columns = { columns: { instruction: 'prompt' } }
    await expect(planWithServer(selfInstruct, seeds, taskColumns, () => '', columns)).rejects.toMatchObject({
      code: 'augment-columns',
    })
    const gone = planWithServer(selfInstruct, seeds, taskColumns, () => ({ status: 500 }), { retries: 0 })
    await expect(gone).rejects.toMatchObject({ code: 'chat-unavailable' })
  })
})

describe('attributed-prompts', () => {
  const columns: TextColumns = { texts: ['review'], document: ['review'] }
  const reviews = [
    { review: '정말 재미있게 본 영화', label: 'good', id: 1 },
    { review: '시간이 아까운 이야기', label: 'bad', id: 2 },
    { review: '배우들이 빛났다', label: 'good', id: 3 },
  ]
  const options = {
    task: '영화 감상평',
    attributes: { 말투: ['반말', '존댓말'], 관점: ['배우', '음악', '화면'] },
    count: 6,
  }
  let number = 0
  const unlike = () =>
    `<answer>${Array.from({ length: 4 }, () => `${nouns[number % 12]}${number++}`).join(' ')}</answer>`

  it('asks for each label with every combination once, after examples of that label', async () => {
    const { made, server, figures } = await planWithServer(
      attributedPrompts,
      reviews,
      columns,
      unlike,
      options,
    )
    expect(figures).toMatchObject({ labels: 2, 'rows made': 12 })
    for (const label of ['good', 'bad']) {
      const own = made.filter(({ recipe }) => recipe.label === label)
      expect(own.every(({ values }) => values.label === label)).toBe(true)
      expect(new Set(own.map(({ recipe }) => JSON.stringify(recipe.attributes))).size).toBe(6)
      expect(own.every(({ recipe }) => (recipe.parents as object[]).length === 1)).toBe(true)
    }
    expect(server.requests.every((request) => content(request).includes('영화 감상평'))).toBe(true)
    const bad = server.requests.filter((request) => content(request).includes('이름표: bad'))
    expect(bad.every((request) => content(request).includes('시간이 아까운 이야기'))).toBe(true)
  })

  it('lets the model think of values', async () => {
    const { made, server } = await planWithServer(
      attributedPrompts,
      reviews,
      columns,
      (request) =>
        content(request).includes('<value>') ? '<value>느림</value> <value>빠름</value>' : unlike(),
      { ...options, attributes: { 속도: 2 }, labels: ['bad'], count: 2 },
    )
    expect(made.map(({ recipe }) => (recipe.attributes as Record<string, string>).속도).sort()).toEqual([
      '느림',
      '빠름',
    ])
    expect(server.requests).toHaveLength(3)
    const none = planWithServer(attributedPrompts, reviews, columns, () => '모름', {
      ...options,
      attributes: { 속도: 2 },
    })
    await expect(none).rejects.toMatchObject({ code: 'chat-attributes' })
  })

  it('leaves out what copies an example or another', async () => {
    const copied = await planWithServer(
      attributedPrompts,
      reviews,
      columns,
      () => '<answer>시간이 아까운 이야기</answer>',
      {
        ...options,
        labels: ['bad'],
        count: 3,
      },
    )
    expect(copied.figures).toMatchObject({ 'rows made': 0, 'failed: similar': 3 })
    const alike = await planWithServer(
      attributedPrompts,
      reviews,
      columns,
      () => '<answer>새로운 말 하나</answer>',
      options,
    )
    expect(alike.figures).toMatchObject({ 'rows made': 2, 'failed: similar': 10 })
  })

  it('refuses labels that no row has', async () => {
    const plan = (more: object) =>
      planWithServer(attributedPrompts, reviews, columns, unlike, { ...options, ...more })
    await expect(plan({ labels: ['fine'] })).rejects.toMatchObject({ code: 'augment-labels' })
    await expect(plan({ label: 'rating' })).rejects.toMatchObject({ code: 'augment-labels' })
    expect(attributedPrompts.options.safeParse({ model: 'soup', ...options, attributes: {} }).success).toBe(
      false,
    )
  })
})
