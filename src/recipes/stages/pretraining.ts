import { addNoise, hideForInfilling, infillingLength } from '../../data/denoising.ts'
import { YuksuError } from '../../errors.ts'
import { randomStream } from '../../random.ts'
import { renderSource } from '../../tokenizers/render.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { sequenceToSequence } from '../../train/objectives/sequence-to-sequence.ts'
import type { TrainerOptions } from '../../train/trainer.ts'
import { pretrainingTexts } from '../pretraining-texts.ts'
import { commonOptions, limits } from './shared-options.ts'
import type { Stage, StageContext } from './stage.ts'

/** Far from the streams of the batch plan, which share the seed. */
const noiseStream = 2 ** 41

/** Learns to restore damaged text. */
export const pretraining: Stage = {
  name: 'pretraining',
  async prepare(context) {
    const { recipe, tokenizer } = context
    const settings = recipe.pretraining
    if (settings === undefined) return undefined
    const restoresSpans = settings.restore === 'spans'
    const noise = {
      maskToken: maskToken(tokenizer),
      maskRatio: settings.maskRatio,
      meanSpanLength: settings.meanSpanLength,
      separators: new Set(settings.permuteSentences && !restoresSpans ? tokensWithLineFeed(tokenizer) : []),
      kept: 1,
    }
    const passages = await passagesOf(context)
    context.say(`${passages.length} passages to pretrain on`)
    const options: TrainerOptions = {
      ...(await commonOptions(context, pretraining.name, settings.dropout)),
      ...limits(settings),
      objective: sequenceToSequence,
      examples: passages.map((passage) => ({
        source: passage,
        // Of spans only the number matters here: batches are planned by it.
        target: restoresSpans ? passage.subarray(0, infillingLength(passage.length, noise)) : passage,
      })),
      learningRate: settings.learningRate ?? recipe.train.learningRate,
      warmup: settings.warmupSteps ?? recipe.train.warmupSteps ?? 0.05,
      saveTotalLimit: 1,
      loadBestModelAtEnd: false,
      averageCheckpoints: 0,
      transform: (example, { seed, epoch, row }) => {
        const random = randomStream(seed, noiseStream + epoch * 2 ** 24 + row)
        return restoresSpans
          ? hideForInfilling(example.source, noise, random)
          : { ...example, source: addNoise(example.source, noise, random) }
      },
    }
    return {
      label: 'pretraining',
      options,
      memory: { batchSetting: 'train.maxTokensPerBatch' },
      release: async () => undefined,
    }
  },
}

async function passagesOf(context: StageContext): Promise<Int32Array[]> {
  const { maxSourceTokens } = context.recipe.data.limits
  const passages: Int32Array[] = []
  for await (const text of textsOf(context)) {
    const ids = renderSource(context.tokenizer, text)
    // A long text is no loss here: it is learned in pieces, each with its end.
    for (let start = 0; start < ids.length - 1; start += maxSourceTokens - 1) {
      passages.push(
        Int32Array.from([
          ...ids.slice(start, Math.min(start + maxSourceTokens - 1, ids.length - 1)),
          ids.at(-1)!,
        ]),
      )
    }
  }
  return passages
}

/** The texts of the recipe's files, or where it names none the sources of the rows. */
async function* textsOf({ recipe, rows, drops }: StageContext): AsyncGenerator<string> {
  if (recipe.pretraining!.files === undefined) {
    for (const { source } of rows) yield source
    return
  }
  yield* pretrainingTexts(recipe, ({ file, line, reason }) =>
    drops.drop({ file, number: line, line, reason: `pretraining: ${reason}` }),
  )
}

function maskToken(tokenizer: Tokenizer): number {
  const id = tokenizer.specialTokens.mask ?? tokenizer.tokenToId('<mask>')
  if (id !== undefined) return id
  throw new YuksuError(
    'no-mask-token',
    'pretraining hides text behind a mask token and the tokenizer has none; add <mask> to it',
  )
}

function tokensWithLineFeed(tokenizer: Tokenizer): number[] {
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter((id) =>
    tokenizer.decode([id], { skipSpecialTokens: false }).includes('\n'),
  )
}
