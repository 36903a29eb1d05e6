import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { engineOperations, objectives, supportMatrix } from '../scripts/support-matrix.ts'
import { registerChat } from '../src/cli/chat.ts'
import { registerDedup } from '../src/cli/dedup.ts'
import { registerExport } from '../src/cli/export.ts'
import { registerGenerate } from '../src/cli/generate.ts'
import { registerInspect } from '../src/cli/inspect.ts'
import { registerMerge } from '../src/cli/merge.ts'
import { registerNative } from '../src/cli/native.ts'
import { registerPrepare } from '../src/cli/prepare.ts'
import { createProgram, runProgram } from '../src/cli/program.ts'
import { registerProfile } from '../src/cli/profile.ts'
import { registerQuickstart } from '../src/cli/quickstart.ts'
import { registerRun } from '../src/cli/run.ts'
import { registerScoreRouge } from '../src/cli/score-rouge.ts'
import { registerServe } from '../src/cli/serve.ts'
import { registerTokenizerExtend } from '../src/cli/tokenizer-extend.ts'
import { registerTokenizerTrain } from '../src/cli/tokenizer-train.ts'
import { equal, input, lastPosition, relu, scale, slice, sum, tanh } from '../src/engine/index.ts'
import { tinyFolder } from '../src/generate/testing/tiny-folder.ts'
import { parsePreparation } from '../src/data/prepare/recipe.ts'
import { recipeFields } from '../src/recipes/fields.ts'
import { loadRecipe, parseRecipe } from '../src/recipes/load-recipe.ts'
import { codeBlocks, commandsIn, linksIn, splitWords } from './markdown.ts'

const root = resolve(import.meta.dirname, '..')

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  .concat(
    ...['docs', 'experiments'].map((folder) =>
      readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
    ),
  )
  .filter((page) => page.endsWith('.md'))

const read = (page: string) => readFileSync(join(root, page), 'utf8')
const commands = pages.flatMap((page) => commandsIn(read(page)).map((command) => ({ page, ...command })))
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  exports: Record<string, unknown>
}

/** The command line as `src/cli/main.ts` puts it together; nothing is loaded before a command is run. */
function program(): Command {
  const made = createProgram()
  registerQuickstart(made, () => import('../src/recipes/quickstart.ts'))
  registerRun(made, () => import('../src/recipes/run-recipe.ts'))
  registerDedup(made)
  registerPrepare(made)
  registerProfile(made)
  const tokenizer = made.command('tokenizer')
  registerTokenizerTrain(tokenizer)
  registerTokenizerExtend(tokenizer)
  registerGenerate(made, () => import('../src/generate/summarizer.ts'))
  registerScoreRouge(made.command('score'))
  registerInspect(
    made,
    () => import('../src/models/inspect.ts'),
    () => import('../src/train/inspect-step.ts'),
  )
  registerExport(made, () => import('../src/export/export-model.ts'))
  registerMerge(made)
  registerNative(made)
  registerServe(made, () => import('../src/generate/language-model.ts'))
  registerChat(made, () => import('../src/generate/language-model.ts'))
  return made
}

/** The commands that do something, with their names in full. */
function leaves(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }]
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]))
}

/** The words behind `yuksu`, however it is called; undefined for other commands. */
function wordsOfYuksu(words: readonly string[]): readonly string[] | undefined {
  if (words[0] === 'yuksu') return words.slice(1)
  if (words[0] === 'npx' && words[1] === 'yuksu') return words.slice(2)
  if (words.slice(0, 3).join(' ') === 'npm run quickstart') return ['quickstart', ...words.slice(4)]
  return undefined
}

const shown = commands.flatMap(({ page, words, block }) => {
  const own = wordsOfYuksu(words)
  return own === undefined || own.length === 0 ? [] : [{ page, words: own, block, line: own.join(' ') }]
})

let written = ''
beforeEach(() => {
  written = ''
  process.exitCode = undefined
  const write = (text: unknown) => Boolean((written += String(text)))
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  vi.spyOn(console, 'log').mockImplementation(write)
  vi.spyOn(console, 'error').mockImplementation(write)
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

describe('support matrix', () => {
  it('docs/support-matrix.md is current (write it anew with `npx vitest run test/docs.test.ts -u`)', async () => {
    await expect(await supportMatrix()).toMatchFileSnapshot('../docs/support-matrix.md')
  })

  it('lists every file of operations that is exported, and every objective that a recipe names', () => {
    const files = readdirSync(join(root, 'src/engine/ops')).filter((name) => /^[a-z-]+\.ts$/.test(name))
    const listed = new Set(engineOperations().map(({ file }) => `${file}.ts`))
    const parts = files.filter((name) => !listed.has(name))
    const index = read('src/engine/index.ts')
    expect(parts.filter((name) => index.includes(`/${name}'`))).toEqual([])
    const named = recipeFields().find(({ path }) => path === 'train.objective')!.expected
    // Recipes teach models that write; those of encoders are used from code.
    const ofEncoders = ['masked-words', 'text-classification', 'token-classification']
    const names = objectives().map(({ name }) => name)
    expect(names.filter((name) => !named.includes(name)).toSorted()).toEqual(ofEncoders)
  })

  it('says of a gradient what the engine does', () => {
    const x = input('x', [2, 2], 'float32', true)
    const tried = {
      tanh: tanh(x),
      scale: scale(x, 2),
      sum: sum(x, [0]),
      slice: slice(x, 0, 0, 1),
      relu: relu(x),
      equal: equal(x, x),
      lastPosition: lastPosition(x),
    }
    const said = new Map(engineOperations().map(({ name, gradient }) => [name, gradient]))
    for (const [name, tensor] of Object.entries(tried))
      expect.soft(said.get(name), name).toBe(tensor.requiresGradient)
  })
})

describe('commands on the pages', () => {
  it('are found', () => {
    expect(new Set(shown.map(({ words }) => words[0]))).toEqual(
      new Set([
        'quickstart',
        'run',
        'dedup',
        'tokenizer',
        'prepare',
        'profile',
        'generate',
        'score',
        'inspect',
        'merge',
        'native',
        'serve',
        'chat',
        'export',
      ]),
    )
    expect(splitWords(`a 'b c' "d" # e`)).toEqual([['a', 'b c', 'd']])
    expect(splitWords('a x=1 < in && b | c')).toEqual([['a', 'x=1'], ['b'], ['c']])
  })

  it('are those of the built program', () => {
    const names = (text: string) =>
      [...text.matchAll(/^\s*(register\w+)\(/gm)].map(([, name]) => name!).toSorted()
    expect(names(read('test/docs.test.ts'))).toEqual(names(read('src/cli/main.ts')))
  })

  it.each(shown.filter(({ block }) => block))('$page: yuksu $line', async ({ words }) => {
    const made = program()
    let parsed = 0
    for (const { command } of leaves(made)) command.action(() => void (parsed += 1))
    expect([await runProgram(made, words), written]).toEqual([0, ''])
    expect(parsed).toBe(1)
  })

  it.each(shown.filter(({ block }) => !block))('$page names a known command: yuksu $line', ({ words }) => {
    let command = program()
    for (const word of words) {
      const child = command.commands.find((known) => [known.name(), ...known.aliases()].includes(word))
      if (child === undefined) break
      command = child
    }
    const own = command.commands.length > 0 ? words.filter((word) => !word.startsWith('-')) : []
    expect(own, 'a command of its own').toEqual([])
    const options = new Set(['--help', ...command.options.map(({ long }) => long)])
    const unknown = words.filter((word) => word.startsWith('--') && word !== '--' && !options.has(word))
    expect(unknown).toEqual([])
  })

  it.each(shown.filter(({ words }) => words[1]?.startsWith('recipes/')))(
    '$page sets keys that a recipe has: yuksu $line',
    ({ words }) => {
      const overrides = words.slice(2).filter((word) => !word.startsWith('--'))
      expect(() => loadRecipe(join(root, words[1]!), overrides)).not.toThrow()
    },
  )

  it('npm and npx find what they are told to run', () => {
    const lost = commands.filter(({ words }) => !isThere(words.filter((word) => !word.startsWith('-'))))
    expect(lost.map(({ page, words }) => `${page}: ${words.join(' ')}`)).toEqual([])
  })
})

/** Whether an npm script, a tool of the project and the paths given to it exist. */
function isThere([tool, name, ...rest]: readonly string[]): boolean {
  if (tool === 'npm')
    return name === 'run' ? manifest.scripts[rest[0]!] !== undefined : ['ci', 'test'].includes(name!)
  if (tool !== 'npx' || name === 'yuksu') return true
  const paths = rest.filter((word) => word.includes('/'))
  return [`node_modules/.bin/${name}`, ...paths].every((path) => existsSync(join(root, path)))
}

describe('help', () => {
  it.each(leaves(program()).map(({ path }) => path.join(' ')))('yuksu %s --help', async (path) => {
    expect(await runProgram(program(), [...path.split(' '), '--help'])).toBe(0)
    expect(written).toMatch(/Examples?:\n {2}\$ yuksu /)
  })
})

describe('the cheap commands of the guide, really run', () => {
  const here = process.cwd()
  const guide = read('docs/guide.md')
  const block = (language: string) => codeBlocks(guide).find((found) => found.language === language)!.text
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'yuksu-docs-'))
    for (const name of ['tickets.csv', 'held-out.csv']) writeFileSync(join(folder, name), block('csv'))
    writeFileSync(join(folder, 'tickets.yaml'), block('yaml'))
    writeFileSync(join(folder, 'references.txt'), '고객의 책은 금요일에 도착한다.\n')
    writeFileSync(join(folder, 'predictions.txt'), '책은 금요일에 온다.\n')
    cpSync(join(root, 'src/models/fixtures/mbart'), join(folder, 'runs/tickets/model'), { recursive: true })
    const row = { references: ['책은 금요일에 온다.'], prediction: '책은 목요일에 온다.' }
    writeFileSync(join(folder, 'runs/tickets/predictions.jsonl'), `${JSON.stringify(row)}\n`)
    process.chdir(folder)
  })
  afterAll(() => {
    process.chdir(here)
    rmSync(folder, { recursive: true })
  })

  const cheap = ({ words }: { words: readonly string[] }) =>
    ['inspect', 'score', 'tokenizer'].includes(words[0]!) ||
    ['--print', '--plan'].some((option) => words.includes(option))
  const found = shown.filter((command) => command.page === 'docs/guide.md' && command.block && cheap(command))

  it('are more than a few', () => {
    expect(found.length).toBeGreaterThanOrEqual(5)
  })

  it.each(found)('yuksu $line', async ({ words }) => {
    expect([await runProgram(program(), words), written]).toEqual([0, expect.stringMatching(/\S/)])
    expect(written).not.toContain('yuksu:')
  })

  it('reads the rows of the guide as three dialogues, none dropped', async () => {
    const { prepareSummarization } = await import('../src/data/summarization-rows.ts')
    const { data } = loadRecipe('tickets.yaml')
    const { rows, drops } = await prepareSummarization({ files: ['tickets.csv'], columns: data.columns })
    expect([rows.length, drops.total]).toEqual([3, 0])
    expect(rows[2]!.source).toContain('"마포구"')
  })
})

describe('the exports of their page, really run', () => {
  const here = process.cwd()
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yuksu-docs-export-'))
    for (const [name, kind] of [
      ['assistant', 'decoder'],
      ['tickets', 'encoder-decoder'],
    ] as const) {
      const tiny = await tinyFolder(kind)
      cpSync(tiny.folder, join(folder, 'runs', name, 'model'), { recursive: true })
      await tiny.remove()
    }
    process.chdir(folder)
  })
  afterAll(() => {
    process.chdir(here)
    rmSync(folder, { recursive: true })
  })

  it.each(shown.filter((command) => command.page === 'docs/export.md' && command.block))(
    'yuksu $line',
    async ({ words }) => {
      expect(await runProgram(program(), words)).toBe(0)
      expect(written).toContain('largest difference')
      expect(existsSync(words.at(-1)!)).toBe(true)
    },
  )
})

describe('the rest of the pages', () => {
  it.each(pages)('%s links to what exists', (page) => {
    const missing = linksIn(read(page))
      .map((target) => target.split('#')[0]!)
      .filter((target) => !existsSync(resolve(root, dirname(page), target)))
    expect(missing).toEqual([])
  })

  it.each(pages)('%s shows recipes that are valid', (page) => {
    const recipes = codeBlocks(read(page)).filter(({ language }) => language === 'yaml')
    // Those of a preparation name its steps.
    const parse = (text: string) => (/^steps:/m.test(text) ? parsePreparation : parseRecipe)(text, page)
    for (const { text } of recipes) expect(() => parse(text)).not.toThrow()
  })

  it.each(pages)('%s imports only what the package exports', async (page) => {
    const code = codeBlocks(read(page)).filter(({ language }) => language === 'ts')
    const imports = code.flatMap(({ text }) => [...text.matchAll(/import \{([^}]+)\} from 'yuksu(\/\w+)?'/g)])
    for (const [, names, path] of imports) {
      expect(Object.keys(manifest.exports)).toContain(`.${path ?? ''}`)
      const module = (await import(join(root, 'src', path ?? '', 'index.ts'))) as Record<string, unknown>
      const wanted = names!.split(',').map((name) => name.trim())
      expect(Object.keys(module)).toEqual(
        expect.arrayContaining(wanted.filter((name) => name !== '' && !name.startsWith('type '))),
      )
    }
  })

  it('the README shows what quickstart printed', () => {
    const block = /<!-- quickstart output[^]*?```text\n([^]*?)```/.exec(read('README.md'))![1]!
    for (const part of ['ROUGE-1', 'LEAD-3', 'LONGEST']) expect(block).toContain(part)
  })

  it('the README shows every command, and pictures that are small', () => {
    const table = read('README.md')
    for (const { path } of leaves(program())) expect(table).toContain(`| \`yuksu ${path.join(' ')}`)
    for (const name of readdirSync(join(root, 'docs/images')))
      expect(readFileSync(join(root, 'docs/images', name)).length).toBeLessThan(300_000)
  })

  it('no page names a place on the machine of its author', () => {
    const places = /(?:^|[\s"'`(=])\/(?:opt|work|tmp|root|home)\b/m
    expect(pages.filter((page) => places.test(read(page)))).toEqual([])
  })
})
