import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGguf } from '../../formats/gguf/read-gguf.ts'
import { familyOfType } from '../../models/families.ts'
import { Model } from '../../models/model.ts'
import { trainByteLevelBpe } from '../../tokenizers/byte-level-bpe.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { exportModel } from '../export-model.ts'
import { findLlamaCpp, openLlamaCpp } from './llama-cpp.ts'

const library = await findLlamaCpp()
const folder = mkdtempSync(join(tmpdir(), 'yuksu-gguf-tokenizer-'))
const out = join(folder, 'model.gguf')
afterAll(() => rmSync(folder, { recursive: true }))

const corpus = [
  '민수야, 내일 병원에 가? 응, 아침 아홉 시에 예약했어. 병원은 한강 근처에 있어.',
  "Are you coming tonight? At eight, I promise. It's 1234 won, and he'll pay 12,500 won.",
  '회의는 세 시로 옮겼어요. 알겠습니다, 자료를 보내 드릴게요. 회의 자료는 12쪽이에요.',
]
const texts = [
  ...corpus,
  '',
  ' ',
  '  두 칸   세 칸\n\n줄 바꿈\t탭  ',
  'trailing spaces   ',
  '\n\n  앞이 비었다',
  "don't WON'T I'LL we've 'quoted' 123 1 12345678 3.14",
  '가각갂 ㄱㅏ 힣 뷁 漢字 ひらがな 👩‍⚕️ é café ñ',
  '가나다 나가나다가',
  '<s> 특별 </s> <mark> 안 <mark>밖',
  'https://example.com/경로?질의=1&b=2#끝ㅋㅋㅋㅠㅠ',
]

const model = {
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 64,
}

interface TokenizerJson {
  added_tokens: object[]
  normalizer: object | null
  pre_tokenizer: object | null
  post_processor: object | null
  model: Record<string, unknown>
}

/** Changes the tokenizer's file in the folder. */
function change(edit: (json: TokenizerJson) => void): void {
  const path = join(folder, 'tokenizer.json')
  const json = JSON.parse(readFileSync(path, 'utf8')) as TokenizerJson
  edit(json)
  writeFileSync(path, JSON.stringify(json))
}

async function writeModel(): Promise<void> {
  const tokenizer = await loadTokenizer(folder)
  const family = familyOfType('llama', folder)
  const json = { ...model, vocab_size: tokenizer.vocabularySize + 3, eos_token_id: 2, bos_token_id: 0 }
  await new Model(family, family.parseConfiguration(json)).initialize(1).write(folder)
}

async function byteLevel(splitPattern?: string): Promise<void> {
  const tokenizer = await trainByteLevelBpe(corpus, {
    vocabularySize: 400,
    minimumFrequency: 1,
    specialTokens: ['<s>', '<pad>', '</s>', '<unk>', '<mark>'],
    ...(splitPattern !== undefined && { splitPattern }),
  })
  await tokenizer.save(folder)
}

const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
const modern = (digits: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/** Letters, and every word's first letters joined one after another, as SentencePiece's own trainer might. */
function sentencePiece(normalizer: object | null, preTokenizer: object | null): void {
  const words = ['▁병원', '▁회의', '▁are', '▁won', '▁12', '어요', '▁자료', '▁a', '자료', '가나', '나다']
  const merges: [string, string][] = []
  const pieces = new Set<string>()
  for (const word of words) {
    const characters = [...word]
    for (let end = 2; end <= characters.length; end++) pieces.add(characters.slice(0, end).join(''))
  }
  const letters = [
    ...new Set(['▁', ...words.join(''), ...'가나다이시에는을를?.,!abcdefghijklmnopqrstuvwxyz0123456789']),
  ]
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  )
  const tokens = ['<s>', '<pad>', '</s>', '<unk>', ...bytes, ...pieces, ...letters]
  const known = new Set(tokens)
  for (const piece of pieces) {
    const characters = [...piece]
    for (let cut = 1; cut < characters.length; cut++) {
      const [left, right] = [characters.slice(0, cut).join(''), characters.slice(cut).join('')]
      if (known.has(left) && known.has(right)) merges.push([left, right])
    }
  }
  const added = ['<s>', '<pad>', '</s>', '<unk>'].map((content, id) => ({
    id,
    content,
    special: true,
    normalized: false,
  }))
  const json = {
    version: '1.0',
    added_tokens: added,
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    decoder: { type: 'ByteFallback' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json))
  const roles = { bos_token: '<s>', pad_token: '<pad>', eos_token: '</s>', unk_token: '<unk>' }
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(roles))
  writeFileSync(join(folder, 'special_tokens_map.json'), '{}')
}

/** BERT's: the longest token that a word begins with, then what goes on. */
function wordPiece(lowercase: boolean): void {
  const words = [
    '병원',
    '##에',
    '회의',
    '##는',
    'are',
    'you',
    '##ing',
    'com',
    '12',
    '##34',
    '.',
    ',',
    '?',
    '!',
    "'",
    '한강',
    '##강',
    '한',
  ]
  const letters = [...'가나다이시내일민수야응아침abcdefghijklmnopqrstuvwxyzABW0123456789']
  const tokens = [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    '[MASK]',
    ...words,
    ...letters,
    ...letters.map((one) => `##${one}`),
  ]
  const special = (content: string, id: number) => ({ id, content, special: true, normalized: false })
  const json = {
    version: '1.0',
    added_tokens: tokens.slice(0, 5).map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: false,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id])),
    },
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json))
  const roles = {
    cls_token: '[CLS]',
    pad_token: '[PAD]',
    sep_token: '[SEP]',
    unk_token: '[UNK]',
    mask_token: '[MASK]',
  }
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(roles))
  writeFileSync(join(folder, 'special_tokens_map.json'), '{}')
}

const prepend = { type: 'Prepend', prepend: '▁' }
const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
const kinds: [string, string, () => Promise<void> | void][] = [
  ['the split of GPT-2', 'gpt-2', () => byteLevel()],
  ['the split of GPT-2 as a pattern', 'gpt-2', () => byteLevel(gpt2)],
  ['that of Llama 3', 'dbrx', () => byteLevel(modern(String.raw`\p{N}{1,3}`))],
  [
    'that of Llama 3 with whole tokens first',
    'llama-bpe',
    async () => {
      await byteLevel(modern(String.raw`\p{N}{1,3}`))
      // A token that no merges make: it is found whole or not at all.
      change((json) => {
        json.model.ignore_merges = true
        ;(json.model.vocab as Record<string, number>)['1234'] = 400
      })
    },
  ],
  ['that of Qwen', 'qwen2', () => byteLevel(modern(String.raw`\p{N}`))],
  [
    'digits one by one, as SmolLM',
    'smollm',
    async () => {
      await byteLevel()
      change((json) => {
        const digits = { type: 'Digits', individual_digits: true }
        json.pre_tokenizer = { type: 'Sequence', pretokenizers: [digits, json.pre_tokenizer] }
      })
    },
  ],
  [
    'SentencePiece with a space before',
    'default',
    () => sentencePiece({ type: 'Sequence', normalizers: [prepend, replace] }, null),
  ],
  ['SentencePiece without one', 'default', () => sentencePiece(replace, null)],
]

describe.each(kinds)('%s', (_, name, make) => {
  beforeAll(async () => {
    await make()
    await writeModel()
    await exportModel(folder, { format: 'gguf', out, compare: false })
  })

  it('has its name in the file, and a score or merges', async () => {
    const file = await openGguf(out)
    expect(file.metadata.get('tokenizer.ggml.pre')).toBe(name)
    const isPiece = name === 'default'
    expect(file.metadata.has('tokenizer.ggml.scores')).toBe(isPiece)
    expect(file.metadata.has('tokenizer.ggml.merges')).toBe(!isPiece)
    const types = file.metadata.get('tokenizer.ggml.token_type') as number[]
    const tokenizer = await loadTokenizer(folder)
    // Special, and the rows behind the last token.
    expect(types[0]).toBe(3)
    expect(types.slice(tokenizer.vocabularySize)).toEqual([5, 5, 5])
    expect(types.filter((type) => type === 6).length).toBe(isPiece ? 256 : 0)
    await file.close()
  })

  it.skipIf(library === undefined)(
    'gives llama.cpp the same ids (skipped where node-llama-cpp is not there)',
    async () => {
      const tokenizer = await loadTokenizer(folder)
      const llama = (await openLlamaCpp(out, tokenizer.vocabularySize + 3))!
      for (const text of texts) expect.soft(llama.tokenize(text), text).toEqual(tokenizer.encode(text))
      await llama.close()
    },
  )
})

describe.each([true, false])('a BERT with WordPiece, lower case %s', (lowercase) => {
  beforeAll(async () => {
    wordPiece(lowercase)
    const tokenizer = await loadTokenizer(folder)
    const family = familyOfType('bert', folder)
    const json = {
      ...model,
      model_type: 'bert',
      architectures: ['BertForMaskedLM'],
      vocab_size: tokenizer.vocabularySize,
      max_position_embeddings: 64,
      hidden_act: 'gelu_new',
      initializer_range: 0.2,
      pad_token_id: 0,
    }
    await new Model(family, family.parseConfiguration(json)).initialize(1).write(folder)
  })

  it('holds its numbers, without the head', async () => {
    const { comparisons } = await exportModel(folder, { format: 'gguf', out, type: 'f32' })
    expect(comparisons[0]).toMatchObject({ of: 'embeddings', prompts: 4, sameChoice: 4 })
    expect(comparisons[0]!.largestDifference).toBe(0)
    const file = await openGguf(out)
    expect([...file.tensors.keys()].filter((name) => !/^(blk|token|position)/.test(name))).toEqual([])
    expect(file.metadata.get('bert.attention.causal')).toBe(false)
    await file.close()
  })

  it.skipIf(library === undefined)(
    'gives the same ids and embeddings in llama.cpp (skipped where node-llama-cpp is not there)',
    async () => {
      const { comparisons } = await exportModel(folder, { format: 'gguf', out, type: 'f32' })
      // ggml reads gelu from a table of 16 bits.
      expect(comparisons[1]!.largestDifference).toBeLessThan(0.01)
      const tokenizer = await loadTokenizer(folder)
      const llama = (await openLlamaCpp(out, tokenizer.vocabularySize))!
      for (const text of texts.filter((one) => !one.includes('<')))
        expect.soft(llama.tokenize(text), text).toEqual(tokenizer.encode(text))
      await llama.close()
    },
  )
})

describe('what is refused', () => {
  const attempt = async (edit: (json: TokenizerJson) => void) => {
    await byteLevel()
    change(edit)
    await writeModel()
    return exportModel(folder, { format: 'gguf', out, compare: false }).then(
      () => 'written',
      (error: unknown) => error,
    )
  }
  const refusal = { code: 'unsupported-export', message: expect.stringMatching(/^[^\n]+$/) as string }

  it.each<[string, (json: TokenizerJson) => void]>([
    ['a split that has no name', (json) => (json.pre_tokenizer = splitBy('[a-z]+'))],
    ['a space before every text', (json) => Object.assign(json.pre_tokenizer!, { add_prefix_space: true })],
    ['texts in lower case', (json) => (json.normalizer = { type: 'Lowercase' })],
    ['whole tokens first with the split of GPT-2', (json) => (json.model.ignore_merges = true)],
  ])('%s', async (_, edit) => {
    expect(await attempt(edit)).toMatchObject(refusal)
  })

  it('pieces that llama.cpp would join and the tokenizer does not', async () => {
    sentencePiece(replace, null)
    change((json) => (json.model.merges as unknown[]).splice(3, 1))
    await writeModel()
    await expect(exportModel(folder, { format: 'gguf', out, compare: false })).rejects.toMatchObject(refusal)
  })

  it('normal form C is told, because llama.cpp has none', async () => {
    await byteLevel()
    change((json) => (json.normalizer = { type: 'NFC' }))
    await writeModel()
    const { notes } = await exportModel(folder, { format: 'gguf', out, compare: false })
    expect(notes.length).toBe(1)
  })
})

function splitBy(pattern: string): object {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  return { type: 'Sequence', pretokenizers: [split, bytes] }
}
