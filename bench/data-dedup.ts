/**
 * Near-duplicates among many short documents, against Python's datasketch in the same run.
 *
 *     npm run bench data-dedup [DOCUMENTS] [PEER_DOCUMENTS] [SHINGLE]
 *
 * DOCUMENTS (default 1000000) are made of the 200,000 Korean reviews beside the repository: the reviews themselves, and copies of
 * them with words left out, exchanged, doubled or put in. Both sides find all pairs of a Jaccard index of 0.5 and more of the same
 * shingles (SHINGLE, default character:5), with the same number of permutations, the same bands and a comparison of every candidate.
 * Python is that of YUKSU_PYTHON (default python3) and needs datasketch; it is given the first PEER_DOCUMENTS (default 20000), and
 * its time is scaled by the number of documents, which leaves out that its tables grow. Ours runs in a process of its own, with
 * one thread and with two, from a file of lines to the pairs; the memory is the most that the process had at once. The first ratio
 * is of processor time, which other work on the machine hardly disturbs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parseShingle } from '../src/data/deduplicate/shingles.ts'
import { findSimilarTexts } from '../src/data/deduplicate/similar-texts.ts'
import { randomStream } from '../src/random.ts'

const threshold = 0.5
const reviews = '../shared/data/korean/nsmc-reviews-200k.tsv.gz'

interface Measured {
  readonly documents: number
  readonly seconds: number
  readonly processor: number
  readonly pairs: number
  /** Most bytes resident at once. */
  readonly memory: number
  readonly bands?: { readonly bands: number; readonly rows: number }
}

const peerProgram = `
import json, resource, sys, time, unicodedata
from datasketch import MinHash, MinHashLSH
path, count, unit, length, bands, rows = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])
start = time.perf_counter(), time.process_time()
lsh = MinHashLSH(num_perm=bands * rows, params=(bands, rows))
sets, pairs = [], 0
with open(path, encoding="utf-8") as lines:
    for number, line in zip(range(count), lines):
        text = unicodedata.normalize("NFC", line).lower()
        units = text.split() if unit == "word" else " ".join(text.split())
        join = " ".join if unit == "word" else str
        width = min(length, len(units))
        shingles = {join(units[at:at + width]) for at in range(len(units) - width + 1)} if units else set()
        sets.append(shingles)
        if not shingles:
            continue
        hashed = MinHash(num_perm=bands * rows)
        hashed.update_batch([shingle.encode() for shingle in shingles])
        for other in lsh.query(hashed):
            shared = len(shingles & sets[other])
            if shared / (len(shingles) + len(sets[other]) - shared) >= ${threshold}:
                pairs += 1
        lsh.insert(number, hashed)
print(json.dumps({"documents": len(sets), "seconds": time.perf_counter() - start[0], "processor": time.process_time() - start[1],
    "pairs": pairs, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
`

function* documents(count: number): Generator<string> {
  const lines = gunzipSync(readFileSync(reviews)).toString().split('\n').slice(1)
  const real = lines.map((line) => line.split('\t')[4]?.trim() ?? '').filter((review) => review !== '')
  yield* real.slice(0, count)
  const random = randomStream(1, 1)
  for (let made = real.length; made < count; made++) {
    const words = random.pick(real).split(/\s+/)
    for (let edits = 1 + random.below(3); edits > 0; edits--) {
      const at = random.below(words.length)
      const kind = random.below(4)
      if (kind === 0 && words.length > 1) words.splice(at, 1)
      else if (kind === 1) words.splice(at, 0, random.pick(real).split(/\s+/)[0]!)
      else if (kind === 2) words[at] += random.pick(['!!', 'ㅋㅋ', 'ㅠㅠ', '~', '요', '...'])
      else words.splice(at, 1, words[random.below(words.length)]!)
    }
    yield words.join(' ')
  }
}

async function writeDocuments(path: string, count: number): Promise<void> {
  const file = createWriteStream(path)
  for (const document of documents(count)) if (!file.write(`${document}\n`)) await once(file, 'drain')
  file.end()
  await once(file, 'close')
}

async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path) })
}

/** One measurement of ours, in the process it is called in. */
async function measure(path: string, shingle: string, threads: number): Promise<Measured> {
  const before = process.cpuUsage()
  const start = performance.now()
  const similar = await findSimilarTexts(linesOf(path), {
    shingles: parseShingle(shingle),
    threshold,
    threads,
  })
  const seconds = (performance.now() - start) / 1e3
  const { user, system } = process.cpuUsage(before)
  const { maxRSS } = process.resourceUsage()
  const { texts, pairs, bands } = similar
  return { documents: texts, seconds, processor: (user + system) / 1e6, pairs, memory: maxRSS * 1024, bands }
}

async function answerOf(child: ChildProcess): Promise<Measured> {
  const [output] = await Promise.all([text(child.stdout!), once(child, 'exit')])
  if (output === '')
    throw new Error('a process ended without an answer; is datasketch installed for YUKSU_PYTHON?')
  return JSON.parse(output) as Measured
}

function ours(path: string, shingle: string, threads: number): Promise<Measured> {
  const words = [fileURLToPath(import.meta.url), 'measure', path, shingle, String(threads)]
  return answerOf(spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

function peer(
  path: string,
  count: number,
  shingle: string,
  { bands, rows }: { bands: number; rows: number },
) {
  const words = ['-c', peerProgram, path, String(count), ...shingle.split(':'), String(bands), String(rows)]
  return answerOf(
    spawn(process.env['YUKSU_PYTHON'] ?? 'python3', words, { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
}

function show(name: string, { documents: count, seconds, processor, pairs, memory }: Measured): void {
  const perDocument = ((processor / count) * 1e6).toFixed(1)
  console.log(
    `${name}: ${count} documents, ${pairs} pairs, ${seconds.toFixed(1)} s, ${perDocument} µs of processor a document, ${(memory / 2 ** 20).toFixed(0)} MiB`,
  )
}

async function compare(count: number, peerCount: number, shingle: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-bench-dedup-'))
  try {
    const path = join(folder, 'documents.txt')
    await writeDocuments(path, count)
    const one = await ours(path, shingle, 1)
    show('yuksu, one thread', one)
    const theirs = await peer(path, peerCount, shingle, one.bands!)
    show('datasketch', theirs)
    const two = await ours(path, shingle, 2)
    show('yuksu, two threads', two)
    const scale = one.documents / theirs.documents
    console.log(
      `datasketch / yuksu: ${((theirs.processor * scale) / one.processor).toFixed(1)} times the processor time, ${((theirs.seconds * scale) / one.seconds).toFixed(1)} times the time; ` +
        `two threads ${(one.seconds / two.seconds).toFixed(2)} times as fast as one, ${(two.processor / one.processor).toFixed(2)} times the processor time`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [first = '1000000', second = '20000', shingle = 'character:5', threads = '1'] = process.argv.slice(2)
if (first === 'measure') console.log(JSON.stringify(await measure(second, shingle, Number(threads))))
else await compare(Number(first), Number(second), shingle)
