import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { elementCount } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import { type Checkpoint, openCheckpoint } from '../export/checkpoint.ts'
import { growParameter, type NewToken } from '../models/resize-vocabulary.ts'
import { extendTokenizer } from '../tokenizers/extend-tokenizer.ts'
import { createTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts'
import { readTokenizerFiles } from '../tokenizers/tokenizer-folder.ts'
import { checkOut, writeMerged, type WeightType, type WriteOptions } from './write-merged.ts'

export interface ExtendVocabularyOptions extends WriteOptions {
  /** How many tokens to add at most. */
  readonly tokens: number
  /** A pair, or a character that has no token, seen less often is left as it is. Default 2. */
  readonly minimumFrequency?: number | undefined
  /** Told how many texts were read. */
  readonly onTexts?: ((texts: number) => void) | undefined
}

export interface ExtendedVocabulary {
  readonly out: string
  /** Tokens that were added; fewer than asked for where the texts have no more pairs that are frequent enough. */
  readonly added: number
  /** Of the new tokenizer. */
  readonly vocabularySize: number
  /** How many tokens the given texts took, by the first so many of them, with the tokenizer as it was and as it is. */
  readonly sample: { readonly texts: number; readonly before: number; readonly after: number }
  /** Of the new model; undefined for a folder with a tokenizer alone. */
  readonly model?: { readonly type: WeightType; readonly parameters: number } | undefined
}

/** Texts that are counted with both tokenizers. */
const sampleTexts = 1000

/**
 * A model folder whose tokenizer has more tokens, learned from texts, and whose embeddings have rows for them: the mean of the rows that the token's text was
 * written by before. Old ids and old rows stay as they are, so texts without new tokens get the scores that they got. A folder with a tokenizer alone gets
 * its tokenizer extended. Weights are read and written a tensor at a time.
 *
 * @throws YuksuError `unsupported-tokenizer`, `no-text`, `no-new-tokens`, `vocabulary-size` where the tokenizer knows tokens that the model has no row
 * for, and what opening and writing throw; nothing is written then.
 */
export async function extendVocabulary(
  folder: string,
  texts: Iterable<string> | AsyncIterable<string>,
  options: ExtendVocabularyOptions,
): Promise<ExtendedVocabulary> {
  const { out, tokens, minimumFrequency, onTexts } = options
  if (relative(resolve(folder), resolve(out)) === '') {
    throw new YuksuError('folder-in-the-way', `--out is ${folder}, which is to be extended; choose another`)
  }
  const files = await readTokenizerFiles(folder)
  const checkpoint = existsSync(join(folder, 'config.json')) ? await openCheckpoint(folder) : undefined
  try {
    if (checkpoint !== undefined) await checkOut(out, [checkpoint])
    const sample: string[] = []
    const { tokenizer, added } = await extendTokenizer(files, sampled(texts, sample), {
      tokens,
      minimumFrequency,
      onProgress: onTexts,
    })
    if (added.length === 0) {
      throw new YuksuError(
        'no-new-tokens',
        `the texts have nothing that is seen ${minimumFrequency ?? 2} times and is not one token already; give more texts of the language that is to be added`,
      )
    }
    const report = {
      out,
      added: added.length,
      vocabularySize: tokenizer.vocabularySize,
      sample: {
        texts: sample.length,
        before: countTokens(createTokenizer(files.json, files.config), sample),
        after: countTokens(tokenizer, sample),
      },
    }
    if (checkpoint === undefined) {
      await tokenizer.save(out)
      return report
    }
    const { type, parameters } = await writeExtended(checkpoint, tokenizer, added, options)
    return { ...report, model: { type, parameters } }
  } finally {
    await checkpoint?.close()
  }
}

async function* sampled(texts: Iterable<string> | AsyncIterable<string>, sample: string[]) {
  for await (const text of texts) {
    if (sample.length < sampleTexts) sample.push(text)
    yield text
  }
}

function countTokens(tokenizer: Tokenizer, texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0)
}

async function writeExtended(
  model: Checkpoint,
  tokenizer: Tokenizer,
  added: readonly NewToken[],
  options: ExtendVocabularyOptions,
) {
  const { family, configuration, folder } = model
  const before = configuration.vocabularySize
  // Rows that no token had, of a vocabulary that was rounded up, are used first.
  const vocabularySize = Math.max(before, tokenizer.vocabularySize)
  const unknown = added.flatMap(({ pieces }) => pieces).find((piece) => piece >= before)
  if (unknown !== undefined) {
    throw new YuksuError(
      'vocabulary-size',
      `the tokenizer of ${folder} has the token ${unknown}, and the model has rows for ${before}; give the tokenizer that the model was trained with`,
    )
  }
  const grown = { ...configuration, vocabularySize }
  const shapes = new Map(model.specifications.map(({ name, shape }) => [name, shape]))
  // Which axis is that of tokens shows in a model with one more.
  const axes = new Map(
    family.parameters({ ...configuration, vocabularySize: before + 1 }).map(({ name, shape }) => {
      const old = shapes.get(name)!
      return [name, shape.findIndex((size, place) => size !== old[place])]
    }),
  )
  return writeMerged(
    model,
    {
      parents: [model],
      settings: family.formatConfiguration(grown),
      record: {
        extendedVocabulary: { tokens: added.length, vocabularySize, tokenizer: tokenizer.fingerprint },
      },
      specifications: family.parameters(grown),
      tokenizer,
      async read({ name, shape }) {
        const values = await model.read(name)
        const axis = axes.get(name)!
        if (axis < 0) return values
        const to = new Float32Array(elementCount(shape))
        growParameter(values, shapes.get(name)!, to, shape, axis, added)
        return to
      },
    },
    options,
  )
}
