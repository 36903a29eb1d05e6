// Makes the fixtures of the tests anew, all of them or those of the scripts that are named:
//
//     node oracles/all.mjs --python PYTHON [--data ../shared/data] [--tokenizers FOLDER] [--lmplz PATH] [models schedules …]
//     node oracles/all.mjs --list
//
// PYTHON has the packages that each script names in its head. A script that needs texts or a program that was not given is left
// out and named. Scripts run in this order, since some read what others make; each is said with the files that it
// makes. A script that fails does not stop the others; the status is 1 where one failed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const models = 'src/models/fixtures'

/** The models of which an earlier run has written what transformers generates. */
function generatingModels() {
  return readdirSync(join(root, models)).filter((name) =>
    existsSync(join(root, models, name, 'generation.json')),
  )
}

/**
 * A script, what it is called with (`{data}` and the like stand for what was given), and the files that it makes.
 *
 * @type {readonly { script: string, words: readonly string[], makes: readonly string[] }[]}
 */
export const runs = [
  {
    script: 'models',
    words: [models],
    makes: [`${models}/*/{config,expected}.json`, `${models}/*/{model,gradients,adamw}.safetensors`],
  },
  {
    script: 'encoder_models',
    words: [models],
    makes: [
      `${models}/{bert,roberta,xlm}*/{config,expected}.json`,
      `${models}/{bert,roberta,xlm}*/*.safetensors`,
    ],
  },
  {
    script: 'generation_models',
    words: [models, ...generatingModels()],
    makes: [`${models}/*/generation.json`],
  },
  { script: 'hidden_states', words: [models], makes: [`${models}/*/hidden.json`] },
  {
    script: 'parameter_counts',
    words: ['src/models/presets.json', `${models}/parameter-counts.json`],
    makes: [`${models}/parameter-counts.json`],
  },
  {
    script: 'lora',
    words: [`${models}/llama`, 'src/adapters/fixtures/lora', 'q_proj', 'v_proj'],
    makes: ['src/adapters/fixtures/lora/*'],
  },
  {
    script: 'lora',
    words: [`${models}/gpt2`, 'src/adapters/fixtures/lora-gpt2', 'c_attn', 'c_proj'],
    makes: ['src/adapters/fixtures/lora-gpt2/*'],
  },
  {
    script: 'generation',
    words: ['src/generate/fixtures'],
    makes: ['src/generate/fixtures/{searches,processors}.json'],
  },
  {
    script: 'positions',
    words: ['src/nn/fixtures/positions.json'],
    makes: ['src/nn/fixtures/positions.json'],
  },
  {
    script: 'optimizers',
    words: ['src/train/optimizers/fixtures'],
    makes: ['src/train/optimizers/fixtures/{optimizers,adamw-8-bit}.json'],
  },
  {
    script: 'schedules',
    words: ['src/train/fixtures/schedules.json'],
    makes: ['src/train/fixtures/schedules.json'],
  },
  {
    script: 'safetensors',
    words: ['src/formats/fixtures'],
    makes: ['src/formats/fixtures/{types,float,bitsandbytes}.safetensors'],
  },
  {
    script: 'gguf',
    words: ['src/formats/gguf/fixtures'],
    makes: ['src/formats/gguf/fixtures/blocks.safetensors'],
  },
  {
    script: 'chat_templates',
    words: ['src/tokenizers/fixtures/chat-templates.json'],
    makes: ['src/tokenizers/fixtures/chat-templates.json'],
  },
  {
    script: 'tokenizers_bpe',
    words: ['src/tokenizers/fixtures/byte-level-bpe.json', '{data}'],
    makes: ['src/tokenizers/fixtures/byte-level-bpe.json'],
  },
  {
    script: 'tokenizers_encode',
    words: ['src/tokenizers/fixtures/encoders.json', '{data}', '{tokenizers}'],
    makes: ['src/tokenizers/fixtures/encoders.json'],
  },
  {
    script: 'tokenizers_training',
    words: ['src/tokenizers/fixtures/piece-training.json'],
    makes: ['src/tokenizers/fixtures/piece-training.json'],
  },
  {
    script: 'rouge',
    words: [
      'src/evaluate/metrics/fixtures',
      '--words',
      '{data}/text/dickens.txt.gz',
      '--dialogsum',
      '{data}/summarization/dialogsum-en/dialogsum.dev.jsonl',
    ],
    makes: ['src/evaluate/metrics/fixtures/{porter,rouge-score}.json'],
  },
  { script: 'sources', words: [], makes: ['src/formats/fixtures/*', 'src/data/sources/fixtures/*'] },
  {
    script: 'mojibake',
    words: ['src/data/clean/fixtures/mojibake.json'],
    makes: ['src/data/clean/fixtures/mojibake.json'],
  },
  {
    script: 'filters',
    words: ['src/data/filter/fixtures/datatrove.json', '--text', '{data}/text/dickens.txt.gz'],
    makes: ['src/data/filter/fixtures/datatrove.json'],
  },
  {
    script: 'language_models',
    words: [
      'src/data/filter/language-model/fixtures',
      '--lmplz',
      '{lmplz}',
      '--dickens',
      '{data}/text/dickens.txt.gz',
    ],
    makes: ['src/data/filter/language-model/fixtures/*'],
  },
  {
    script: 'profile',
    words: ['src/data/profile/fixtures'],
    makes: ['src/data/profile/fixtures/{tf-idf,quantiles}.json'],
  },
]

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      python: { type: 'string', default: 'python' },
      data: { type: 'string' },
      tokenizers: { type: 'string' },
      lmplz: { type: 'string' },
    },
  })
  const unknown = positionals.find((name) => !runs.some(({ script }) => script === name))
  if (unknown !== undefined)
    throw new Error(
      `there is no script ${unknown}; known are ${[...new Set(runs.map(({ script }) => script))].join(', ')}`,
    )
  const chosen = positionals.length === 0 ? runs : runs.filter(({ script }) => positionals.includes(script))
  const failed = []
  for (const { script, words, makes } of chosen) {
    const missing = ['data', 'tokenizers', 'lmplz'].filter(
      (name) => values[name] === undefined && words.some((word) => word.includes(`{${name}}`)),
    )
    const filled = words.map((word) =>
      word.replace(/\{(data|tokenizers|lmplz)\}/g, (all, name) => values[name] ?? all),
    )
    const file = `oracles/${script}.py`
    console.log(`${file} ${filled.join(' ')}\n  makes ${makes.join(', ')}`)
    if (values.list) continue
    if (missing.length > 0) {
      console.log(`  left out: it needs ${missing.map((name) => `--${name}`).join(' and ')}`)
      continue
    }
    const { status } = spawnSync(values.python, [file, ...filled], { cwd: root, stdio: 'inherit' })
    if (status !== 0) failed.push(script)
  }
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
