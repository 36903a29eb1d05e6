import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommonConfiguration } from '../models/family.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { renderPrompt } from '../tokenizers/render.ts'

/** The texts that an exported model is compared on. */
const texts = [
  '오늘은 날씨가 맑아서 한강에 나가 자전거를 탔다.',
  '고객: 주문한 책이 아직 안 왔어요. 상담원: 주문 번호를 알려 주시겠어요?',
  'The train to Busan leaves at nine, so let us meet at the station at half past eight.',
  'Q: 12 + 30 = ?\nA: 42\n\nQ: 수도는 어디인가요?\nA:',
]

/** Tokens of a prompt, whatever the model is. */
const longest = 48

/** The prompts as the model reads them; without a tokenizer rows of ids from all over the vocabulary. */
export async function comparedPrompts(
  folder: string,
  { vocabularySize, maxPositions }: CommonConfiguration,
): Promise<number[][]> {
  const length = Math.min(longest, maxPositions)
  if (existsSync(join(folder, 'tokenizer.json'))) {
    const tokenizer = await loadTokenizer(folder)
    return texts.map((text) => renderPrompt(tokenizer, text).slice(0, length))
  }
  return texts.map((_, row) =>
    Array.from(
      { length: Math.min(length, 16 + row) },
      (_, index) => ((index + 1) * 7919 + row * 104_729) % vocabularySize,
    ),
  )
}
