import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tinyFolder } from '../generate/testing/tiny-folder.ts'
import { ForwardPass } from '../models/forward.ts'
import { familyOfType } from '../models/families.ts'
import { Model, openModel, readConfiguration } from '../models/model.ts'
import { extendTokenizer } from '../tokenizers/extend-tokenizer.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { readTokenizerFiles } from '../tokenizers/tokenizer-folder.ts'
import { extendVocabulary } from './extend-vocabulary.ts'

const cleanups: (() => Promise<void>)[] = []
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-extend-vocabulary-'))
  cleanups.push(() => rm(folder, { recursive: true }))
})
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

async function tiny(kind: 'decoder' | 'encoder-decoder' = 'decoder'): Promise<string> {
  const made = await tinyFolder(kind)
  cleanups.push(() => made.remove())
  return made.folder
}

const texts = Array.from({ length: 3 }, () => [
  '육수를 오래 끓이면 국물이 진해집니다',
  '국물이 진하면 육수도 맛있습니다',
]).flat()

/** Scores at each position of a text's ids, row by row. */
async function scores(from: string, ids: readonly number[]): Promise<{ size: number; data: Float32Array }> {
  const model = await openModel(from)
  const rows = { inputIds: [ids], ...(model.family.kind === 'encoder-decoder' && { decoderInputIds: [ids] }) }
  const { logits } = await new ForwardPass(model).run(rows)
  return { size: model.configuration.vocabularySize, data: logits.data as Float32Array }
}

describe.each(['decoder', 'encoder-decoder'] as const)('extendVocabulary of a %s', (kind) => {
  it('gives texts of old tokens their old scores, and the new language fewer tokens', async () => {
    const from = await tiny(kind)
    const out = join(folder, 'out')
    const report = await extendVocabulary(from, texts, { out, tokens: 30 })
    const [old, extended] = [await loadTokenizer(from), await loadTokenizer(out)]
    expect(report).toMatchObject({
      out,
      added: 30,
      vocabularySize: old.vocabularySize + 30,
      sample: { texts: 6 },
    })
    expect(report.sample.before).toBe(texts.reduce((sum, text) => sum + old.encode(text).length, 0))
    expect(report.sample.after).toBe(texts.reduce((sum, text) => sum + extended.encode(text).length, 0))
    expect(report.sample.after).toBeLessThan(report.sample.before / 2)
    const ids = old.encode('Are you coming tonight?')
    expect(extended.encode('Are you coming tonight?')).toEqual(ids)
    const [before, after] = [await scores(from, ids), await scores(out, ids)]
    expect(after.size).toBe(before.size + 30)
    for (let place = 0; place < ids.length; place++) {
      const row = after.data.subarray(place * after.size, place * after.size + before.size)
      const expected = before.data.subarray(place * before.size, (place + 1) * before.size)
      for (const [index, value] of row.entries())
        expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-5)
    }
    expect((await readConfiguration(out)).yuksu).toMatchObject({
      extendedVocabulary: { tokens: 30, tokenizer: extended.fingerprint },
      parents: [{ folder: from }],
    })
    expect(existsSync(join(out, 'generation_config.json'))).toBe(true)
  })
})

describe('extendVocabulary', () => {
  it('uses rows that no token had before it adds others, and begins both from the old pieces', async () => {
    const from = await tiny()
    const old = await loadTokenizer(from)
    const size = old.vocabularySize + 8
    const family = familyOfType('llama', from)
    const model = new Model(family, {
      ...(await openModel(from)).configuration,
      vocabularySize: size,
    }).initialize(5)
    await model.write(from)
    const out = join(folder, 'out')
    await extendVocabulary(from, texts, { out, tokens: 12 })
    const grown = await openModel(out)
    expect(grown.configuration.vocabularySize).toBe(old.vocabularySize + 12)
    const width = model.parameters.get('model.embed_tokens.weight')!.data.length / size
    const rowOf = (of: Model, id: number) => [
      ...of.parameters.get('model.embed_tokens.weight')!.data.subarray(id * width, (id + 1) * width),
    ]
    const { added } = await extendTokenizer(await readTokenizerFiles(from), texts, { tokens: 12 })
    expect(added.map(({ id }) => id)).toEqual(added.map((_, index) => old.vocabularySize + index))
    for (const { id, pieces } of added) {
      const rows = pieces.map((piece) => rowOf(model, piece))
      const mean = rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length)
      for (const [at, value] of rowOf(grown, id).entries()) expect(value).toBeCloseTo(mean[at]!, 5)
    }
    expect(rowOf(grown, 7)).toEqual(rowOf(model, 7))
  })

  it('leaves out the old tokenizer in its other forms', async () => {
    const from = await tiny()
    for (const name of ['vocab.json', 'merges.txt', 'chat_template.jinja'])
      writeFileSync(join(from, name), '{}')
    const out = join(folder, 'out')
    await extendVocabulary(from, texts, { out, tokens: 5, type: 'bf16' })
    expect(
      ['vocab.json', 'merges.txt', 'chat_template.jinja'].map((name) => existsSync(join(out, name))),
    ).toEqual([false, false, true])
    expect(await readConfiguration(out)).toMatchObject({ torch_dtype: 'bfloat16' })
  })

  it('extends a tokenizer alone', async () => {
    const from = await tiny()
    const alone = join(folder, 'alone')
    await (await loadTokenizer(from)).save(alone)
    const report = await extendVocabulary(alone, texts, { out: join(folder, 'out'), tokens: 5 })
    expect(report.model).toBeUndefined()
    expect((await loadTokenizer(join(folder, 'out'))).vocabularySize).toBe(report.vocabularySize)
  })

  it('refuses what cannot be, and then writes nothing', async () => {
    const from = await tiny()
    const out = join(folder, 'out')
    await expect(extendVocabulary(from, texts, { out: from, tokens: 5 })).rejects.toMatchObject({
      code: 'folder-in-the-way',
    })
    await expect(extendVocabulary(from, ['q'], { out, tokens: 5 })).rejects.toMatchObject({
      code: 'no-new-tokens',
    })
    const small = join(folder, 'small')
    await cp(from, small, { recursive: true })
    const family = familyOfType('llama', from)
    await new Model(family, { ...(await openModel(from)).configuration, vocabularySize: 100 })
      .initialize(1)
      .write(small)
    await expect(extendVocabulary(small, texts, { out, tokens: 5 })).rejects.toMatchObject({
      code: 'vocabulary-size',
    })
    expect(existsSync(out)).toBe(false)
    expect(readFileSync(join(from, 'tokenizer.json'), 'utf8')).toContain('merges')
  })
})
