import { mkdir } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { examples, oneOfSeveral, wholeNumber } from './arguments.ts'
import { printJson, say } from './output.ts'

interface TokenizerTrainOptions {
  kind: 'bpe' | 'sentencepiece-bpe' | 'unigram' | 'wordpiece'
  vocabSize: number
  minFrequency: number
  out: string
  column?: string[]
  specialToken?: string[]
  normalizer?: 'NFC'
  alphabetLimit?: number
  json?: boolean
}

export function registerTokenizerTrain(tokenizer: Command): void {
  const command = tokenizer
    .command('train')
    .description('train a tokenizer on text files (a line is a text) or on columns of rows')
    .argument('<files...>', '.txt, .md, .jsonl, .json, .csv or .tsv, each also with .gz')
    .requiredOption('--out <folder>', 'where tokenizer.json is written')
    .addOption(
      new Option(
        '--kind <kind>',
        'byte pairs over bytes (GPT-2) or over characters (Llama 2), a unigram model (T5) or WordPiece (BERT)',
      )
        .choices(['bpe', 'sentencepiece-bpe', 'unigram', 'wordpiece'])
        .default('bpe'),
    )
    .option('--alphabet-limit <number>', 'characters to keep, the frequent ones; not for bpe', wholeNumber(1))
    .option('--vocab-size <number>', 'tokens in all, special tokens included', wholeNumber(257), 8000)
    .option(
      '--min-frequency <number>',
      'a pair seen less often is not merged; not for unigram',
      wholeNumber(1),
      2,
    )
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
      const [{ readTexts }, { trainKind }, { createProgress }] = await Promise.all([
        import('../recipes/read-texts.ts'),
        import('../tokenizers/train-kind.ts'),
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
      const tokenizer = await trainKind(options.kind, texts, {
        vocabularySize: options.vocabSize,
        minimumFrequency: options.minFrequency,
        specialTokens: options.specialToken ?? [],
        normalizer: options.normalizer,
        alphabetLimit: options.alphabetLimit,
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
    'yuksu tokenizer train reviews.txt --kind unigram --vocab-size 16000 --alphabet-limit 3000 --out tokenizer',
    "yuksu tokenizer train *.txt --special-token '#Person1#' --special-token '#Person2#' --out tokenizer",
  )
}
