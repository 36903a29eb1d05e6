import { beforeAll, describe, expect, it } from 'vitest'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { type ChatTemplate, createChatTemplate } from '../tokenizers/chat-template.ts'
import { renderChatPrompt } from '../tokenizers/render-conversation.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { conversationExample } from './conversation-example.ts'
import { causal } from './objectives/causal.ts'
import type { Example } from './objectives/objective.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { stepOptions, tinyBart, tinyLlama } from './testing.ts'
import { TrainingStep } from './training-step.ts'

const messages = [
  { role: 'user', content: '몇 시?' },
  { role: 'assistant', content: '두 시.' },
  { role: 'user', content: '정말?' },
  { role: 'assistant', content: '네, 두 시.' },
]
let tokenizer: Tokenizer
let template: ChatTemplate

beforeAll(async () => {
  tokenizer = await trainByteLevelBpe(['두 시. 정말? 네,'], {
    vocabularySize: 280,
    specialTokens: ['<|start|>', '<|end|>'],
    roles: { eos: '<|end|>' },
  })
  template = await createChatTemplate({
    default:
      '{% for m in messages %}<|start|>{{ m.role }}: {{ m.content }}<|end|>{% endfor %}' +
      '{% if add_generation_prompt %}<|start|>assistant: {% endif %}',
  })
})

const model = () => tinyLlama({ vocabularySize: 300, maxPositions: 400 })
const loss = async (examples: Example[]) => {
  const step = new TrainingStep(model(), causal, stepOptions)
  const { loss } = await step.run([examples], 1, 0)
  await step.release()
  return loss
}

describe('a conversation as an example', () => {
  it('is learned by the tokens of its answers, each counted once', () => {
    const example = conversationExample(tokenizer, template, { messages })
    const { feeds, targetTokens } = causal.collate(model(), [example])
    const weights = Array.from(feeds['weights']!.data as Float32Array)
    const learned = Array.from(example.target).filter((_, index) => weights[index - 1] === 1)
    expect(tokenizer.decode(learned, { skipSpecialTokens: false })).toBe('두 시.<|end|>네, 두 시.<|end|>')
    expect(targetTokens).toBe(learned.length)
  })

  it('has the loss of its answers one by one, each after the tokens that it is asked with', async () => {
    const answers: Example[] = [1, 3].map((index) => {
      const context = renderChatPrompt(tokenizer, template, { messages: messages.slice(0, index) })
      const written = tokenizer.encode(`${messages[index]!.content}<|end|>`)
      return {
        source: new Int32Array(0),
        target: Int32Array.from([...context, ...written]),
        contextLength: context.length,
      }
    })
    const whole = await loss([conversationExample(tokenizer, template, { messages })])
    expect(Math.abs(whole - (await loss(answers)))).toBeLessThan(1e-5)
    const last = await loss([conversationExample(tokenizer, template, { messages }, { targets: 'last' })])
    expect(Math.abs(last - (await loss([answers[1]!])))).toBeLessThan(1e-5)
    expect(Math.abs(last - whole)).toBeGreaterThan(1e-4)
  })

  it('is refused by an objective that could not keep to it, and where it does not fit', () => {
    const example = conversationExample(tokenizer, template, { messages })
    expect(() => sequenceToSequence.collate(tinyBart(), [example])).toThrow(/for decoders/)
    const short = { ...example, learned: new Uint8Array(3) }
    expect(() => causal.collate(model(), [short])).toThrow(/give as many/)
  })
})
