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
import {
  bartBase,
  large,
  type LlamaSizes,
  medium,
  small,
  type OurProducts,
  type Workload,
} from './engine/workloads.ts'

interface Row {
  readonly name: string
  readonly workload: Workload
  /** Ours, in products of these kinds: the best counts. */
  readonly ours: readonly OurProducts[]
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
  /** Which of ours it was. */
  readonly oursName: string
  readonly peerName: string
  /** The same of processor time, which other work on the machine disturbs less; of times only. */
  readonly processorRatio?: number
}

const root = resolve(import.meta.dirname, '../..')
const rounds = Number(process.env.YUKSU_ROUNDS ?? 5)
const untimed = 2

function ours(workload: Workload, products: OurProducts = 'float32'): Contender {
  return {
    name: products === 'float32' ? 'ours' : `ours in ${products}`,
    command: [
      process.execPath,
      resolve(import.meta.dirname, 'engine/ours.js'),
      JSON.stringify(workload),
      products,
    ],
    install: 'node bin/yuksu.js native builds what it needs',
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

interface LowRankRow {
  readonly base: 'f32' | 'int4' | 'nf4'
  readonly memory?: 'fast' | 'low'
  readonly sizes?: LlamaSizes
  readonly batch?: number
}

const trainLowRank = (given: LowRankRow): Workload => ({
  kind: 'train-low-rank',
  sizes: medium,
  batch: 4,
  length: 256,
  rank: 8,
  memory: 'fast',
  ...given,
})

const decode = (weights: 'f32' | 'int4'): Workload => ({
  kind: 'decode',
  sizes: medium,
  prompt: 16,
  tokens: 65,
  weights,
})
const prefill: Workload = { kind: 'prefill', sizes: medium, length: 512 }

/** Float32: the runtime's products, or six of bfloat16 each, or six of int8 (see docs/native.md and product-precision). */
const exact: OurProducts[] = ['float32', 'bfloat16x6', 'int8x6']

const rowsAgainstTorch: Row[] = [
  ['train 16.8 M, f32', trainSmall, exact, ['eager', 'compile'], 0.55],
  ['train 110 M, f32', trainMedium, exact, ['eager', 'compile'], 0.65],
  ['train BART-base, f32', trainBart, exact, ['eager', 'compile'], 0.65],
  // Not a goal: 16 of the 24 bits, as PyTorch's `high` allows.
  ['train 16.8 M, f32 of 16 bits', trainSmall, ['bfloat16x3'], ['eager', 'compile'], 0.55],
  ['train 16.8 M against bf16', trainSmall, ['bfloat16'], ['bf16'], 1],
  ['train 110 M against bf16', trainMedium, ['bfloat16'], ['bf16'], 1],
  ['train 110 M low-rank, f32', trainLowRank({ base: 'f32' }), exact, ['eager'], 0.6],
  ['prefill 110 M, 512 tokens', prefill, ['float32', 'bfloat16'], ['eager', 'bf16'], 1],
].map(([name, workload, products, modes, goal]) => ({
  name: name as string,
  workload: workload as Workload,
  ours: products as OurProducts[],
  peers: (modes as string[]).map((mode) => torch(workload as Workload, mode)),
  goal: goal as number,
}))

/**
 * A base in 4 bits against the same adapter of ours on a base in f32, both by layers: activations of all would be most of either's memory. By the
 * library and without it, each against the same, and where weights are most of a model's memory, as they are for those who need this.
 */
const quantizedRows = (
  [
    ['110 M', { sizes: medium, batch: 4 }, 'float32'],
    ['110 M', { sizes: medium, batch: 4 }, 'int8x6'],
    ['1.3 B', { sizes: large, batch: 2 }, 'int8x6'],
  ] as const
).flatMap(([size, shape, products]) =>
  (['nf4', 'int4'] as const).map((base): Row => {
    const work = (base: LowRankRow['base']) => trainLowRank({ ...shape, base, memory: 'low' })
    return {
      name: `train ${size} low-rank, ${base}${products === 'float32' ? '' : ` in ${products}`}`,
      workload: work(base),
      ours: [products],
      peers: [{ ...ours(work('f32'), products), name: 'ours in f32' }],
      goal: 1.15,
      memoryGoal: 0.45,
    }
  }),
)

const decodingRows: Row[] = [
  {
    name: 'decode 110 M, batch 1, f32',
    workload: decode('f32'),
    ours: exact,
    peers: [torch(decode('f32'), 'eager'), llamaCpp(decode('f32'), 'f32')],
    goal: 1,
  },
  {
    name: 'decode 110 M, batch 1, 4-bit',
    workload: decode('int4'),
    ours: exact,
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
  const running: RunningContender[] = []
  const started = async (contenders: readonly Contender[]) => {
    for (const contender of contenders) {
      try {
        running.push(await RunningContender.start(contender))
      } catch (error) {
        say(`${row.name}: ${contender.name} is absent (${(error as Error).message}); ${contender.install}`)
      }
    }
    return running.length
  }
  const ownCount = await started(row.ours.map((products) => ours(row.workload, products)))
  await started(row.peers)
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
  const bestOf = (values: readonly number[], from: number, to?: number) =>
    values.indexOf(Math.min(...values.slice(from, to)), from)
  return (
    [
      ['s', seconds, row.goal, ''],
      ['bytes', bytes, row.memoryGoal ?? 1, ', peak memory'],
    ] as const
  ).flatMap(([unit, values, goal, suffix]) => {
    if (ownCount === 0 || ownCount === values.length) return []
    const [own, peer] = [bestOf(values, 0, ownCount), bestOf(values, ownCount)]
    const [mine, other] = [values[own]!, values[peer]!]
    return {
      name: `${row.name}${suffix}`,
      ours: mine,
      peer: other,
      ratio: mine / other,
      goal,
      unit,
      oursName: names[own]!,
      peerName: names[peer]!,
      ...(unit === 's' && { processorRatio: processor[own]! / processor[peer]! }),
    }
  })
}

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : ''
const results: Result[] = []
for (const row of rows.filter(({ name }) => name.includes(only))) results.push(...(await measure(row)))

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`)
else {
  for (const { name, ratio, goal, oursName, peerName, processorRatio } of results) {
    const mark = ratio <= goal ? 'reached' : 'missed'
    process.stdout.write(
      `${name.padEnd(44)} ${oursName.padEnd(19)} ${ratio.toFixed(3)} of ${peerName.padEnd(16)} goal ≤ ${goal}  ${mark}${processorRatio === undefined ? '' : `  (of processor time ${processorRatio.toFixed(3)})`}\n`,
    )
  }
}
if (results.length === 0) {
  say('nothing could be compared: no peer is installed')
  process.exitCode = 1
}
