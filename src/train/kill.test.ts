import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkpointSteps } from './checkpoint.ts'

const dist = join(import.meta.dirname, '../../dist')

/**
 * Trains in the folder given, resuming what is there. It stops the clock in the middle of a step, or of writing a
 * checkpoint, says so and waits there to be killed.
 */
const program = (module: (path: string) => string) => `
import { mkdir } from 'node:fs/promises'
import { interchangeTokens } from ${module('train/interchange-tokens.js')}
import { sequenceToSequence } from ${module('train/objectives/sequence-to-sequence.js')}
import { adamw } from ${module('train/optimizers/adamw.js')}
import { bart } from ${module('models/bart.js')}
import { Model } from ${module('models/model.js')}
import { train } from ${module('train/trainer.js')}
import { createRun, isRun, openRun } from ${module('runs/run.js')}

const [folder, place, at] = process.argv.slice(2)
const hang = () => {
  process.stdout.write('here\\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
const run = await (isRun(folder) ? openRun(folder) : createRun(folder, { recipe: {}, seed: 3 }))
const checkpoints = run.path('checkpoints')
await mkdir(checkpoints, { recursive: true })
const sizes = { width: 8, heads: 2, encoderLayers: 1, decoderLayers: 1, maxPositions: 16, dropout: 0.1, copyHead: true }
const vocabulary = { size: 24, begin: 0, end: 2, padding: 1 }
const model = new Model(bart, bart.configure('mbart', sizes, vocabulary)).initialize(3)
const ids = (row, length) => Int32Array.from({ length }, (_, index) => 3 + ((row * 7 + index * 5) % 20))
const examples = Array.from({ length: 10 }, (_, row) => ({
  source: ids(row, 4 + (row % 5)),
  target: Int32Array.of(...ids(row, 2 + (row % 3)), 2),
}))
let step = 0
const names = new Set([3, 4, 5, 6, 7, 8])
await train({
  model,
  objective: sequenceToSequence,
  examples,
  run, checkpoints, stage: 'training', seed: 3, epochs: 6, learningRate: 0.01, schedule: 'cosine', warmup: 2,
  optimizer: adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }), maxGradientNorm: 1, labelSmoothing: 0.1,
  gradientAccumulationSteps: 2, maxTokensPerBatch: 64, saveEverySteps: 3, saveTotalLimit: 2,
  loadBestModelAtEnd: false, averageCheckpoints: 0, threads: 1,
  transform(example, position) {
    // Rows of the next step are being read: the step has begun.
    if (place === 'step' && step === Number(at)) hang()
    return interchangeTokens(example, names, position)
  },
  async writeExtras() {
    if (place === 'checkpoint' && step === Number(at)) hang()
  },
  onProgress(progress) { step = progress.step },
})
run.close()
process.stdout.write('finished\\n')
`

let scratch: string
let script: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-kill-'))
  script = join(scratch, 'train.mjs')
  await writeFile(
    script,
    program((path) => JSON.stringify(pathToFileURL(join(dist, path)).href)),
  )
})
afterAll(() => rm(scratch, { recursive: true }))

/** Runs the program and kills it, as kill -9 does, where it hangs. */
async function child(folder: string, place = '', step = 0): Promise<{ said: string; signal: string | null }> {
  const started = spawn(process.execPath, [script, folder, place, String(step)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.includes('here')) started.kill('SIGKILL')
  })
  const signal = await new Promise<string | null>((resolve) =>
    started.on('close', (_, reason) => resolve(reason)),
  )
  return { said, signal }
}

describe.skipIf(!existsSync(join(dist, 'train/trainer.js')))(
  'kill -9 (skipped where the package was not built: npm run build)',
  () => {
    it('in a step and in the middle of a checkpoint changes no bit of the outcome', async () => {
      const [whole, killed] = [join(scratch, 'whole'), join(scratch, 'killed')]
      expect(await child(whole)).toEqual({ said: 'finished\n', signal: null })

      expect(await child(killed, 'step', 4)).toEqual({ said: 'here\n', signal: 'SIGKILL' })
      expect(await checkpointSteps(join(killed, 'checkpoints'))).toEqual([3])
      expect(await child(killed, 'checkpoint', 6)).toEqual({ said: 'here\n', signal: 'SIGKILL' })
      expect(await checkpointSteps(join(killed, 'checkpoints'))).toEqual([3])
      // The half-written one is there under another name, until the run is opened again.
      expect((await readdir(join(killed, 'checkpoints'))).length).toBeGreaterThan(1)
      expect(await child(killed)).toEqual({ said: 'finished\n', signal: null })

      const steps = await checkpointSteps(join(whole, 'checkpoints'))
      expect((await readdir(join(killed, 'checkpoints'))).sort()).toEqual(
        steps.map((step) => `step-${step}`).sort(),
      )
      for (const file of ['model.safetensors', 'optimizer.safetensors']) {
        const path = join('checkpoints', `step-${steps.at(-1)}`, file)
        expect(await readFile(join(killed, path))).toEqual(await readFile(join(whole, path)))
      }
    }, 120_000)
  },
)
