import { basename, resolve } from 'node:path'
import { YuksuError } from '../../errors.ts'
import type { GgufMetadata, GgufValue } from '../../formats/gguf/metadata.ts'
import { type GgufFile, openGguf } from '../../formats/gguf/read-gguf.ts'
import { type GgufTensor, writeGguf } from '../../formats/gguf/write-gguf.ts'
import { readModelDefaults } from '../../generate/model-defaults.ts'
import { Model } from '../../models/model.ts'
import { openModel } from '../../models/model.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { answersOf, compareAnswers, type Comparison, roomToCompare } from '../compare.ts'
import type { Exported, ExportHooks } from '../export-model.ts'
import { comparedPrompts } from '../prompts.ts'
import { type GgufArchitecture, planTensors, string, uint32 } from './architecture.ts'
import { architectureOfType } from './architectures.ts'
import { openLlamaCpp } from './llama-cpp.ts'
import { chooseTypes, type GgufFileType, ggufFileTypes } from './mixture.ts'
import { describeTokenizer } from './tokenizer.ts'

/**
 * Writes a model folder as one GGUF file, a tensor at a time. Throws YuksuError `unsupported-export` where llama.cpp has no such model or
 * tokenizer, before anything is written.
 */
export async function exportGguf(
  checkpoint: Checkpoint,
  out: string,
  fileType: GgufFileType,
  { compare, onProgress }: ExportHooks,
): Promise<Exported> {
  const { folder, settings, modelType } = checkpoint
  const architecture = architectureOfType(modelType)
  const description = architecture.describe(settings)
  const vocabulary = await describeTokenizer(checkpoint, endTokens(checkpoint))
  const metadata: GgufMetadata = new Map<string, GgufValue>([
    ['general.architecture', string(architecture.name)],
    ['general.name', string(basename(resolve(folder)))],
    ['general.file_type', uint32(ggufFileTypes[fileType].number)],
    ['general.quantization_version', uint32(2)],
    ...description.values.map(
      ([name, value]) =>
        [name.startsWith('/') ? name.slice(1) : `${architecture.name}.${name}`, value] as const,
    ),
    ...vocabulary.values,
  ])
  const tensors = planFile(checkpoint, architecture, fileType)
  await writeGguf(out, metadata, tensors, { onProgress })
  const notes = [...(description.notes ?? []), ...vocabulary.notes]
  const small = compare ? roomToCompare(checkpoint.family, checkpoint.configuration) : undefined
  return {
    format: 'gguf',
    type: fileType,
    out,
    tensors: countTypes(tensors),
    notes: [...notes, ...(small === undefined ? [] : [small])],
    comparisons: compare && small === undefined ? await compareFile(checkpoint, architecture, out) : [],
  }
}

function planFile(
  checkpoint: Checkpoint,
  architecture: GgufArchitecture,
  fileType: GgufFileType,
): GgufTensor[] {
  const { settings, specifications } = checkpoint
  const planned = planTensors(architecture, specifications)
  const types = chooseTypes(planned, fileType)
  const computed = architecture.describe(settings).computed ?? []
  return [
    ...computed.map(({ name, values }) => ({
      name,
      shape: [values.length],
      type: 'F32' as const,
      read: async () => values,
    })),
    ...planned.map(({ name, parameter, shape, change }, index) => ({
      name,
      shape,
      type: types[index]!,
      async read() {
        const values = await checkpoint.read(parameter)
        return change === undefined ? values : change.toFile(values, shape, settings)
      },
    })),
  ]
}

/** How many tensors are in which type. */
function countTypes(tensors: readonly GgufTensor[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of tensors) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** Every token at which the model stops, that of the tokenizer or of `config.json` first. */
function endTokens({ folder, family, configuration }: Checkpoint): number[] {
  const { eosTokenId } = readModelDefaults(folder, new Model(family, configuration))
  if (eosTokenId === undefined) return []
  return typeof eosTokenId === 'number' ? [eosTokenId] : [...eosTokenId]
}

async function compareFile(
  checkpoint: Checkpoint,
  architecture: GgufArchitecture,
  path: string,
): Promise<Comparison[]> {
  const { folder, configuration } = checkpoint
  const { vocabularySize } = configuration
  const prompts = await comparedPrompts(folder, configuration)
  const wanted = await answersOf(await openModel(folder), prompts)
  const file = await openGguf(path)
  const comparisons: Comparison[] = []
  try {
    const read = await readBack(checkpoint, architecture, file)
    comparisons.push(
      compareAnswers('yuksu, on the numbers in the file', wanted, await answersOf(read, prompts)),
    )
  } finally {
    await file.close()
  }
  const llama = await openLlamaCpp(path, vocabularySize)
  if (llama === undefined) return comparisons
  try {
    const given: Float32Array[] = []
    for (const prompt of prompts)
      given.push(await (wanted.of === 'embeddings' ? llama.embedding(prompt) : llama.probabilities(prompt)))
    comparisons.push(compareAnswers('llama.cpp', wanted, { prompts: given }))
  } finally {
    await llama.close()
  }
  return comparisons
}

/** The model whose parameters are the numbers that the file's codes stand for. */
export async function readBack(
  { family, configuration, settings, specifications }: Checkpoint,
  architecture: GgufArchitecture,
  file: GgufFile,
): Promise<Model> {
  const model = new Model(family, configuration)
  for (const { name, parameter, shape, change } of planTensors(architecture, specifications)) {
    const place = file.tensors.get(name)
    if (place?.shape.join() !== shape.join())
      throw new YuksuError(
        'internal',
        `the written file does not hold '${name}' of shape [${shape.join(', ')}]`,
      )
    const values = await file.read(name)
    model.parameters
      .get(parameter)!
      .data.set(change === undefined ? values : change.fromFile(values, shape, settings))
  }
  return model
}
