/**
 * ROUGE against Python's rouge_score on the same pairs, in the same run and turn about.
 *
 *     npm run bench rouge [DATA]
 *
 * DATA is a JSONL file with `dialogue` and `summary` (default: DialogSum dev beside the repository). Python is that of
 * YUKSU_PYTHON (default python3) and needs rouge_score. Timed is the scoring of all rows alone, after one untimed
 * round on either side: imports and the start of both programs are not counted, nor intervals, which `RougeScorer`
 * does not make; a figure in brackets counts ours. The first ratio is of processor time (all threads, collection of
 * garbage included), which other work on the machine hardly disturbs; the second of the time on the clock. Korean
 * has no peer: rouge_score drops its letters. Its time is given as a ratio to the same rows by word, without the
 * one-time load of the morphemes.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { leadBaseline } from '../src/evaluate/baselines.ts'
import { scoreRouge } from '../src/evaluate/metrics/rouge.ts'
import type { RougeOptions, ScoredPair } from '../src/evaluate/metrics/rouge.ts'

const rounds = 3
/** Ours in one round, to fill a time that can be measured. */
const repeats = 10
const measures = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const

const peerProgram = `
import json, sys, time
from rouge_score import rouge_scorer
pairs = json.loads(sys.stdin.readline())
for line in sys.stdin:
    scorer = rouge_scorer.RougeScorer(${JSON.stringify(measures)}, use_stemmer=json.loads(line))
    start = time.perf_counter(), time.process_time()
    scores = [scorer.score(pair["references"][0], pair["prediction"]) for pair in pairs]
    times = {"seconds": time.perf_counter() - start[0], "processor": time.process_time() - start[1]}
    means = [sum(score[name].fmeasure for score in scores) / len(scores) for name in ${JSON.stringify(measures)}]
    print(json.dumps({**times, "means": means}), flush=True)
`

interface Timed {
  seconds: number
  processor: number
  means: number[]
}

function median(values: number[]): number {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)]!
}

function ratio(longer: Timed[], shorter: Timed[], clock: 'seconds' | 'processor'): number {
  return median(longer.map((timed) => timed[clock])) / median(shorter.map((timed) => timed[clock]))
}

async function ours(pairs: readonly ScoredPair[], options: RougeOptions): Promise<Timed> {
  const start = performance.now()
  const before = process.cpuUsage()
  let means: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    const report = await scoreRouge(pairs, options)
    means = measures.map((name) => report[name].f1)
  }
  const used = process.cpuUsage(before)
  return {
    seconds: (performance.now() - start) / 1e3 / repeats,
    processor: (used.user + used.system) / 1e6 / repeats,
    means,
  }
}

function startPeer(pairs: readonly ScoredPair[]) {
  const peer = spawn(process.env['YUKSU_PYTHON'] ?? 'python3', ['-c', peerProgram], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  peer.stdin.write(JSON.stringify(pairs) + '\n')
  return {
    async score(stem: boolean): Promise<Timed> {
      peer.stdin.write(`${stem}\n`)
      const answer = await answers.next()
      if (answer.done) throw new Error('the Python peer ended; is rouge_score installed for YUKSU_PYTHON?')
      return JSON.parse(answer.value) as Timed
    },
    close: () => peer.stdin.end(),
  }
}

async function compare(pairs: readonly ScoredPair[]): Promise<void> {
  const peer = startPeer(pairs)
  for (const stem of [false, true]) {
    const times: { ours: Timed[]; intervals: Timed[]; peer: Timed[] } = { ours: [], intervals: [], peer: [] }
    let difference = 0
    for (let round = 0; round <= rounds; round++) {
      const theirs = await peer.score(stem)
      const mine = await ours(pairs, { stem, language: 'en', resamples: 1 })
      const withIntervals = await ours(pairs, { stem, language: 'en' })
      difference = Math.max(...mine.means.map((mean, index) => Math.abs(mean - theirs.means[index]!)))
      if (round === 0) continue
      times.ours.push(mine)
      times.peer.push(theirs)
      times.intervals.push(withIntervals)
    }
    console.log(
      `rouge_score / yuksu, ${pairs.length} rows, stem ${stem}: ` +
        `${ratio(times.peer, times.ours, 'processor').toFixed(1)} times the processor time, ` +
        `${ratio(times.peer, times.ours, 'seconds').toFixed(1)} times the time ` +
        `(${ratio(times.peer, times.intervals, 'processor').toFixed(1)} with 1000 bootstrap resamples; largest difference of a mean ${difference.toExponential(1)})`,
    )
  }
  peer.close()
}

async function compareUnits(pairs: readonly ScoredPair[]): Promise<void> {
  const times: { word: Timed[]; morpheme: Timed[] } = { word: [], morpheme: [] }
  for (let round = 0; round <= rounds; round++) {
    for (const unit of ['word', 'morpheme'] as const) {
      const timed = await ours(pairs, { language: 'ko', unit })
      if (round > 0) times[unit].push(timed)
    }
  }
  console.log(
    `Korean by morpheme / by word: ${ratio(times.morpheme, times.word, 'processor').toFixed(1)} times the processor time, model loaded`,
  )
}

const path = process.argv[2] ?? '../shared/data/summarization/dialogsum-en/dialogsum.dev.jsonl'
const rows = readFileSync(path, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { dialogue: string; summary: string })
await compare(rows.map((row) => ({ references: [row.summary], prediction: leadBaseline(row.dialogue) })))

const particles = ['는 오늘 회의를 미뤘다.', '가 학교에서 친구를 만났어요.', '에게 보고서를 보내기로 했다.']
const korean = Array.from({ length: 200 }, (_, index) => `#Person${index % 3}#${particles[index % 3]}`)
await compareUnits(
  korean.map((text, index) => ({ references: [text], prediction: korean[(index + 1) % 200]! })),
)
