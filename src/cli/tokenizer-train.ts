import { mkdir } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { examples, oneOfSeveral, wholeNumber } from './arguments.ts'
import { printJson, say } from './output.ts'

interface TokenizerTrainOptions {
  kind: 'bpe'
  vocabSize: number
  minFrequency: number
  out: string
  column?: string[]
  specialToken?: string[]
  normalizer?: 'NFC'
  json?: boolean
}

export function registerTokenizerTrain(tokenizer: Command): void {
  const command = tokenizer
    .command('train')
    .description('train a tokenizer on text files (a line is a text) or on columns of rows')
    .argument('<files...>', '.txt, .md, .jsonl, .json, .csv or .tsv, each also with .gz')
    .requiredOption('--out <folder>', 'where tokenizer.json is written')
    .addOption(new Option('--kind <kind>', 'byte-level byte pair encoding').choices(['bpe']).default('bpe'))
    .option('--vocab-size <number>', 'tokens in all, special tokens included', wholeNumber(257), 8000)
    .option('--min-frequency <number>', 'a pair seen less often is not merged', wholeNumber(1), 2)
    .option(
      '--column <name>',
      'column of rows to read, dialogue and summary without it; repeatable',
      oneOfSeveral,
    )
    .option('--special-token <token>', 'a text that always stays one token; repeatable', oneOfSeveral)
    .addOption(
      new Option('--normalizer <form>', 'joins decomposed Korean letters before anything else').choices([
        'NFC',
      ]),
    )
    .option('--json', 'print what was made as one JSON object')
    .action(async (files: string[], options: TokenizerTrainOptions) => {
      const [{ readTexts }, { trainByteLevelBpe }, { createProgress }] = await Promise.all([
        import('../recipes/read-texts.ts'),
        import('../tokenizers/byte-level-bpe.ts'),
        import('../runs/progress.ts'),
      ])
      let dropped = 0
      const progress = createProgress({ label: 'Reading', unit: 'texts' })
      const texts = readTexts(files, {
        columns: options.column ?? ['dialogue', 'summary'],
        onDropped: ({ file, line, reason }) => {
          dropped += 1
          // The rest is in the count; a broken file would fill the screen.
          if (dropped <= 5) say(`yuksu: left out line ${line} of ${file}: ${reason}`)
        },
      })
      const tokenizer = await trainByteLevelBpe(texts, {
        vocabularySize: options.vocabSize,
        minimumFrequency: options.minFrequency,
        specialTokens: [...usualTokens, ...(options.specialToken ?? [])],
        normalizer: options.normalizer,
        onProgress: ({ stage, done }) => stage === 'counting-texts' && progress.update(done),
      })
      progress.finish(`${tokenizer.corpus.texts} texts${dropped > 0 ? `, ${dropped} lines left out` : ''}`)
      await mkdir(options.out, { recursive: true })
      await tokenizer.save(options.out)
      const { vocabularySize, fingerprint, corpus } = tokenizer
      if (options.json) printJson({ folder: options.out, vocabularySize, fingerprint, corpus, dropped })
      else {
        say(
          `${vocabularySize} tokens from ${corpus.texts} texts${dropped > 0 ? `, ${dropped} left out` : ''}`,
        )
        process.stdout.write(`${options.out}\n`)
      }
    })
  examples(
    command,
    'yuksu tokenizer train rows.jsonl.gz --column dialogue --column summary --vocab-size 8000 --out tokenizer',
    "yuksu tokenizer train *.txt --special-token '#Person1#' --special-token '#Person2#' --out tokenizer",
  )
}

/** Those of BART, which the encoder–decoder families expect, in its order. */
const usualTokens = ['<s>', '<pad>', '</s>', '<unk>', '<mask>']
