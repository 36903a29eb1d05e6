import { describe, expect, it } from 'vitest'
import { trainByteLevelBpe } from './byte-level-bpe.ts'
import { extendTokenizer } from './extend-tokenizer.ts'
import { trainPieceBpe } from './piece-bpe.ts'
import type { Tokenizer } from './tokenizer.ts'
import { readTokenizerFiles } from './tokenizer-folder.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trainWordPiece } from './word-piece.ts'

const english = [
  'the broth is good',
  'the stock boils and the broth is done',
  'good stock, good broth <s>',
].flatMap((text) => [text, text, text])
const korean = [
  '육수를 오래 끓이면 국물이 진해집니다',
  '육수가 좋으면 국물도 좋습니다',
  '국물이 진해요 육수가 진해요',
].flatMap((text) => [text, text, text])
const trainers = {
  'over bytes': () => trainByteLevelBpe(english, { vocabularySize: 300, specialTokens: ['<s>', '</s>'] }),
  'over characters': () => trainPieceBpe(english, { vocabularySize: 310 }),
}

async function filesOf(tokenizer: Tokenizer) {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-extend-'))
  try {
    await tokenizer.save(folder)
    return await readTokenizerFiles(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe.each(Object.entries(trainers))('extendTokenizer %s', (_, train) => {
  it('writes the new language in fewer tokens and leaves the old ids as they were', async () => {
    const before = await train()
    const { tokenizer, added } = await extendTokenizer(await filesOf(before), korean, { tokens: 40 })
    expect(added).toHaveLength(40)
    expect(added.map(({ id }) => id)).toEqual(added.map((_, index) => before.vocabularySize + index))
    expect(tokenizer.vocabularySize).toBe(before.vocabularySize + 40)
    for (const text of english) expect(tokenizer.encode(text)).toEqual(before.encode(text))
    for (let id = 0; id < before.vocabularySize; id++)
      expect(tokenizer.idToToken(id)).toBe(before.idToToken(id))
    for (const text of [...korean, '처음 보는 글 👩‍👧']) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
      // Old ids of the text still mean it.
      expect(tokenizer.decode(before.encode(text))).toBe(text)
    }
    const count = (of: Tokenizer) => korean.reduce((sum, text) => sum + of.encode(text).length, 0)
    expect(count(tokenizer)).toBeLessThan(count(before) / 2)
  })

  it('tells of what old pieces each new token is made', async () => {
    const before = await train()
    const { tokenizer, added } = await extendTokenizer(await filesOf(before), korean, { tokens: 40 })
    for (const { id, token, pieces } of added) {
      expect(pieces.length).toBeGreaterThan(0)
      expect(Math.max(...pieces)).toBeLessThan(before.vocabularySize)
      expect(tokenizer.tokenToId(token)).toBe(id)
      // The same text by old pieces as by the new one, behind a letter that takes the place of a word's beginning.
      const prefix = tokenizer.encode('a')
      expect(before.decode([...prefix, ...pieces])).toBe(tokenizer.decode([...prefix, id]))
    }
  })
})

describe('extendTokenizer', () => {
  it('joins no bytes of characters that are too rare to be tokens', async () => {
    const before = await trainers['over characters']()
    // Two characters, each seen once, that begin with the same two bytes.
    const texts = [...korean, '\ud4c0', '\ud4c2']
    const { tokenizer, added } = await extendTokenizer(await filesOf(before), texts, { tokens: 200 })
    expect(added.filter(({ token }) => token.includes('<0x'))).toEqual([])
    expect(tokenizer.encode('\ud4c0')).toEqual(before.encode('\ud4c0'))
  })

  it('refuses another kind by its name', async () => {
    const files = await filesOf(await trainWordPiece(english, { vocabularySize: 100 }))
    await expect(extendTokenizer(files, korean, { tokens: 5 })).rejects.toMatchObject({
      code: 'unsupported-tokenizer',
      message: expect.stringContaining('WordPiece'),
    })
  })
})
