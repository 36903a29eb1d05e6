/**
 * Encoding against the Rust library, turn about in one run, one thread each: the vocabularies of GPT-2, cl100k, o200k and Llama 2 on
 * English (dickens.txt) and Korean (movie reviews). The goal is at least twice Rust's speed.
 *
 *     npm run bench tokenizer-encoding [DATA] [VOCABULARY …]
 *
 * DATA is a folder with `text/dickens.txt.gz`, `korean/nsmc-reviews-200k.tsv.gz` and `fixtures/` (default ../shared/data). YUKSU_PYTHON names
 * the Python that has `tokenizers` (default python3), YUKSU_ROUNDS the rounds (default 5), YUKSU_MEGABYTES how much text of each (default 4).
 * Every line is a text. Both sides read the same `tokenizer.json`, written here, and must give the same ids, which is checked before anything
 * is timed. Rust is timed by its fastest way, `encode_batch_fast`. "Cold" is the first pass over the texts with nothing remembered, in a
 * process that has compiled the code; "warm" is a second pass over the same texts.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { sentencePieceJson } from '../src/tokenizers/sentencepiece-json.ts'
import { readSentencePieceModel } from '../src/tokenizers/sentencepiece-model.ts'
import { tiktokenEncodings, tiktokenJson } from '../src/tokenizers/tiktoken.ts'
import { createTokenizer } from '../src/tokenizers/tokenizer.ts'

const rounds = Number(process.env.YUKSU_ROUNDS ?? 5)
const megabytes = Number(process.env.YUKSU_MEGABYTES ?? 4)
const data = resolve(process.argv[2] ?? '../shared/data')
const python = process.env.YUKSU_PYTHON ?? 'python3'

const rust = `
import hashlib, json, sys, time
from tokenizers import Tokenizer
texts = json.load(open(sys.argv[2], encoding="utf-8"))
def run():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    passes = []
    for turn in range(2):
        start, processor = time.perf_counter(), time.process_time()
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        passes.append([time.perf_counter() - start, time.process_time() - processor])
    return passes, encodings
passes, encodings = run()
text = "\\n".join(",".join(map(str, encoding.ids)) for encoding in encodings)
print(json.dumps({"cold": passes[0], "warm": passes[1], "sum": hashlib.sha256(text.encode()).hexdigest()}))
`

type Pass = readonly [clock: number, processor: number]

interface Timing {
  readonly cold: Pass
  readonly warm: Pass
  readonly sum: string
}

function ours(json: object, texts: readonly string[]): Timing {
  const tokenizer = createTokenizer(json, {})
  const pass = (): Pass => {
    const [start, before] = [performance.now(), process.cpuUsage()]
    for (const text of texts) tokenizer.encode(text)
    const { user, system } = process.cpuUsage(before)
    return [(performance.now() - start) / 1000, (user + system) / 1e6]
  }
  const [cold, warm] = [pass(), pass()]
  const sum = createHash('sha256').update(texts.map((text) => tokenizer.encode(text).join(',')).join('\n'))
  return { cold, warm, sum: sum.digest('hex') }
}

function theirs(tokenizer: string, texts: string): Timing {
  const { status, stdout, stderr } = spawnSync(python, ['-c', rust, tokenizer, texts], {
    encoding: 'utf8',
    env: { ...process.env, TOKENIZERS_PARALLELISM: 'false', RAYON_NUM_THREADS: '1' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Timing
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function limited(texts: readonly string[]): string[] {
  let left = megabytes * 1e6
  return texts.filter((text) => (left -= Buffer.byteLength(text)) > 0)
}

function unzipped(path: string): string {
  return gunzipSync(readFileSync(join(data, path))).toString('utf8')
}

function vocabulary(name: string): object {
  if (name === 'llama2') {
    const model = readSentencePieceModel(readFileSync(join(data, 'fixtures/llama2.tokenizer.model')))
    return sentencePieceJson(model, { addBos: true })
  }
  const encoding = tiktokenEncodings[name as keyof typeof tiktokenEncodings]
  return tiktokenJson(readFileSync(join(data, `fixtures/tiktoken/${name}.tiktoken`), 'utf8'), encoding)
}

function compare(folder: string, name: string, language: string, texts: readonly string[]): void {
  const [tokenizerPath, textsPath] = [join(folder, 'tokenizer.json'), join(folder, 'texts.json')]
  const json = vocabulary(name)
  writeFileSync(tokenizerPath, JSON.stringify(json))
  writeFileSync(textsPath, JSON.stringify(texts))
  const check = [ours(json, texts), theirs(tokenizerPath, textsPath)] as const
  if (check[0].sum !== check[1].sum) throw new Error(`${name}, ${language}: the ids differ`)
  const pairs: [Timing, Timing][] = []
  for (let round = 0; round < rounds; round++)
    pairs.push([ours(json, texts), theirs(tokenizerPath, textsPath)])
  const ratio = (of: (timing: Timing) => number) =>
    median(pairs.map(([mine, other]) => of(other) / of(mine))).toFixed(1)
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6
  const speed = (side: 0 | 1) => (size / median(pairs.map((pair) => pair[side].cold[1]))).toFixed(1)
  console.log(
    `${name}, ${language}: Rust ÷ ours = ${ratio(({ cold }) => cold[0])} cold and ${ratio(({ warm }) => warm[0])} warm on the clock, ` +
      `${ratio(({ cold }) => cold[1])} and ${ratio(({ warm }) => warm[1])} of processor time; ` +
      `cold ${speed(0)} MB/s against ${speed(1)} (medians of ${rounds}; same ids)`,
  )
}

if (!existsSync(data)) console.log(`skipped: no data in ${data}`)
else if (spawnSync(python, ['-c', 'import tokenizers']).status !== 0) {
  console.log(`skipped: ${python} has no tokenizers; set YUKSU_PYTHON to one that has`)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-bench-'))
  try {
    const texts = {
      English: limited(unzipped('text/dickens.txt.gz').split('\n')),
      Korean: limited(
        unzipped('korean/nsmc-reviews-200k.tsv.gz')
          .split('\n')
          .slice(1)
          .flatMap((line) => line.split('\t')[4] ?? []),
      ),
    }
    const names =
      process.argv.length > 3 ? process.argv.slice(3) : ['r50k_base', 'cl100k_base', 'o200k_base', 'llama2']
    for (const name of names) {
      for (const [language, lines] of Object.entries(texts)) compare(folder, name, language, lines)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
