// The text format that SRILM, KenLM and others share: a section for each order with lines of a decimal logarithm, the
// words, and the logarithm of the back-off weight.
import { YuksuError } from '../../../errors.ts'
import { readLines } from '../../../formats/rows.ts'
import { createTextModel, type TextModel } from './language-model.ts'
import { highestOrder, reserved } from './ngram-counter.ts'
import type { NgramModel } from './ngram-model.ts'
import { absent, NgramTable } from './ngram-table.ts'
import { buildTrie, contextsOf } from './ngram-trie.ts'
import type { UnitOptions } from './units.ts'

/** A model as the lines of an ARPA file; seven digits, as many as its numbers have. */
export function* arpaLines({
  vocabulary,
  trie,
  logProbabilities,
  logBackoffs,
}: NgramModel): Generator<string> {
  yield '\\data\\'
  for (const [index, { count }] of trie.entries()) yield `ngram ${index + 1}=${count}`
  const contexts = trie.map((_, index) => (index === 0 ? new Uint32Array(0) : contextsOf(trie[index - 1]!)))
  for (const [index, level] of trie.entries()) {
    yield ''
    yield `\\${index + 1}-grams:`
    for (let ngram = 0; ngram < level.count; ngram++) {
      const words: string[] = []
      let at = ngram
      for (let order = index; order >= 0; order--) {
        words.unshift(vocabulary[trie[order]!.words[at]!]!)
        if (order > 0) at = contexts[order]![at]!
      }
      const backoff = logBackoffs[index]?.[ngram]
      const end = backoff === undefined ? '' : `\t${digits(backoff)}`
      yield `${digits(logProbabilities[index]![ngram]!)}\t${words.join(' ')}${end}`
    }
  }
  yield ''
  yield '\\end\\'
}

function digits(value: number): string {
  return String(Number(value.toPrecision(8)))
}

/** The bytes of an ARPA file, in pieces of about 64 KB. */
export function* arpaBytes(model: NgramModel): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  let lines: string[] = []
  let length = 0
  for (const line of arpaLines(model)) {
    lines.push(line)
    length += line.length
    if (length < 1 << 16) continue
    yield encoder.encode(`${lines.join('\n')}\n`)
    lines = []
    length = 0
  }
  yield encoder.encode(`${lines.join('\n')}\n`)
}

/**
 * Reads an ARPA file (`.gz` too) such as KenLM and SRILM write. The file does not say how text is cut, so the options do;
 * by default its words are what stands between spaces.
 *
 * @throws YuksuError `invalid-arpa` with the line, and what reading a file throws.
 */
export async function readArpa(
  path: string,
  options: Pick<UnitOptions, 'simplify'> & {
    readonly units?: 'words' | 'spaced' | 'characters' | 'morphemes'
  } = {},
): Promise<TextModel> {
  const ngrams = await readNgrams(path)
  return createTextModel(ngrams, { units: options.units ?? 'spaced', simplify: options.simplify ?? false })
}

async function readNgrams(path: string): Promise<NgramModel> {
  let lineNumber = 0
  const refuse = (why: string) =>
    new YuksuError(
      'invalid-arpa',
      `${path}, line ${lineNumber}: ${why}; expected a language model in ARPA format`,
    )
  const declared: number[] = []
  const tables: NgramTable[] = []
  const values: { probabilities: number[]; backoffs: number[] }[] = []
  const vocabulary: string[] = [...reserved]
  const ids = new Map<string, number>(reserved.map((word, id) => [word, id]))
  // Reserved words that the file leaves out are never seen.
  const first = { probabilities: [-99, -99, -99], backoffs: [0, 0, 0] }
  let order = -1
  let ended = false
  for await (const entry of readLines(path)) {
    lineNumber = entry.line
    if (!('text' in entry)) throw refuse(entry.error)
    const line = entry.text.replace(/[ \t\r]+$/, '')
    if (line === '') continue
    if (ended) throw refuse('text after \\end\\')
    if (line === '\\data\\') order = 0
    else if (order < 0) continue
    else if (line === '\\end\\') ended = true
    else if (line.startsWith('ngram ')) {
      const [, number, count] = /^ngram (\d+)=\s*(\d+)$/.exec(line) ?? []
      if (Number(number) !== declared.length + 1 || declared.length === highestOrder) {
        throw refuse(`"${line.slice(0, 40)}" is not the next order, of at most ${highestOrder}`)
      }
      declared.push(Number(count))
    } else if (/^\\\d+-grams:$/.test(line)) {
      order++
      if (line !== `\\${order}-grams:` || order > declared.length) {
        throw refuse(`section ${line.slice(0, 40)} is not expected here`)
      }
      values.push(order === 1 ? first : { probabilities: [], backoffs: [] })
      if (order > 1) tables.push(new NgramTable())
    } else {
      if (order < 1) throw refuse(`"${line.slice(0, 40)}" stands before the first section`)
      readNgram(line)
    }
  }
  if (!ended) throw refuse('\\end\\ is missing, so the file is cut off')
  const found = declared.map((_, index) => values[index]?.probabilities.length ?? 0)
  const missing = declared.findIndex((count, index) =>
    index === 0 ? found[0]! < count : found[index] !== count,
  )
  if (missing >= 0) {
    throw refuse(
      `${declared[missing]} n-grams of order ${missing + 1} are announced, and ${found[missing]} there`,
    )
  }

  function readNgram(line: string): void {
    const fields = line.split(/[\t ]+/)
    const probability = Number(fields[0])
    const backoff = fields.length > order + 1 ? Number(fields[order + 1]) : 0
    if (
      fields.length < order + 1 ||
      fields.length > order + 2 ||
      !(probability <= 0) ||
      Number.isNaN(backoff)
    ) {
      throw refuse(`"${line.slice(0, 60)}" is no ${order}-gram`)
    }
    let index: number
    if (order === 1) {
      const word = fields[1]!
      const known = ids.get(word)
      index = known ?? vocabulary.length
      if (known === undefined) {
        ids.set(word, index)
        vocabulary.push(word)
      }
    } else {
      const words = fields.slice(1, order + 1).map((word) => ids.get(word) ?? absent)
      let context = words[0]!
      for (let n = 2; n < order; n++) {
        context =
          words[n - 1] === absent || context === absent ? absent : tables[n - 2]!.find(context, words[n - 1]!)
      }
      const last = words[order - 1]!
      if (context === absent || last === absent) {
        throw refuse(`"${line.slice(0, 60)}" goes on words that are no ${order - 1}-gram of the file`)
      }
      index = tables[order - 2]!.add(context, last)
    }
    const { probabilities, backoffs } = values[order - 1]!
    if (order > 1 && index < probabilities.length) throw refuse(`"${line.slice(0, 60)}" stands there twice`)
    probabilities[index] = probability
    backoffs[index] = backoff
  }

  const { trie, places } = buildTrie(Uint32Array.from(vocabulary.keys()), tables)
  const placed = (numbers: readonly number[], index: number): Float32Array => {
    const result = new Float32Array(trie[index]!.count)
    places[index]!.forEach((place, number) => (result[place] = numbers[number]!))
    return result
  }
  return {
    vocabulary,
    trie,
    logProbabilities: values.map(({ probabilities }, index) => placed(probabilities, index)),
    logBackoffs: values.slice(0, -1).map(({ backoffs }, index) => placed(backoffs, index)),
  }
}
