import { type Command, Option } from 'commander'
import type { WeightType } from '../merge/index.ts'
import { examples, oneOfSeveral, wholeNumber } from './arguments.ts'
import { printJson, say } from './output.ts'

interface TokenizerExtendOptions {
  readonly tokens: number
  readonly out: string
  readonly minFrequency: number
  readonly column?: string[]
  readonly type?: WeightType
  readonly json?: boolean
}

const types: readonly WeightType[] = ['f32', 'f16', 'bf16']

export function registerTokenizerExtend(tokenizer: Command): void {
  const command = tokenizer
    .command('extend')
    .description('add tokens learned from texts to a tokenizer, and rows for them to its model')
    .argument('<model>', 'a model folder, a folder with a tokenizer alone, or a name on the hub')
    .argument('<files...>', '.txt, .md, .jsonl, .json, .csv or .tsv, each also with .gz')
    .requiredOption('--tokens <number>', 'how many tokens to add at most', wholeNumber(1))
    .requiredOption('--out <folder>', 'where the new model is written')
    .option('--min-frequency <number>', 'a pair seen less often is not joined', wholeNumber(1), 2)
    .option(
      '--column <name>',
      'column of rows to read, dialogue and summary without it; repeatable',
      oneOfSeveral,
    )
    .addOption(new Option('--type <type>', 'how weights are written; as they were by default').choices(types))
    .option('--json', 'print one JSON object')
    .action(async (model: string, files: string[], options: TokenizerExtendOptions) => {
      const [{ readTexts }, { extendVocabulary }, { createProgress }, { resolveModelShown }] =
        await Promise.all([
          import('../recipes/read-texts.ts'),
          import('../merge/index.ts'),
          import('../runs/progress.ts'),
          import('../runs/resolve-shown.ts'),
        ])
      let dropped = 0
      const texts = readTexts(files, {
        columns: options.column ?? ['dialogue', 'summary'],
        onDropped: ({ file, line, reason }) => {
          dropped += 1
          // The rest is in the count; a broken file would fill the screen.
          if (dropped <= 5) say(`yuksu: left out line ${line} of ${file}: ${reason}`)
        },
      })
      const folder = await resolveModelShown(model)
      const reading = createProgress({ label: 'Reading', unit: 'texts', stream: process.stderr })
      const report = await extendVocabulary(folder, texts, {
        out: options.out,
        tokens: options.tokens,
        minimumFrequency: options.minFrequency,
        type: options.type,
        onTexts: (count) => reading.update(count),
      })
      reading.finish()
      if (options.json) printJson({ ...report, dropped })
      else {
        const { added, sample, vocabularySize } = report
        say(
          `${added} tokens added, ${vocabularySize} in all; ${sample.texts} of the texts take ${sample.after} tokens, before ${sample.before}`,
        )
        if (report.model !== undefined)
          say('the new rows are means of old ones: train the model on such texts before it is used')
        process.stdout.write(`${report.out}\n`)
      }
    })
  examples(
    command,
    'yuksu tokenizer extend pretrained reviews.txt --tokens 4000 --out korean',
    'yuksu tokenizer extend gpt2 rows.jsonl.gz --column text --tokens 8000 --min-frequency 20 --out korean',
  )
}
