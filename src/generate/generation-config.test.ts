import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGenerationConfig, readGenerationConfig, writeGenerationConfig } from './generation-config.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-요약-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('generation_config.json', () => {
  it('is read as published checkpoints have it', () => {
    expect(
      parseGenerationConfig({
        _from_model_config: true,
        bos_token_id: 0,
        decoder_start_token_id: 2,
        early_stopping: true,
        eos_token_id: 2,
        forced_bos_token_id: 0,
        forced_eos_token_id: 2,
        length_penalty: 2.0,
        max_length: 142,
        min_length: 56,
        no_repeat_ngram_size: 3,
        num_beams: 4,
        pad_token_id: 1,
        transformers_version: '4.27.0.dev0',
      }),
    ).toEqual({
      options: {
        bosTokenId: 0,
        decoderStartTokenId: 2,
        earlyStopping: true,
        eosTokenId: 2,
        forcedBosTokenId: 0,
        forcedEosTokenId: 2,
        lengthPenalty: 2,
        maxLength: 142,
        minLength: 56,
        noRepeatNgramSize: 3,
        numBeams: 4,
        padTokenId: 1,
      },
      notes: [],
    })
    const chat = { do_sample: true, temperature: 0.6, top_p: 0.9, eos_token_id: [128001, 128008, 128009] }
    expect(parseGenerationConfig(chat).options).toEqual({
      doSample: true,
      temperature: 0.6,
      topP: 0.9,
      eosTokenId: [128001, 128008, 128009],
    })
  })

  it('names what has no effect', () => {
    const { options, notes } = parseGenerationConfig({
      temperature: 0.6,
      penalty_alpha: 0.6,
      typical_p: 1,
      top_k: null,
      max_length: 9,
      max_new_tokens: 5,
    })
    expect(options).toEqual({ maxNewTokens: 5 })
    expect(notes).toEqual([
      'generation_config.json: penalty_alpha 0.6 is not supported and has no effect',
      'generation_config.json: max_length gives way to max_new_tokens',
      'generation_config.json: temperature has no effect without do_sample or num_beams',
    ])
  })

  it('comes back as it was written, in the names of transformers', () => {
    const options = {
      maxNewTokens: 64,
      numBeams: 4,
      noRepeatNgramSize: 3,
      eosTokenId: [2, 5],
      badWordsIds: [[4]],
    }
    writeGenerationConfig(folder, options)
    const text = readFileSync(join(folder, 'generation_config.json'), 'utf8')
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'bad_words_ids',
      'eos_token_id',
      'max_new_tokens',
      'no_repeat_ngram_size',
      'num_beams',
    ])
    expect(readGenerationConfig(folder)).toEqual({ options, notes: [] })
    writeGenerationConfig(folder, { doSample: true, seed: 7 })
    expect(readGenerationConfig(folder).options).toEqual({ doSample: true })
  })

  it('is empty when absent and an error when broken', () => {
    expect(readGenerationConfig(join(folder, 'nothing'))).toEqual({ options: {}, notes: [] })
    for (const [content, message] of [
      ['{', /is not JSON/],
      ['[1]', /is not a JSON object/],
      ['{"top_p": 0, "do_sample": true}', /top_p/],
      ['{"num_beams": "four"}', /num_beams/],
    ] as const) {
      writeFileSync(join(folder, 'generation_config.json'), content)
      expect(() => readGenerationConfig(folder)).toThrow(message)
    }
  })
})
