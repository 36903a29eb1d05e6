/**
 * How exact the gradients are that products of each precision give, against the same gradients in float64, and PyTorch's own float32 beside them.
 *
 *     YUKSU_PYTHON=… npm run bench product-precision TEXT [STEPS]
 *
 * A decoder of bytes (16.8 million parameters but for its vocabulary) learns from the text for STEPS steps (default 300), so that its numbers are those of
 * training and not of chance; then each precision computes the gradient of one batch of what is not learned from. Python needs torch, transformers and safetensors.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Products } from '../src/models/products.ts'
import { randomStream } from '../src/random.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Example } from '../src/train/objectives/objective.ts'
import { adamw } from '../src/train/optimizers/adamw.ts'
import { TrainingStep } from '../src/train/training-step.ts'
import { llamaModel } from './engine/models.ts'
import { small } from './engine/workloads.ts'

const precisions: readonly Products[] = ['float32', 'bfloat16x6', 'int8x6', 'bfloat16x3', 'bfloat16']
const [rows, length] = [8, 256]

const python = process.env.YUKSU_PYTHON
const [file, steps = '300'] = process.argv.slice(2)
if (file === undefined || python === undefined) {
  process.stderr.write('give a text, and YUKSU_PYTHON; the head of bench/product-precision.ts says more\n')
  process.exit(1)
}

const bytes = await readFile(file)
const learned = Math.floor(bytes.length * 0.9)
const window = (start: number): Example => ({
  source: new Int32Array(0),
  target: Int32Array.from(bytes.subarray(start, start + length + 1)),
})
const model = llamaModel({ ...small, vocabularySize: 256 }, length).initialize(3)

function stepIn(products: Products): TrainingStep {
  return new TrainingStep(model, causal, {
    seed: 1,
    labelSmoothing: 0,
    maxGradientNorm: Number.POSITIVE_INFINITY,
    optimizer: adamw({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 }),
    threads: 2,
    products,
  })
}

const random = randomStream(1, 1)
const training = stepIn('bfloat16x6')
for (let count = 1; count <= Number(steps); count++) {
  const batch = Array.from({ length: rows }, () => window(random.below(learned - length - 1)))
  const { loss } = await training.run([batch], count, 1e-3 * Math.min(1, count / 50))
  if (count % 100 === 0) process.stdout.write(`${count} steps: loss ${loss.toFixed(3)}\n`)
}
await training.release()

const folder = await mkdtemp(join(tmpdir(), 'yuksu-precision-'))
try {
  await model.write(folder)
  const batch = Array.from({ length: rows }, (_, row) =>
    window(learned + Math.floor((row * (bytes.length - learned - length - 2)) / rows)),
  )
  await writeFile(join(folder, 'batch.json'), JSON.stringify(batch.map(({ target }) => [...target])))
  for (const products of precisions) {
    const step = stepIn(products)
    // At a rate of nothing weights stay as they are.
    await step.run([batch], 1, 0)
    const names = step.parameters.map(({ name }) => name)
    await writeFile(join(folder, 'names.json'), JSON.stringify(names))
    const data = step.parameters.map(({ gradient }) => Buffer.from(Float32Array.from(gradient.data).buffer))
    await writeFile(join(folder, `${products}.gradients`), Buffer.concat(data))
    await step.release()
  }
  const script = fileURLToPath(new URL('../../bench/engine/torch_gradients.py', import.meta.url))
  const { status } = spawnSync(python, [script, folder, ...precisions], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  await rm(folder, { recursive: true })
}
