import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['train', 'tokenizer', 'learningRate', 'epochs', 'seed']

it.each([
  ['trian', 'train'],
  ['tokeniser', 'tokenizer'],
  ['learning-rate', 'learningRate'],
  ['LEARNING_RATE', 'learningRate'],
  ['epoch', 'epochs'],
  ['sed', 'seed'],
  ['학습률', undefined],
  ['', undefined],
  ['output', undefined],
])('%s means %s', (given, meant) => {
  expect(nearest(given, known)).toBe(meant)
})
