import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const built = existsSync(resolve(root, 'dist/cli/main.js'))

function start(...words: string[]) {
  const child = spawn(process.execPath, words, { cwd: root })
  return {
    child,
    stdout: text(child.stdout).catch(() => ''),
    stderr: text(child.stderr),
    ended: once(child, 'exit'),
  }
}

describe.skipIf(!built)('the built command line (skipped before `npm run build`)', () => {
  it('shows help on stdout', async () => {
    const { stdout, stderr, ended } = start('bin/yuksu.js', '--help')
    expect(await ended).toEqual([0, null])
    expect(await stdout).toContain('tokenizer')
    expect(await stderr).toBe('')
  })

  it('exits with 1 and one line on a mistake', async () => {
    const { stdout, stderr, ended } = start('bin/yuksu.js', 'tokenizer', 'trian')
    expect(await ended).toEqual([1, null])
    expect(await stdout).toBe('')
    expect(await stderr).toBe("yuksu: unknown command 'trian' (Did you mean train?)\n")
  })

  it('is quiet when nobody reads its answer', async () => {
    const { child, stderr, ended } = start('bin/yuksu.js', '--help')
    child.stdout.destroy()
    expect(await ended).toEqual([0, null])
    expect(await stderr).toBe('')
  })

  const program = (finish: string) => `
    import { interruptible } from './dist/cli/interrupt.js'
    import { Command } from 'commander'
    import { runProgram } from './dist/cli/program.js'
    const program = new Command('x').exitOverride().action(() => interruptible('saving', async (signal) => {
      const alive = setInterval(() => {}, 1000)
      process.stdout.write('ready')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ${finish}
      clearInterval(alive)
      process.stdout.write(' saved')
      signal.throwIfAborted()
    }))
    process.exitCode = await runProgram(program, [])`

  it('ends in good order on the first Ctrl-C, with status 130', async () => {
    const { child, stdout, stderr, ended } = start('--input-type=module', '-e', program(''))
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(await stdout).toBe('ready saved')
    expect(await stderr).toBe('\nyuksu: saving; once more to quit at once\n')
  })

  it('quits at once on the second', async () => {
    const { child, stdout, stderr, ended } = start(
      '--input-type=module',
      '-e',
      program('await new Promise(() => {})'),
    )
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(await stdout).toBe('ready')
    expect(await stderr).toContain('once more to quit')
  })
})

it('loads nothing heavy before a command is run: whatever is no type comes from beside it or from commander', () => {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  const found = files.flatMap((name) => {
    const source = readFileSync(resolve(import.meta.dirname, name), 'utf8')
    const imports = source.matchAll(/^import (?!type )[^']*'([^']+)'/gm)
    return [...imports]
      .map((match) => match[1]!)
      .filter((from) => !/^(\.\/|node:|commander$|\.\.\/errors\.ts$)/.test(from))
  })
  expect(found).toEqual([])
})
