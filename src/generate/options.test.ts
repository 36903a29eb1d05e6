import { describe, expect, it } from 'vitest'
import { checkGenerationOptions, mergeGenerationOptions } from './options.ts'

describe('checkGenerationOptions', () => {
  it.each([
    [{ topP: 0 }, /topP/],
    [{ topP: 1.2 }, /topP/],
    [{ temperature: 0, doSample: true }, /temperature/],
    [{ maxNewTokens: 0 }, /maxNewTokens/],
    [{ maxNewTokens: 2.5 }, /maxNewTokens/],
    [{ max_new_tokens: 5 }, /max_new_tokens/],
    [{ noRepeatNGramSize: 3 }, /noRepeatNGramSize/],
    [{ earlyStopping: 'sometimes' }, /earlyStopping/],
    [{ badWordsIds: [[]] }, /badWordsIds/],
    [{ temperature: 0.7 }, /temperature 0.7 needs doSample/],
    [{ temperature: 0.7, numBeams: 4 }, /temperature 0.7 needs doSample/],
    [{ seed: 1 }, /seed 1 needs doSample/],
    [{ doSample: true, numBeams: 4 }, /exclude each other/],
    [{ lengthPenalty: 2 }, /lengthPenalty 2 needs numBeams/],
    [{ earlyStopping: true, numBeams: 1 }, /earlyStopping true needs numBeams/],
    [{ numReturnSequences: 3, numBeams: 2 }, /numReturnSequences 3 is more than numBeams 2/],
    [{ numReturnSequences: 2 }, /raise numBeams or set doSample/],
    [{ maxNewTokens: 5, maxLength: 9 }, /keep one/],
    [{ maxNewTokens: 5, minNewTokens: 6, eosTokenId: 1 }, /lower it/],
    [{ minNewTokens: 6 }, /needs eosTokenId/],
  ])('refuses %j', (options, message) => {
    expect(() => checkGenerationOptions(options)).toThrow(message)
  })

  it('lets neutral values stand beside anything', () => {
    const options = { numBeams: 4, temperature: 1, topK: 0, topP: 1, minNewTokens: 0, doSample: false }
    expect(checkGenerationOptions(options)).toEqual(options)
    expect(checkGenerationOptions({ lengthPenalty: 1, earlyStopping: false })).toBeTruthy()
  })
})

describe('mergeGenerationOptions', () => {
  const beams = {
    numBeams: 4,
    lengthPenalty: 2,
    earlyStopping: true,
    maxLength: 142,
    minLength: 56,
    eosTokenId: 2,
  }
  const chat = { doSample: true, temperature: 0.6, topP: 0.9, eosTokenId: [1, 2] }

  it.each([
    [beams, {}, beams],
    [beams, { numBeams: 1 }, { numBeams: 1, maxLength: 142, minLength: 56, eosTokenId: 2 }],
    [
      beams,
      { doSample: true, topP: 0.5 },
      { doSample: true, topP: 0.5, maxLength: 142, minLength: 56, eosTokenId: 2 },
    ],
    [
      beams,
      { maxNewTokens: 60, minNewTokens: 5 },
      { ...drop(beams, ['maxLength', 'minLength']), maxNewTokens: 60, minNewTokens: 5 },
    ],
    [beams, { maxNewTokens: 30 }, { ...drop(beams, ['maxLength', 'minLength']), maxNewTokens: 30 }],
    [chat, { doSample: false }, { doSample: false, eosTokenId: [1, 2] }],
    [chat, { numBeams: 3 }, { numBeams: 3, eosTokenId: [1, 2] }],
    [chat, { temperature: 1.5, topK: undefined }, { ...chat, temperature: 1.5 }],
  ])('%j with %j on top', (defaults, options, expected) => {
    const merged = mergeGenerationOptions(defaults, options)
    expect(merged).toEqual(expected)
    expect(() => checkGenerationOptions(merged)).not.toThrow()
  })

  it("does not hide the caller's own contradictions", () => {
    expect(() => checkGenerationOptions(mergeGenerationOptions(beams, { temperature: 0.5 }))).toThrow(
      /needs doSample/,
    )
  })
})

function drop(options: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)))
}
