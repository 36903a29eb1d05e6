/**
 * Filters of rows against datatrove's, turn about in one run, one thread each: Gopher's quality and repetition rules, C4's and
 * FineWeb's, on English dialogues and Korean reviews; and how fast rows pass cleaning, masking of personal data and filters together
 * (the goal is at least 20 MB of text a second and core).
 *
 *     npm run bench data-filter [DATA]
 *
 * DATA is a folder with `summarization/dialogsum-en/dialogsum.train.jsonl.gz` and `korean/nsmc-reviews-200k.tsv.gz` (default ../shared/data).
 * YUKSU_PYTHON names the Python that has datatrove 0.10 with its `processing` needs (without it only ours is timed), YUKSU_ROUNDS the
 * rounds (default 3), YUKSU_MEGABYTES how much text of each (default 4). Both sides take as words what spaces separate: datatrove's own
 * splitters into words and sentences are replaced by faster ones, to its favour. Marks such as `#Person1#` lose their `#`, which
 * datatrove counts and ours does not, and lines the spaces at their ends. All times are of the processor. The texts that both keep by Gopher's quality rules are counted and
 * must be as many; by repetition datatrove drops short texts for n-grams that stand once, and ours ends Korean lines by syllables too.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { cleanOptionsSchema, cleanStep } from '../src/data/clean/index.ts'
import {
  heuristicsOptionsSchema,
  heuristicsStep,
  repetitionOptionsSchema,
  repetitionStep,
} from '../src/data/filter/index.ts'
import { personalDataOptionsSchema, personalDataStep } from '../src/data/personal-data/index.ts'
import type { DataRow, RowStep, TextColumns } from '../src/data/step.ts'

const data = resolve(process.argv[2] ?? '../shared/data')
const rounds = Number(process.env['YUKSU_ROUNDS'] ?? 3)
const megabytes = Number(process.env['YUKSU_MEGABYTES'] ?? 4)

const peerProgram = `
import json, re, sys, time
from datatrove.data import Document
from datatrove.pipeline.filters import c4_filters, fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter
for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
    module.split_into_words = lambda text, language=None: text.split()
ends = re.compile(r"[.!?]+(?=\\s|$)")
c4_filters.split_into_sentences = lambda text, language=None: ends.findall(text) or [text]
filters = {
    "gopher": gopher_quality_filter.GopherQualityFilter(),
    "repetition": gopher_repetition_filter.GopherRepetitionFilter(),
    "c4": c4_filters.C4QualityFilter(min_num_sentences=3, min_words_per_line=5),
    "fineweb": fineweb_quality_filter.FineWebQualityFilter(),
}
texts = json.load(open(sys.argv[1], encoding="utf-8"))
print("ready", flush=True)
for line in sys.stdin:
    answer = {}
    for name, one in filters.items():
        documents = [Document(text=text, id="0") for text in texts]
        start = time.process_time()
        kept = sum(1 for document in documents if one.filter(document) is True)
        answer[name] = {"seconds": time.process_time() - start, "kept": kept}
    print(json.dumps(answer), flush=True)
`

const filters = ['gopher', 'repetition', 'c4', 'fineweb'] as const

interface Timed {
  readonly seconds: number
  readonly kept: number
}

type Answer = Readonly<Record<(typeof filters)[number], Timed>>

const columns: TextColumns = { texts: ['text'], document: ['text'] }

function made(step: RowStep | Promise<RowStep>): Promise<RowStep> {
  return Promise.resolve(step)
}

function heuristics(options: object): Promise<RowStep> {
  return made(heuristicsStep.create(heuristicsOptionsSchema.parse(options), { seed: 1 }))
}

function repetition(options: object): Promise<RowStep> {
  return made(repetitionStep.create(repetitionOptionsSchema.parse(options), { seed: 1 }))
}

function timed(rows: readonly DataRow[], steps: readonly RowStep[]): Timed {
  const before = process.cpuUsage()
  let kept = 0
  for (const row of rows) {
    let current: DataRow | undefined = row
    for (const step of steps) {
      const outcome = step.apply(current, columns)
      if (outcome === undefined) continue
      if ('drop' in outcome) {
        current = undefined
        break
      }
      if ('values' in outcome) current = { place: row.place, values: outcome.values }
    }
    if (current !== undefined) kept++
  }
  const { user, system } = process.cpuUsage(before)
  return { seconds: (user + system) / 1e6, kept }
}

function startPeer(path: string) {
  const python = process.env['YUKSU_PYTHON']
  if (python === undefined) return undefined
  const peer = spawn(python, ['-c', peerProgram, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  async function next(): Promise<string> {
    const answer = await answers.next()
    if (answer.done) throw new Error('the Python peer ended; is datatrove installed for YUKSU_PYTHON?')
    return answer.value
  }
  return {
    ready: next,
    async filter(): Promise<Answer> {
      peer.stdin.write('again\n')
      return JSON.parse(await next()) as Answer
    },
    close: () => peer.stdin.end(),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

async function compare(
  name: string,
  texts: readonly string[],
  folder: string,
  preset: string,
): Promise<void> {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(texts))
  // Whole strings, as rows that were read have them, and not parts of a long one.
  const rows = (JSON.parse(readFileSync(path, 'utf8')) as string[]).map((text, index) => ({
    place: { file: name, number: index + 1, line: index + 1 },
    values: { text },
  }))
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6
  const ours: Readonly<Record<(typeof filters)[number], readonly RowStep[]>> = {
    gopher: [await heuristics({ preset: 'gopher', language: 'en' })],
    repetition: [await repetition({ unit: 'word', minimumOccurrences: 2 })],
    c4: [await heuristics({ preset: 'c4', language: 'en' })],
    fineweb: [
      await heuristics({
        preset: 'none',
        language: 'en',
        limits: {
          minimumPunctuatedLines: 0.12,
          maximumShortLines: 0.67,
          maximumDuplicateLineCharacters: 0.01,
          maximumLineEndRatio: 0.3,
        },
      }),
    ],
  }
  const clean = await made(cleanStep.create(cleanOptionsSchema.parse({}), { seed: 1 }))
  const personal = await made(personalDataStep.create(personalDataOptionsSchema.parse({}), { seed: 1 }))
  const judged = [await heuristics({ preset }), await repetition({})]
  const chains: Readonly<Record<string, readonly RowStep[]>> = {
    clean: [clean],
    'personal-data': [personal],
    'heuristics + repetition': judged,
    'clean + heuristics + repetition': [clean, ...judged],
    'clean + personal-data + heuristics + repetition': [clean, personal, ...judged],
  }
  const peer = startPeer(path)
  await peer?.ready()
  const mine: Answer[] = []
  const theirs: Answer[] = []
  const whole: Record<string, number>[] = []
  for (let round = 0; round <= rounds; round++) {
    const other = await peer?.filter()
    const answer = Object.fromEntries(filters.map((filter) => [filter, timed(rows, ours[filter])])) as Answer
    const seconds = Object.fromEntries(
      Object.entries(chains).map(([chain, steps]) => [chain, timed(rows, steps).seconds]),
    )
    if (other !== undefined && other.gopher.kept !== answer.gopher.kept)
      throw new Error(`${name}: datatrove keeps ${other.gopher.kept} texts, ours ${answer.gopher.kept}`)
    // The first round is for compiling.
    if (round === 0) continue
    mine.push(answer)
    whole.push(seconds)
    if (other !== undefined) theirs.push(other)
  }
  peer?.close()
  for (const filter of filters) {
    const speed = size / median(mine.map((answer) => answer[filter].seconds))
    const ratio = theirs.map((other, round) => other[filter].seconds / mine[round]![filter].seconds)
    const against = ratio.length === 0 ? '' : `, datatrove / yuksu = ${median(ratio).toFixed(1)}`
    const kept = `${mine[0]![filter].kept} of ${texts.length} texts kept`
    const other = theirs.length === 0 ? '' : ` (datatrove ${theirs[0]![filter].kept})`
    console.log(`${name}, ${filter}: ${speed.toFixed(0)} MB/s${against}; ${kept}${other}`)
  }
  for (const chain of Object.keys(chains)) {
    console.log(
      `${name}, ${chain}: ${(size / median(whole.map((seconds) => seconds[chain]!))).toFixed(0)} MB/s`,
    )
  }
}

function limited(texts: readonly string[]): string[] {
  let left = megabytes * 1e6
  return texts.filter((text) => text !== '' && (left -= Buffer.byteLength(text)) > 0)
}

function linesOf(path: string): string[] {
  return gunzipSync(readFileSync(join(data, path)))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
}

const folder = mkdtempSync(join(tmpdir(), 'yuksu-filter-'))
try {
  const dialogues = linesOf('summarization/dialogsum-en/dialogsum.train.jsonl.gz').map((line) =>
    (JSON.parse(line) as { dialogue: string }).dialogue.replace(/#(\w+)#/g, '$1').replace(/ +$/gm, ''),
  )
  await compare('English dialogues', limited(dialogues), folder, 'dialogue')
  const reviews = linesOf('korean/nsmc-reviews-200k.tsv.gz').map((line) => line.split('\t')[4] ?? '')
  await compare('Korean reviews', limited(reviews), folder, 'review')
} finally {
  rmSync(folder, { recursive: true })
}
