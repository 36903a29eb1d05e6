import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Comparison } from '../export/compare.ts'
import type { Exported, ExportFormat, ExportOptions } from '../export/export-model.ts'
import { examples } from './arguments.ts'
import { printFields, printJson, say } from './output.ts'

/** What the command needs; `src/export/export-model.ts` has it. */
export interface ExportModule {
  exportModel(folder: string, options: ExportOptions): Promise<Exported>
}

interface ExportCommandOptions {
  readonly format: ExportFormat
  readonly out: string
  readonly type?: string
  readonly maxShardSize?: number
  readonly compare: boolean
  readonly json?: boolean
}

export function registerExport(program: Command, load: () => Promise<ExportModule>): void {
  const command = program
    .command('export')
    .description(
      'write a model for llama.cpp, for transformers.js and Optimum, or with its weights in 16 bits',
    )
    .argument('<model>', 'a model folder, or a name on the hub')
    .addOption(
      new Option('--format <format>', 'what to write')
        .choices(['gguf', 'onnx', 'safetensors'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <path>', 'where to: a file for gguf, a folder for the others')
    .option(
      '--type <type>',
      'the numbers: f16, f32, q8_0, q4_0 or q4_k_m for gguf; f32, f16, q8 or q4 for onnx; f16, bf16 or f32 for safetensors',
    )
    .option(
      '--max-shard-size <size>',
      'bytes of one file of weights, as 500MB or 5GB; safetensors alone',
      shardSize,
    )
    .option('--no-compare', 'leave out the comparison of the answers at the end')
    .option('--json', 'print what was made as one JSON object')
    .action(async (nameOrFolder: string, options: ExportCommandOptions) => {
      const [{ exportModel }, { resolveModelShown }, { createProgress }] = await Promise.all([
        load(),
        import('../runs/resolve-shown.ts'),
        import('../runs/progress.ts'),
      ])
      const folder = await resolveModelShown(nameOrFolder)
      let progress: ReturnType<typeof createProgress> | undefined
      const exported = await exportModel(folder, {
        format: options.format,
        out: options.out,
        type: options.type,
        compare: options.compare,
        maxShardBytes: options.maxShardSize,
        onProgress(written, total) {
          progress ??= createProgress({ label: 'Writing', unit: 'tensors', total })
          progress.update(written)
          if (written === total) progress.finish(options.compare ? 'comparing' : '')
        },
      })
      for (const note of exported.notes) say(`yuksu: ${note}`)
      if (options.json) printJson(exported)
      else printExported(exported)
    })
  examples(
    command,
    'yuksu export runs/assistant/model --format gguf --type q4_k_m --out assistant.gguf',
    'yuksu export runs/tickets/model --format onnx --type q8 --out tickets-onnx',
    'yuksu export runs/tickets/model --format safetensors --type bf16 --max-shard-size 2GB --out tickets-bf16',
  )
}

function printExported({ out, type, tensors, comparisons }: Exported): void {
  const counts = Object.entries(tensors).map(([name, count]) => `${count} in ${name}`)
  printFields({
    out,
    type,
    tensors: counts.join(', '),
    ...Object.fromEntries(
      comparisons.map((comparison) => [`compared, by ${comparison.by}`, found(comparison)]),
    ),
  })
}

function found(comparison: Comparison): object {
  const { of, largestDifference, meanShift, sameChoice, positions, prompts } = comparison
  if (of === 'embeddings') {
    return {
      'largest difference of a number': largestDifference.toPrecision(2),
      '1 − cosine, on average': meanShift.toPrecision(2),
      'same nearest text': `${sameChoice} of ${prompts} prompts`,
    }
  }
  return {
    'largest difference of a probability': largestDifference.toPrecision(2),
    'probability that lies elsewhere, on average': `${(100 * meanShift).toPrecision(2)} %`,
    'same most likely token': `${sameChoice} of ${positions} places in ${prompts} prompts`,
  }
}

/** Bytes of a size as `500MB` or `5GB`, powers of ten as on disks. */
function shardSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB)?$/i.exec(text)
  const units = { KB: 1e3, MB: 1e6, GB: 1e9 } as const
  const unit = match?.[2]?.toUpperCase() as keyof typeof units | undefined
  const bytes = Number(match?.[1]) * (unit === undefined ? 1 : units[unit])
  if (!(bytes > 0)) throw new InvalidArgumentError('Expected a size such as 500MB or 5GB.')
  return bytes
}
