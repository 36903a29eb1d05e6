/**
 * The engine against its peers: each piece of work turn about in the same run, with its time and its peak memory as ratios.
 *
 *     YUKSU_PYTHON=venv/bin/python npm run bench engine [-- --json] [-- --only train]
 *
 * YUKSU_PYTHON (default python3) has torch, transformers and peft. YUKSU_PRELOAD is a library that is loaded before PyTorch, which is faster
 * with tcmalloc. YUKSU_LLAMA_CPP is a folder in which node-llama-cpp is installed. YUKSU_ROUNDS is the number of timed turns of each (default 5), after two that are not. A ratio is of
 * medians, ours by the best peer's: below 1 ours is faster. Every contender is a process of its own with two threads.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Contender, RunningContender, type Work } from './engine/contender.ts'
import { bartBase, medium, small, type Workload } from './engine/workloads.ts'

interface Row {
  readonly name: string
  readonly workload: Workload
  readonly peers: readonly Contender[]
  readonly goal: number
  /** Of the ratio of peak memories; 1 by default. */
  readonly memoryGoal?: number
}

interface Result {
  readonly name: string
  readonly ours: number
  readonly peer: number
  readonly ratio: number
  readonly goal: number
  readonly unit: 's' | 'bytes'
  readonly peerName: string
  /** The same of processor time, which other work on the machine disturbs less; of times only. */
  readonly processorRatio?: number
}

const root = resolve(import.meta.dirname, '../..')
const rounds = Number(process.env.YUKSU_ROUNDS ?? 5)
const untimed = 2

function ours(workload: Workload): Contender {
  return {
    name: 'ours',
    command: [process.execPath, resolve(import.meta.dirname, 'engine/ours.js'), JSON.stringify(workload)],
    install: '',
  }
}

function torch(workload: Workload, mode: string): Contender {
  const program = workload.kind.startsWith('train') ? 'torch_training.py' : 'torch_decoding.py'
  const preload = process.env.YUKSU_PRELOAD
  return {
    name: `PyTorch ${mode}`,
    command: [
      process.env.YUKSU_PYTHON ?? 'python3',
      resolve(root, 'bench/engine', program),
      JSON.stringify(workload),
      mode,
    ],
    ...(preload !== undefined && existsSync(preload) && { environment: { LD_PRELOAD: preload } }),
    install:
      'pip install torch transformers peft in a virtual environment, and give its python as YUKSU_PYTHON',
  }
}

function llamaCpp(workload: Workload, format: 'f32' | 'q4_0'): Contender {
  return {
    name: `llama.cpp ${format}`,
    command: [
      process.execPath,
      resolve(import.meta.dirname, 'engine/llama-cpp.js'),
      JSON.stringify(workload),
      format,
    ],
    install: 'npm install node-llama-cpp in a folder of its own, and give that as YUKSU_LLAMA_CPP',
  }
}

const trainSmall: Workload = { kind: 'train-decoder', sizes: small, batch: 8, length: 256 }
const trainMedium: Workload = { kind: 'train-decoder', sizes: medium, batch: 4, length: 256 }
const trainBart: Workload = {
  kind: 'train-encoder-decoder',
  sizes: bartBase,
  batch: 4,
  source: 256,
  target: 64,
}

const trainLowRank = (base: 'f32' | 'int4' | 'nf4'): Workload => ({
  kind: 'train-low-rank',
  sizes: medium,
  batch: 4,
  length: 256,
  rank: 8,
  base,
})

const decode = (weights: 'f32' | 'int4'): Workload => ({
  kind: 'decode',
  sizes: medium,
  prompt: 16,
  tokens: 65,
  weights,
})
const prefill: Workload = { kind: 'prefill', sizes: medium, length: 512 }

const rowsAgainstTorch: Row[] = [
  ['train 16.8 M, f32', trainSmall, ['eager', 'compile'], 0.55],
  ['train 110 M, f32', trainMedium, ['eager', 'compile'], 0.65],
  ['train BART-base, f32', trainBart, ['eager', 'compile'], 0.65],
  ['train 16.8 M against bf16', trainSmall, ['bf16'], 1],
  ['train 110 M against bf16', trainMedium, ['bf16'], 1],
  ['train 110 M low-rank, f32', trainLowRank('f32'), ['eager'], 0.6],
  ['prefill 110 M, 512 tokens', prefill, ['eager', 'bf16'], 1],
].map(([name, workload, modes, goal]) => ({
  name: name as string,
  workload: workload as Workload,
  peers: (modes as string[]).map((mode) => torch(workload as Workload, mode)),
  goal: goal as number,
}))

/** A base in 4 bits against the same adapter of ours on a base in f32. */
const quantizedRows = (['nf4', 'int4'] as const).map((base): Row => ({
  name: `train 110 M low-rank, ${base}`,
  workload: trainLowRank(base),
  peers: [{ ...ours(trainLowRank('f32')), name: 'ours in f32' }],
  goal: 1.15,
  memoryGoal: 0.45,
}))

const decodingRows: Row[] = [
  {
    name: 'decode 110 M, batch 1, f32',
    workload: decode('f32'),
    peers: [torch(decode('f32'), 'eager'), llamaCpp(decode('f32'), 'f32')],
    goal: 1,
  },
  {
    name: 'decode 110 M, batch 1, 4-bit',
    workload: decode('int4'),
    peers: [llamaCpp(decode('int4'), 'q4_0')],
    goal: 1,
  },
]

const rows = [...rowsAgainstTorch, ...decodingRows, ...quantizedRows]

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!
}

const say = (line: string) => process.stderr.write(`${line}\n`)

async function measure(row: Row): Promise<Result[]> {
  const running = [await RunningContender.start(ours(row.workload))]
  for (const peer of row.peers) {
    try {
      running.push(await RunningContender.start(peer))
    } catch (error) {
      say(`${row.name}: ${peer.name} is absent (${(error as Error).message}); ${peer.install}`)
    }
  }
  const done = running.map((): Work[] => [])
  for (let round = 0; round < untimed + rounds; round++) {
    for (const [index, contender] of running.entries()) {
      const work = await contender.work()
      if (round >= untimed) done[index]!.push(work)
    }
  }
  for (const contender of running) await contender.stop()
  const seconds = done.map((works) => median(works.map((work) => work.seconds)))
  const processor = done.map((works) => median(works.map((work) => work.processor)))
  const bytes = done.map((works) => Math.max(...works.map(({ peakBytes }) => peakBytes)))
  const names = running.map(({ contender }) => contender.name)
  say(
    `${row.name}: ${names
      .map((name, index) => {
        const value = done[index]!.at(-1)!.value
        const told = value === undefined ? '' : `, loss ${value.toFixed(3)}`
        return `${name} ${seconds[index]!.toFixed(3)} s, ${(bytes[index]! / 2 ** 20).toFixed(0)} MiB${told}`
      })
      .join('; ')}`,
  )
  const best = (values: readonly number[]) => values.indexOf(Math.min(...values.slice(1)), 1)
  return (
    [
      ['s', seconds, row.goal, ''],
      ['bytes', bytes, row.memoryGoal ?? 1, ', peak memory'],
    ] as const
  ).flatMap(([unit, values, goal, suffix]) => {
    const peer = best(values)
    if (peer < 1) return []
    const [mine, other] = [values[0]!, values[peer]!]
    return {
      name: `${row.name}${suffix}`,
      ours: mine,
      peer: other,
      ratio: mine / other,
      goal,
      unit,
      peerName: names[peer]!,
      ...(unit === 's' && { processorRatio: processor[0]! / processor[peer]! }),
    }
  })
}

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : ''
const results: Result[] = []
for (const row of rows.filter(({ name }) => name.includes(only))) results.push(...(await measure(row)))

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`)
else {
  for (const { name, ratio, goal, peerName, processorRatio } of results) {
    const mark = ratio <= goal ? 'reached' : 'missed'
    process.stdout.write(
      `${name.padEnd(46)} ${ratio.toFixed(3)} of ${peerName.padEnd(16)} goal ≤ ${goal}  ${mark}${processorRatio === undefined ? '' : `  (of processor time ${processorRatio.toFixed(3)})`}\n`,
    )
  }
}
if (results.length === 0) {
  say('nothing could be compared: no peer is installed')
  process.exitCode = 1
}
