import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Program } from '../../engine/lowering.ts'
import { writeFileAtomic, writeFolderAtomic } from '../../formats/atomic-file.ts'
import { writeGenerationConfig } from '../../generate/generation-config.ts'
import { readModelDefaults } from '../../generate/model-defaults.ts'
import { Model, openModel } from '../../models/model.ts'
import { openQuantizedModel } from '../../quantize/quantize-model.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { copyCompanions, writeConfiguration } from '../companions.ts'
import { answersOf, compareAnswers, type Comparison, roomToCompare } from '../compare.ts'
import type { Exported, ExportHooks } from '../export-model.ts'
import { comparedPrompts } from '../prompts.ts'
import { bindWeights, byteLength, type BoundWeight, weightBytes } from './bind-weights.ts'
import { onnxPrograms } from './programs.ts'
import { openOnnxFolder } from './run-onnx.ts'

/** The types of numbers with the ends of file names that transformers.js has for them. */
export const onnxTypes = { f32: '', f16: '_fp16', q8: '_quantized', q4: '_q4' } as const

export type OnnxType = keyof typeof onnxTypes

/** Beyond this the weights go into a file of their own: a protobuf ends at 2 GiB. */
const largestFile = 2e9

/**
 * Writes a model folder as one that transformers.js and Optimum open: `config.json`, the tokenizer, the settings of decoding, and the programs with
 * their weights in `onnx/`. With `f16` the weights are in 16 bits and computing is in 32; with `q8` and `q4` linear layers compute in few
 * bits, and what is looked up is in 16. Throws YuksuError `unsupported-export` for a model that these libraries have no place for.
 */
export async function exportOnnx(
  checkpoint: Checkpoint,
  out: string,
  type: OnnxType,
  { compare, onProgress }: ExportHooks,
): Promise<Exported> {
  const { folder, family, configuration } = checkpoint
  const model = await openStored(checkpoint, type)
  const programs = Object.entries(onnxPrograms(model))
  const counts: Record<string, number> = {}
  const files = programs.map(([name, program]) => ({
    file: `${name}${onnxTypes[type]}.onnx`,
    name,
    program,
    weights: weightsOf(model, checkpoint, program, type),
  }))
  const total = files.reduce((sum, { weights }) => sum + weights.length, 0)
  let written = 0
  const externals: Record<string, number> = {}
  await writeFolderAtomic(out, async (temporary) => {
    await mkdir(join(temporary, 'onnx'))
    for (const { file, program, weights } of files) {
      const isExternal = program.bytes.length + sumOf(weights) > largestFile
      if (isExternal) externals[file] = 1
      await writeProgram(join(temporary, 'onnx'), file, program, weights, isExternal, () =>
        onProgress?.(++written, total),
      )
      for (const { stored } of weights) counts[stored] = (counts[stored] ?? 0) + 1
    }
    // Read by transformers.js alone.
    const more = Object.keys(externals).length > 0 && {
      'transformers.js_config': { use_external_data_format: externals },
    }
    await writeConfiguration(checkpoint, temporary, { ...more })
    await copyCompanions(folder, temporary)
    if (!existsSync(join(temporary, 'generation_config.json')))
      writeGenerationConfig(temporary, readModelDefaults(folder, model))
  })
  if (model.quantized.size > 0) counts[type] = model.quantized.size
  const small = compare ? roomToCompare(family, configuration) : undefined
  return {
    format: 'onnx',
    type,
    out,
    tensors: counts,
    notes: small === undefined ? [] : [small],
    comparisons: compare && small === undefined ? [await compareFolder(checkpoint, out, type)] : [],
  }
}

/** The model to be traced: its own weights are read when they are written, those in few bits now. */
async function openStored({ folder, family, configuration }: Checkpoint, type: OnnxType): Promise<Model> {
  if (type === 'q8') return openQuantizedModel(folder, { format: 'int8', product: 'int8' })
  if (type === 'q4') return openQuantizedModel(folder, { format: 'int4', product: 'blocks' })
  return new Model(family, configuration)
}

function weightsOf(model: Model, checkpoint: Checkpoint, program: Program, type: OnnxType): BoundWeight[] {
  const names = new Set(program.inputs.map(({ name }) => name))
  return model.specifications
    .filter(({ name }) => names.has(name))
    .map(({ name, shape }) => ({
      name,
      shape,
      stored: type === 'f32' || shape.length < 2 ? 'float32' : 'float16',
      read: () => checkpoint.read(name),
    }))
}

function sumOf(weights: readonly BoundWeight[]): number {
  return weights.reduce((total, weight) => total + byteLength(weight), 0)
}

async function writeProgram(
  folder: string,
  file: string,
  program: Program,
  weights: readonly BoundWeight[],
  isExternal: boolean,
  onWeight: () => void,
): Promise<void> {
  const data = `${file}_data`
  const pieces = bindWeights(program.bytes, weights, isExternal ? { name: data } : undefined)
  async function* bytes(parts: Iterable<Uint8Array | BoundWeight>): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part
      else {
        yield await weightBytes(part)
        onWeight()
      }
    }
  }
  await writeFileAtomic(join(folder, file), bytes(pieces))
  if (isExternal) await writeFileAtomic(join(folder, data), bytes(weights))
}

async function compareFolder(checkpoint: Checkpoint, out: string, type: OnnxType): Promise<Comparison> {
  const { folder, configuration } = checkpoint
  const prompts = await comparedPrompts(folder, configuration)
  const wanted = await answersOf(await openModel(folder), prompts)
  const written = await openOnnxFolder(out, type)
  try {
    const given: Float32Array[] = []
    for (const prompt of prompts)
      given.push(
        await (wanted.of === 'embeddings' ? written.embedding(prompt) : written.probabilities(prompt)),
      )
    return compareAnswers('ONNX Runtime', wanted, { prompts: given })
  } finally {
    await written.release()
  }
}
