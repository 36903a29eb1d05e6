import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importSentencePiece } from './import-tokenizer.ts'
import { loadTokenizer } from './load-tokenizer.ts'

const { probes, models } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/encoders.json'), 'utf8'),
) as { probes: string[]; models: { name: string; model: string; ids: number[][] }[] }
const like = models.find(({ name }) => name.includes('as Llama 2'))!

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-pieces-'))
  writeFileSync(join(folder, 'tokenizer.model'), Buffer.from(like.model, 'base64'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const put = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value))

describe('a folder with a SentencePiece model alone', () => {
  it('is a tokenizer with the ids of SentencePiece, and the begin token of Llama', async () => {
    put('tokenizer_config.json', { tokenizer_class: 'LlamaTokenizer' })
    const tokenizer = await loadTokenizer(folder)
    const place = probes.findIndex((probe) => probe.includes('육수'))
    expect(tokenizer.encode(probes[place]!)).toEqual(like.ids[place])
    const begin = tokenizer.tokenToId('<s>')
    expect(tokenizer.encode(probes[place]!, { addSpecialTokens: true })).toEqual([begin, ...like.ids[place]!])
    expect(tokenizer.specialTokens).toMatchObject({ bos: begin, eos: tokenizer.tokenToId('</s>') })
  })

  it('heeds which tokens stand around a text, and those that were added', async () => {
    put('config.json', { model_type: 'mistral' })
    const plain = await loadTokenizer(folder)
    const size = plain.vocabularySize
    put('added_tokens.json', { '<pad>': size })
    put('tokenizer_config.json', {
      add_bos_token: false,
      add_eos_token: true,
      pad_token: '<pad>',
      added_tokens_decoder: { 0: { content: '<unk>' }, [size + 1]: { content: '<|end|>', special: true } },
    })
    const tokenizer = await loadTokenizer(folder)
    expect(tokenizer.vocabularySize).toBe(size + 2)
    expect(tokenizer.specialTokens.pad).toBe(size)
    expect(tokenizer.encode('육수<|end|>', { addSpecialTokens: true }).slice(-2)).toEqual([
      size + 1,
      plain.specialTokens.eos,
    ])
    expect(tokenizer.encode('육수', { addSpecialTokens: true })[0]).not.toBe(plain.specialTokens.bos)
  })

  it('refuses tokenizers that number their pieces otherwise, and tokens with a gap before them', async () => {
    for (const config of [
      { tokenizer_class: 'XLMRobertaTokenizer' },
      { tokenizer_class: 'T5Tokenizer' },
      {},
    ]) {
      put('tokenizer_config.json', config)
      await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'unsupported-tokenizer' })
    }
    put('tokenizer_config.json', {
      tokenizer_class: 'LlamaTokenizer',
      added_tokens_decoder: { 9999: { content: '<far>' } },
    })
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'invalid-tokenizer' })
    rmSync(join(folder, 'tokenizer.model'))
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'missing-tokenizer' })
  })

  const llama = resolve(import.meta.dirname, '../../../shared/data/fixtures/llama2.tokenizer.model')
  it.skipIf(!existsSync(llama))('opens the model of Llama 2 (shared/data)', async () => {
    rmSync(join(folder, 'tokenizer.model'))
    symlinkSync(llama, join(folder, 'tokenizer.model'))
    put('tokenizer_config.json', { tokenizer_class: 'LlamaTokenizer', pad_token: null })
    const [tokenizer, imported] = [
      await loadTokenizer(folder),
      await importSentencePiece(llama, { addBos: true }),
    ]
    expect(tokenizer.vocabularySize).toBe(32_000)
    for (const probe of probes)
      expect(tokenizer.encode(probe, { addSpecialTokens: true })).toEqual(
        imported.encode(probe, { addSpecialTokens: true }),
      )
  })
})
