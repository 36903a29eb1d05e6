import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainByteLevelBpe } from './byte-level-bpe.ts'
import { trainTokenizerFromFiles } from './train-from-files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-tokenizer-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('trainTokenizerFromFiles', () => {
  it('reads lines of text and columns of rows', async () => {
    const plain = join(folder, 'plain.txt')
    await writeFile(plain, '육수를 끓이면 국물이 진해집니다.\n\n국물이 진해졌어요.\r\n')
    const rows = join(folder, 'rows.csv')
    await writeFile(rows, '대화,요약,번호\n"국물이\n짜요","국물 불만",1\n육수 주세요,육수 주문,2\n')
    const options = { vocabularySize: 300 }
    const all = await trainTokenizerFromFiles([plain, rows], { ...options, columns: ['대화', '요약'] })
    const texts = ['육수를 끓이면 국물이 진해집니다.', '', '국물이 진해졌어요.', '국물이\n짜요', '국물 불만']
    const direct = await trainByteLevelBpe([...texts, '육수 주세요', '육수 주문'], options)
    expect(all.fingerprint).toBe(direct.fingerprint)
    expect(all.corpus).toEqual(direct.corpus)
    expect(all.unread).toEqual([])
  })

  it('lists what it could not read', async () => {
    const path = join(folder, 'broken.jsonl')
    await writeFile(path, '{"text":"국물 국물"}\nnot json\n{"text":5}\n')
    const { unread, corpus } = await trainTokenizerFromFiles([path], {
      vocabularySize: 300,
      columns: ['text'],
    })
    expect(corpus.texts).toBe(1)
    expect(unread.map(({ line }) => line)).toEqual([2, 3])
  })

  it('refuses a column that is not there', async () => {
    const path = join(folder, 'rows.jsonl')
    await writeFile(path, '{"text":"국물"}\n')
    const refusal = trainTokenizerFromFiles([path], { vocabularySize: 300, columns: ['txt'] })
    await expect(refusal).rejects.toMatchObject({ code: 'missing-column' })
  })
})
