import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepare } from '../src/data/prepare/prepare.ts'
import { resolvePreparation } from '../src/data/prepare/recipe.ts'
import { isBuilt, repository, startYuksu, untilWritten } from './command-line.ts'

const built = resolve(repository, 'dist/data/prepare/prepare-thread.js')

let folder = ''
const path = (...parts: string[]) => join(folder, ...parts)
const steps = ['personal-data', 'exact-duplicates', { 'personal-data': { action: 'drop' } }]

/** Rows of some megabytes, in which there is something to do for each step. */
function text(rows: number): string {
  let lines = ''
  for (let row = 0; row < rows; row++) {
    const said =
      row % 5 === 0 ? `제 번호는 010-${1000 + (row % 9000)}-5678이에요.` : `We meet at gate ${row % 3000}.`
    lines += `${JSON.stringify({ id: row, text: `${said} ${'한 문장 더 있습니다. '.repeat(row % 9)}` })}\n`
  }
  return lines
}

function bytesOf(out: string): Record<string, string> {
  const names = readdirSync(path(out)).filter((name) => !name.startsWith('report.'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path(out, name), 'utf8')]))
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-prepare-threads-'))
  writeFileSync(path('a.jsonl'), text(40_000))
  writeFileSync(path('b.jsonl.gz'), gzipSync(text(9000)))
  writeFileSync(path('r.yaml'), `steps: ${JSON.stringify(steps)}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!existsSync(built) || !isBuilt)(
  'preparing in threads (skipped before `npm run build`)',
  () => {
    it('gives the same bytes by any number of threads', { timeout: 300_000 }, async () => {
      for (const threads of [1, 2, 5]) {
        const report = await prepare({
          files: [path('*.jsonl*')],
          out: path(`threads-${threads}`),
          recipe: resolvePreparation({ steps }, {}),
          threads,
          internals: { program: pathToFileURL(built) },
        })
        expect(report.rowsIn).toBe(49_000)
        expect(report.steps.map(({ name }) => name)).toEqual([
          'personal-data',
          'exact-duplicates',
          'personal-data 2',
        ])
        expect(report.steps[0]!.changed).toBeGreaterThan(5000)
        expect(report.steps[1]!.dropped).toBeGreaterThan(5000)
        expect(bytesOf(`threads-${threads}`)).toEqual(bytesOf('threads-1'))
      }
    })

    it(
      'ends in the same bytes after it was killed in the middle, and stopped by Ctrl-C',
      { timeout: 300_000 },
      async () => {
        const words = ['prepare', 'a.jsonl', 'b.jsonl.gz', '--recipe', 'r.yaml', '--threads', '2']
        expect((await startYuksu(folder, ...words, '--out', 'whole').ended).status).toBe(0)
        const killed = startYuksu(folder, ...words, '--out', 'parts')
        await untilWritten(path('parts/work/phase-0/rows/rows.jsonl'), /\n/, killed)
        killed.child.kill('SIGKILL')
        expect((await killed.ended).status).toBe('SIGKILL')
        expect(existsSync(path('parts/preparation.json'))).toBe(false)

        const stopped = startYuksu(folder, ...words, '--out', 'parts')
        // Once it has the folder it also listens.
        await untilWritten(path('parts/lock'), new RegExp(`"pid":${stopped.child.pid},`), stopped)
        stopped.child.kill('SIGINT')
        const { status, stderr } = await stopped.ended
        expect(status).toBe(130)
        expect(stderr.trim().split('\n')).toHaveLength(1)

        const answer = await startYuksu(folder, ...words, '--out', 'parts', '--json').ended
        expect(answer.status).toBe(0)
        expect(bytesOf('parts')).toEqual(bytesOf('whole'))
      },
    )

    it('says by its status that something could not be read, and prepares the rest', async () => {
      writeFileSync(path('bad.jsonl'), '{"text":"one good row"}\n{"text":\n')
      const { status, stdout, stderr } = await startYuksu(
        folder,
        'prepare',
        'bad.jsonl',
        '--out',
        'bad',
        '--json',
      ).ended
      expect(status).toBe(2)
      expect(JSON.parse(stdout)).toMatchObject({ rowsIn: 2, rowsOut: 1, unreadable: { rows: 1 } })
      expect(stderr).toContain('could not be read')
    })
  },
)
