import { readdir, stat } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { YuksuError } from '../errors.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import type { Comparison } from './compare.ts'

/** The formats with the types of numbers that each has, the first by default. */
export const exportTypes = {
  gguf: ['f16', 'f32', 'q8_0', 'q4_0', 'q4_k_m'],
  onnx: ['f32', 'f16', 'q8', 'q4'],
  safetensors: ['f16', 'bf16', 'f32'],
} as const

export type ExportFormat = keyof typeof exportTypes

export interface ExportOptions {
  readonly format: ExportFormat
  /** A file for GGUF, a folder for the others. */
  readonly out: string
  /** One of `exportTypes` of the format. */
  readonly type?: string | undefined
  /** Whether the exported model is run on fixed prompts beside the model; true by default. */
  readonly compare?: boolean | undefined
  /** Bytes of tensors that one file of a safetensors folder holds at most. */
  readonly maxShardBytes?: number | undefined
  readonly onProgress?: ((written: number, total: number) => void) | undefined
}

export interface ExportHooks {
  readonly compare: boolean
  readonly onProgress?: ((written: number, total: number) => void) | undefined
}

export interface Exported {
  readonly format: ExportFormat
  readonly type: string
  readonly out: string
  /** How many tensors are in which type. */
  readonly tensors: Readonly<Record<string, number>>
  /** What a person should know of the result, a sentence each. */
  readonly notes: readonly string[]
  readonly comparisons: readonly Comparison[]
}

/**
 * Writes a model folder in another format, aside first and then at its place, and compares the answers of both. Throws YuksuError before
 * anything is written where the format or the type is not known, the format cannot hold the model, or something is in the way.
 */
export async function exportModel(folder: string, options: ExportOptions): Promise<Exported> {
  const { format, out, compare = true, onProgress } = options
  const type = checkType(format, options.type)
  await checkPlace(folder, out, format)
  const checkpoint = await openCheckpoint(folder)
  try {
    return await write(checkpoint, { ...options, type }, { compare, onProgress })
  } finally {
    await checkpoint.close()
  }
}

async function write(
  checkpoint: Checkpoint,
  { format, out, type, maxShardBytes }: ExportOptions & { readonly type: string },
  hooks: ExportHooks,
): Promise<Exported> {
  switch (format) {
    case 'gguf': {
      const { exportGguf } = await import('./gguf/export-gguf.ts')
      return exportGguf(checkpoint, out, type as Parameters<typeof exportGguf>[2], hooks)
    }
    case 'onnx': {
      const { exportOnnx } = await import('./onnx/export-onnx.ts')
      return exportOnnx(checkpoint, out, type as Parameters<typeof exportOnnx>[2], hooks)
    }
    case 'safetensors': {
      const { exportSafetensors } = await import('./export-safetensors.ts')
      return exportSafetensors(
        checkpoint,
        out,
        { type: type as Parameters<typeof exportSafetensors>[2]['type'], maxShardBytes },
        hooks,
      )
    }
  }
}

function checkType(format: ExportFormat, given: string | undefined): string {
  const types: readonly string[] | undefined = exportTypes[format]
  if (types === undefined) {
    throw new YuksuError(
      'export-format',
      `the format '${String(format)}' is not known; expected one of ${Object.keys(exportTypes).join(', ')}`,
    )
  }
  const type = given?.toLowerCase() === 'q4_k' ? 'q4_k_m' : given?.toLowerCase()
  if (type === undefined) return types[0]!
  if (types.includes(type)) return type
  throw new YuksuError('export-type', `${format} has no type '${given}'; expected one of ${types.join(', ')}`)
}

/** Nothing that is there is overwritten but a file by a file. */
async function checkPlace(folder: string, out: string, format: ExportFormat): Promise<void> {
  if (format !== 'gguf' && relative(resolve(folder), resolve(out)) === '') {
    throw new YuksuError('folder-in-the-way', `--out is the model's own folder ${folder}; choose another`)
  }
  if (!(await isFolder(dirname(resolve(out))))) {
    throw new YuksuError(
      'cannot-write',
      `cannot write ${out}: its folder does not exist; create the folder first`,
    )
  }
  const found = await stat(out).catch(() => undefined)
  if (found === undefined) return
  if (format === 'gguf') {
    if (!found.isDirectory()) return
    throw new YuksuError(
      'folder-in-the-way',
      `${out} is a folder, and a GGUF model is one file; give a name such as ${out.replace(/\/+$/, '')}/model.gguf`,
    )
  }
  if (!found.isDirectory())
    throw new YuksuError(
      'file-in-the-way',
      `${out} is a file, and ${format} is a folder; choose another name`,
    )
  if ((await readdir(out)).length > 0) {
    throw new YuksuError(
      'folder-in-the-way',
      `${out} is a folder with something in it, which an export would replace; choose another name or remove it`,
    )
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
