import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

interface OracleRun {
  readonly script: string
  readonly words: readonly string[]
  readonly makes: readonly string[]
}

const root = resolve(import.meta.dirname, '..')
const { runs } = (await import(join(root, 'oracles/all.mjs'))) as { runs: readonly OracleRun[] }

it('oracles/all.mjs runs every script that makes fixtures, and no other', () => {
  const scripts = readdirSync(join(root, 'oracles'))
    .filter((name) => name.endsWith('.py'))
    .filter((name) => {
      const text = readFileSync(join(root, 'oracles', name), 'utf8')
      // Parts of other scripts are not called by themselves; `load_saved` checks and makes nothing.
      return text.includes(`python oracles/${name}`) && name !== 'load_saved.py'
    })
    .map((name) => name.replace('.py', ''))
  expect([...new Set(runs.map(({ script }) => script))].toSorted()).toEqual(scripts.toSorted())
})

it('names folders that there are', () => {
  for (const { makes } of runs) {
    expect(makes.length).toBeGreaterThan(0)
    for (const path of makes)
      expect([path, existsSync(join(root, dirname(path.replace(/\/[^/]*[*{].*$/, '/x'))))]).toEqual([
        path,
        true,
      ])
  }
})

it('lists what each makes, and knows the scripts by name', () => {
  const call = (...words: string[]) =>
    spawnSync(process.execPath, [join(root, 'oracles/all.mjs'), ...words], { encoding: 'utf8' })
  const listed = call('--list')
  expect(listed.status).toBe(0)
  for (const { script } of runs) expect(listed.stdout).toContain(`oracles/${script}.py`)
  expect(call('--list', 'schedules').stdout.trim().split('\n')).toHaveLength(2)
  expect(call('nothing').status).toBe(1)
  // Without its texts a script is left out and the files that it would write stay as they are.
  expect(call('--python', 'false', 'rouge')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('--data') as string,
  })
  expect(call('--python', 'false', 'schedules').status).toBe(1)
})
