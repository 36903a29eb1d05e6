/**
 * Tokenizer training against the Rust library, turn about in one run: byte-level BPE at vocabulary 16k on dickens.txt
 * and on 200k Korean reviews. The goal is at most 3 × Rust.
 *
 *     npm run bench tokenizer-training [DATA]
 *
 * DATA is a folder with `text/dickens.txt.gz` and `korean/nsmc-reviews-200k.tsv.gz` (default ../shared/data). YUKSU_PYTHON
 * names the Python that has `tokenizers` (default python3), RAYON_NUM_THREADS the threads it may use (default 2). Timed is
 * training alone, texts already in memory. The first ratio is of the time on the clock, the second of processor time (all
 * threads), which other work on the machine disturbs less. Both sides must learn the same merges.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { trainByteLevelBpe } from '../src/tokenizers/index.ts'

const rounds = Number(process.env.YUKSU_ROUNDS ?? 5)
const data = resolve(process.argv[2] ?? '../shared/data')
const python = process.env.YUKSU_PYTHON ?? 'python3'
const threads = process.env.RAYON_NUM_THREADS ?? '2'

const rust = `
import hashlib, json, sys, time
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
texts = json.load(open(sys.argv[1], encoding="utf-8"))
tokenizer = Tokenizer(BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = BpeTrainer(vocab_size=16000, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
start, processor = time.perf_counter(), time.process_time()
tokenizer.train_from_iterator(texts, trainer)
seconds, processor = time.perf_counter() - start, time.process_time() - processor
merges = json.loads(tokenizer.to_str())["model"]["merges"]
print(json.dumps({"seconds": seconds, "processor": processor, "sum": hashlib.sha256("\\n".join(map(" ".join, merges)).encode()).hexdigest()}))
`

interface Timing {
  readonly seconds: number
  readonly processor: number
  readonly sum: string
}

async function ours(texts: readonly string[]): Promise<Timing> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const { merges } = await trainByteLevelBpe(texts, { vocabularySize: 16_000 })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  const sum = createHash('sha256').update(merges.map((merge) => merge.join(' ')).join('\n'))
  return { seconds, processor: (user + system) / 1e6, sum: sum.digest('hex') }
}

function theirs(path: string): Timing {
  const { status, stdout, stderr } = spawnSync(python, ['-c', rust, path], {
    encoding: 'utf8',
    env: { ...process.env, RAYON_NUM_THREADS: threads, TOKENIZERS_PARALLELISM: 'true' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Timing
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function lines(path: string): string[] {
  return gunzipSync(readFileSync(join(data, path)))
    .toString('utf8')
    .split('\n')
}

async function compare(name: string, texts: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-bench-'))
  try {
    const path = join(folder, 'texts.json')
    writeFileSync(path, JSON.stringify(texts))
    const pairs: [Timing, Timing][] = []
    for (let round = 0; round < rounds; round++) {
      const [mine, other] = [await ours(texts), theirs(path)]
      if (mine.sum !== other.sum) throw new Error(`${name}: the merges differ`)
      pairs.push([mine, other])
    }
    const ratio = (of: (timing: Timing) => number) =>
      median(pairs.map(([mine, other]) => of(mine) / of(other))).toFixed(2)
    console.log(
      `${name}: ours ÷ Rust = ${ratio(({ seconds }) => seconds)} on the clock, ` +
        `${ratio(({ processor }) => processor)} of processor time (medians of ${rounds}; same merges)`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (!existsSync(data)) console.log(`skipped: no data in ${data}`)
else if (spawnSync(python, ['-c', 'import tokenizers']).status !== 0) {
  console.log(`skipped: ${python} has no tokenizers; set YUKSU_PYTHON to one that has`)
} else {
  await compare('dickens.txt, vocabulary 16k', lines('text/dickens.txt.gz'))
  const reviews = lines('korean/nsmc-reviews-200k.tsv.gz')
    .slice(1)
    .filter((line) => line !== '')
  await compare(
    '200k Korean reviews, vocabulary 16k',
    reviews.map((line) => line.split('\t')[4]!),
  )
}
