/**
 * The step `clean` with its default options against ftfy and regular expressions in Python, on the same texts, in the same run and turn about.
 *
 *     npm run bench data-clean [DATA]
 *
 * DATA is a folder with `korean/nsmc-reviews-200k.tsv.gz` and `summarization/dialogsum-en/dialogsum.train.jsonl.gz` (default
 * ../shared/data). The goal is 40 MB of UTF-8 a second and core of ours alone. YUKSU_PYTHON names the Python that has ftfy and regex
 * (default python3); without them ours is timed alone. YUKSU_ROUNDS gives the rounds (default 5), YUKSU_MEGABYTES how much
 * text of each the peer cleans (default 2; ours cleans all of it). Timed is the cleaning alone by processor time, after one untimed round on
 * either side, in one thread. The peer does what pipelines such as CCNet and datatrove do: `ftfy.fix_text`, invisible
 * characters, tags, spaces, runs of jamo and marks, mask tokens; it repairs less than ours: no half-typed syllables,
 * spacing, look-alikes, emoticons.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { createTextCleaner } from '../src/data/clean/clean-text.ts'
import { cleanOptionsSchema } from '../src/data/clean/options.ts'

const rounds = Number(process.env['YUKSU_ROUNDS'] ?? 5)
const megabytes = Number(process.env['YUKSU_MEGABYTES'] ?? 2)
const data = resolve(process.argv[2] ?? '../shared/data')
const python = process.env['YUKSU_PYTHON'] ?? 'python3'

const peerProgram = String.raw`
import json, sys, time
import ftfy, regex
config = ftfy.TextFixerConfig(normalization="NFC", uncurl_quotes=False, fix_latin_ligatures=False, explain=False)
invisible = regex.compile(r"[\u00ad\u200b\u200e\u200f\u2060-\u2064\ufeff]")
tags = regex.compile(r"</?(?:a|b|br|div|em|font|i|li|ol|p|span|strong|table|td|tr|u|ul)(?:\s[^<>]*)?/?>", regex.I)
spaces = regex.compile(r"[^\S\n\t]+")
ends = regex.compile(r"[^\S\n]+(?=\n)")
lines = regex.compile(r"\n{4,}")
jamo = regex.compile(r"([ㄱ-ㅣ])\1{3,}")
marks = regex.compile(r"([!?.,~;^…♥♡])\1{3,}")
masks = regex.compile(r"# ?Person ?(\d{1,2}) ?#", regex.I)
def clean(text):
    text = ftfy.fix_text(text, config)
    text = invisible.sub("", text)
    text = tags.sub("", text)
    text = spaces.sub(" ", text)
    text = ends.sub("", text)
    text = lines.sub("\n\n\n", text)
    text = jamo.sub(r"\1\1\1", text)
    text = marks.sub(r"\1\1\1", text)
    text = masks.sub(r"#Person\1#", text)
    return text.strip()
for line in sys.stdin:
    texts = json.loads(line)
    start = time.process_time()
    cleaned = [clean(text) for text in texts]
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "changed": sum(a != b for a, b in zip(texts, cleaned))}), flush=True)
`

interface Timed {
  /** Of processor time. */
  readonly seconds: number
  /** Texts that came out another. */
  readonly changed: number
}

const clean = createTextCleaner(cleanOptionsSchema.parse({}))

function ours(texts: readonly string[]): Timed {
  const before = process.cpuUsage()
  let changed = 0
  for (const text of texts) if (clean(text, {}) !== text) changed += 1
  const { user, system } = process.cpuUsage(before)
  return { seconds: (user + system) / 1e6, changed }
}

function startPeer() {
  if (spawnSync(python, ['-c', 'import ftfy, regex']).status !== 0) return undefined
  const peer = spawn(python, ['-c', peerProgram], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  return {
    async clean(texts: readonly string[]): Promise<Timed> {
      peer.stdin.write(JSON.stringify(texts) + '\n')
      const answer = await answers.next()
      if (answer.done) throw new Error('the Python peer ended')
      return JSON.parse(answer.value) as Timed
    },
    close: () => peer.stdin.end(),
  }
}

function size(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6
}

function part(texts: readonly string[]): string[] {
  let left = megabytes
  return texts.filter((text) => (left -= Buffer.byteLength(text) / 1e6) > 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function lines(path: string): string[] {
  return gunzipSync(readFileSync(join(data, path)))
    .toString('utf8')
    .trim()
    .split('\n')
}

async function compare(name: string, texts: readonly string[], peer: ReturnType<typeof startPeer>) {
  const some = part(texts)
  const times: { all: Timed[]; ours: Timed[]; peer: Timed[] } = { all: [], ours: [], peer: [] }
  for (let round = 0; round <= rounds; round++) {
    const theirs = await peer?.clean(some)
    const [all, mine] = [ours(texts), ours(some)]
    if (round === 0) continue
    times.all.push(all)
    times.ours.push(mine)
    if (theirs) times.peer.push(theirs)
  }
  const speed = size(texts) / median(times.all.map(({ seconds }) => seconds))
  const share = (100 * times.all[0]!.changed) / texts.length
  const alone = `${name}: ${speed.toFixed(0)} MB/s (${size(texts).toFixed(1)} MB, ${share.toFixed(1)} % of ${texts.length} texts changed)`
  if (times.peer.length === 0) return console.log(`${alone}; no peer: ${python} lacks ftfy or regex`)
  const ratio = median(times.peer.map((peerTime, round) => peerTime.seconds / times.ours[round]!.seconds))
  console.log(
    `${alone}; Python ÷ ours = ${ratio.toFixed(0)} of processor time on ${size(some).toFixed(1)} MB`,
  )
}

if (!existsSync(data)) console.log(`skipped: no data in ${data}`)
else {
  const peer = startPeer()
  const reviews = lines('korean/nsmc-reviews-200k.tsv.gz')
    .slice(1)
    .flatMap((line) => line.split('\t')[4] ?? [])
  const dialogues = lines('summarization/dialogsum-en/dialogsum.train.jsonl.gz').flatMap((line) => {
    const { dialogue, summary } = JSON.parse(line) as { dialogue: string; summary: string }
    return [dialogue, summary]
  })
  await compare('Korean reviews', reviews, peer)
  await compare('DialogSum', dialogues, peer)
  peer?.close()
}
