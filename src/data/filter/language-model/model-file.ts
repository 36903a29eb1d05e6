// A file of a language model: its header, the vocabulary, and the tree of n-grams by order, as whole numbers of seven bits
// a byte: how many n-grams go on each context, and for each the distance of its word from the one before. A model trained
// here keeps its counts, about four bytes an n-gram, and is estimated anew; another keeps its logarithms.
import { writeFileAtomic } from '../../../formats/atomic-file.ts'
import { headedBytes, readHeadedFile } from '../../../formats/headed-file.ts'
import { ByteReader, ByteWriter } from './byte-writer.ts'
import { createTextModel, modelOfCounts, type TextModel } from './language-model.ts'
import { highestOrder, reserved } from './ngram-counter.ts'
import type { NgramModel } from './ngram-model.ts'
import type { NgramTrie, TrieLevel } from './ngram-trie.ts'
import { unitKinds, type UnitSettings } from './units.ts'

const format = 'yuksu-language-model'

interface Header {
  readonly format: typeof format
  readonly version: 1
  readonly settings: UnitSettings
  /** n-grams by order. */
  readonly counts: readonly number[]
  readonly values: 'counts' | 'logarithms'
  readonly vocabularyBytes: number
}

/** The bytes of a model's file; the same model gives the same bytes. */
export function languageModelBytes({ ngrams, settings }: TextModel): Uint8Array {
  const vocabulary = new TextEncoder().encode(ngrams.vocabulary.slice(reserved.length).join('\n'))
  const header: Header = {
    format,
    version: 1,
    settings,
    counts: ngrams.trie.map(({ count }) => count),
    values: ngrams.counts === undefined ? 'logarithms' : 'counts',
    vocabularyBytes: vocabulary.length,
  }
  const logarithms = ngrams.counts === undefined ? [...ngrams.logProbabilities, ...ngrams.logBackoffs] : []
  return headedBytes(header, [vocabulary, treeBytes(ngrams), ...logarithms.map(floatBytes)])
}

/** Writes a model to a file, whole or not at all. */
export async function writeLanguageModel(path: string, model: TextModel): Promise<void> {
  await writeFileAtomic(path, languageModelBytes(model))
}

/**
 * Reads a model that `writeLanguageModel` wrote.
 *
 * @throws YuksuError `invalid-language-model`, and what reading a file throws.
 */
export async function readLanguageModel(path: string): Promise<TextModel> {
  const { header, body } = await readHeadedFile<Header>(path, {
    format,
    name: 'language model',
    code: 'invalid-language-model',
    isKnown: ({ version, settings, counts }) =>
      version === 1 &&
      unitKinds.includes(settings.units) &&
      counts.length > 0 &&
      counts.length <= highestOrder,
  })
  const treeStart = header.vocabularyBytes
  const words = body.toString('utf8', 0, treeStart)
  const vocabulary = [...reserved, ...(words === '' ? [] : words.split('\n'))]
  const reader = new ByteReader(body.subarray(treeStart))
  const { trie, counts } = readTree(header, reader)
  const estimated =
    header.values === 'counts'
      ? modelOfCounts({ vocabulary, trie, counts })
      : { vocabulary, trie, ...readLogarithms(header, body.subarray(treeStart + reader.position)) }
  return createTextModel(estimated, header.settings)
}

function treeBytes({ trie, counts }: NgramModel): Uint8Array {
  const writer = new ByteWriter()
  trie.forEach((level, index) => {
    const own = counts?.[index]
    if (index === 0) {
      if (own) for (const count of own) writer.add(count)
      return
    }
    const below = trie[index - 1]!
    for (let context = 0; context < below.count; context++) {
      const start = below.children![context]!
      const end = below.children![context + 1]!
      writer.add(end - start)
      let before = 0
      for (let child = start; child < end; child++) {
        writer.add(level.words[child]! - before)
        before = level.words[child]!
        if (own) writer.add(own[child]!)
      }
    }
  })
  return writer.finish()
}

function readTree(header: Header, reader: ByteReader): { trie: NgramTrie; counts: Uint32Array[] } {
  const hasCounts = header.values === 'counts'
  const counts = header.counts.map((count) => new Uint32Array(hasCounts ? count : 0))
  const trie: TrieLevel[] = header.counts.map((count, index) => ({
    count,
    words: new Uint32Array(count),
    ...(index + 1 < header.counts.length && { children: new Uint32Array(count + 1) }),
  }))
  trie.forEach(({ words }, index) => {
    const own = counts[index]!
    if (index === 0) {
      for (let word = 0; word < words.length; word++) {
        words[word] = word
        if (hasCounts) own[word] = reader.next()
      }
      return
    }
    const { children, count: contexts } = trie[index - 1]!
    let child = 0
    for (let context = 0; context < contexts; context++) {
      const end = child + reader.next()
      let word = 0
      for (; child < end; child++) {
        word += reader.next()
        words[child] = word
        if (hasCounts) own[child] = reader.next()
      }
      children![context + 1] = child
    }
  })
  return { trie, counts }
}

function readLogarithms(
  header: Header,
  bytes: Uint8Array,
): { logProbabilities: Float32Array[]; logBackoffs: Float32Array[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let position = 0
  const floats = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => view.getFloat32((position += 4) - 4, true))
  const logProbabilities = header.counts.map(floats)
  return { logProbabilities, logBackoffs: header.counts.slice(0, -1).map(floats) }
}

function floatBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => view.setFloat32(index * 4, value, true))
  return bytes
}
