import { type Command, Option } from 'commander'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import type { OperationRow } from '../engine/operation-table.ts'
import type { ConversationSource } from '../tokenizers/inspect-conversation.ts'
import type { StepGraph, StepProfile, StepSizes } from '../train/inspect-step.ts'
import { examples, productsOption, wholeNumber } from './arguments.ts'
import { printFields, printJson, printTable } from './output.ts'

/** What the command needs; `src/models/inspect.ts` has it. */
export interface InspectModule {
  /** `{ family, parameters: { total, trainable }, memory: { … } }` */
  inspectModel(folder: string): Promise<object> | object
}

/** What its options need; `src/train/inspect-step.ts` has it. */
export interface InspectStepModule {
  inspectGraph(folder: string, sizes: StepSizes): Promise<StepGraph>
  profileStep(
    folder: string,
    sizes: StepSizes,
    steps: number,
    products?: ProductPrecision,
  ): Promise<StepProfile>
}

interface InspectOptions extends StepSizes, Omit<ConversationSource, 'messages'> {
  readonly messages?: string
  readonly json?: boolean
  readonly graph?: boolean
  readonly profile?: boolean
  readonly products?: ProductPrecision
  readonly steps: number
}

export function registerInspect(
  program: Command,
  load: () => Promise<InspectModule>,
  loadStep: () => Promise<InspectStepModule>,
): void {
  const command = program
    .command('inspect')
    .description('parameters of a model, the memory it takes, and what a training step of it computes')
    .argument('<model>', 'a model folder, a name on the hub, or preset:NAME for a published model')
    .option(
      '--messages <file>',
      'show a conversation as the chat template writes it, and what of it is learned',
    )
    .option('--row <number>', 'the row of that file', wholeNumber(1), 1)
    .addOption(
      new Option('--targets <which>', 'the answers that are learned').choices(['all', 'last']).default('all'),
    )
    .option('--graph', 'the operations of a training step with their shapes and cost')
    .option('--profile', 'run training steps and tell where their time goes, by operation and by line')
    .option('--batch <rows>', 'rows of a batch', wholeNumber(1), 8)
    .option('--source <tokens>', 'tokens that an encoder reads a row', wholeNumber(1), 256)
    .option('--target <tokens>', 'tokens that a decoder reads a row', wholeNumber(1), 64)
    .option('--steps <count>', 'steps that are timed', wholeNumber(1), 5)
    .addOption(productsOption())
    .option('--json', 'print one JSON object')
    .action(async (nameOrFolder: string, options: InspectOptions) => {
      const { resolveModelShown } = await import('../runs/resolve-shown.ts')
      // Its configuration tells all that is asked: 70 billion parameters need not be fetched for it.
      const folder = await resolveModelShown(nameOrFolder, { weights: false })
      const { messages } = options
      if (messages !== undefined) return showConversation(folder, { ...options, messages })
      if (options.graph) await printGraph(folder, options, loadStep)
      if (options.profile) await printProfile(folder, options, loadStep)
      if (options.graph || options.profile) return
      const { inspectModel } = await load()
      const found = await inspectModel(folder)
      if (options.json) printJson(found)
      else printFields(found)
    })
  examples(
    command,
    'yuksu inspect runs/dialogue-summarization/model --json',
    'yuksu inspect preset:llama-2-7b',
    'yuksu inspect Qwen/Qwen2.5-0.5B-Instruct --messages conversations.jsonl --row 3',
    'yuksu inspect runs/dialogue-summarization/model --profile --batch 16',
  )
}

async function showConversation(
  folder: string,
  { json, ...source }: ConversationSource & { readonly json?: boolean },
): Promise<void> {
  const { inspectConversation } = await import('../tokenizers/inspect-conversation.ts')
  const inspection = await inspectConversation(folder, source)
  if (json) return printJson(inspection)
  const { printConversation } = await import('./inspect-conversation.ts')
  return printConversation(inspection)
}

async function printGraph(
  folder: string,
  { json, batch, source, target }: InspectOptions,
  load: () => Promise<InspectStepModule>,
): Promise<void> {
  const { inspectGraph } = await load()
  const graph = await inspectGraph(folder, { batch, source, target })
  if (json) return printJson(graph)
  for (const backward of [false, true]) {
    const rows = graph.operations.filter((row) => row.backward === backward)
    process.stdout.write(`${backward ? '\nGRADIENTS' : 'FORWARD'}\n`)
    printTable(
      ['operation', 'times', 'result', 'of', 'GFLOP', 'MB', 'line'],
      rows.map((row) => [
        row.name,
        String(row.count),
        row.outputs.join(' '),
        row.inputs.join(' '),
        gigaflops(row),
        megabytes(row),
        row.line,
      ]),
      ['left', 'right', 'left', 'left', 'right', 'right', 'left'],
    )
  }
  const { operations, multiplications, bytes } = graph.totals
  process.stdout.write('\n')
  printFields({
    operations,
    GFLOP: gigaflops({ multiplications }),
    MB: megabytes({ bytes }),
    sizes: graph.sizes,
  })
}

async function printProfile(
  folder: string,
  { json, batch, source, target, steps, products }: InspectOptions,
  load: () => Promise<InspectStepModule>,
): Promise<void> {
  const { profileStep } = await load()
  const profile = await profileStep(folder, { batch, source, target }, steps, products)
  if (json) return printJson(profile)
  for (const [title, entries] of [
    ['operation', profile.byOperation],
    ['line', profile.byLine],
  ] as const) {
    printTable(
      [title, 'times', 'ms', 'share', 'GFLOP/s', 'GB/s'],
      entries.map(({ name, count, milliseconds, ...cost }) => [
        name,
        String(count),
        milliseconds.toFixed(2),
        `${((100 * milliseconds) / profile.step).toFixed(1)} %`,
        cost.multiplications === 0 ? '' : ((2 * cost.multiplications) / milliseconds / 1e6).toFixed(0),
        milliseconds === 0 ? '' : (cost.bytes / milliseconds / 1e6).toFixed(1),
      ]),
      ['left', 'right', 'right', 'right', 'right', 'right'],
    )
    process.stdout.write('\n')
  }
  const { step, program, runtime } = profile
  printFields({
    'ms a step': step.toFixed(2),
    'in operations': program.toFixed(2),
    'in nodes of the runtime itself': runtime.toFixed(2),
    'outside: optimizer, batches, the runtime between nodes': (step - program - runtime).toFixed(2),
    sizes: profile.sizes,
  })
}

function gigaflops({ multiplications }: Pick<OperationRow, 'multiplications'>): string {
  return multiplications === 0 ? '' : ((2 * multiplications) / 1e9).toFixed(3)
}

function megabytes({ bytes }: Pick<OperationRow, 'bytes'>): string {
  return (bytes / 1e6).toFixed(2)
}
