import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { YuksuError } from '../errors.ts'
import { lockRun } from './lock.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'yuksu-lock-')))
  path = join(folder, 'lock')
  return () => rmSync(folder, { recursive: true })
})

const host = hostname()

/** Tries to take the lock and gives it back at once; checks that nothing else is left behind. */
function attempt(): 'held' | 'taken' {
  try {
    const release = lockRun(folder)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, host })
    release()
    expect(readdirSync(folder)).toEqual([])
    return 'taken'
  } catch (error) {
    if (!(error instanceof YuksuError && error.code === 'run-in-use' && existsSync(path))) throw error
    return 'held'
  }
}

function living(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
}

async function dead(child: ChildProcess): Promise<number> {
  child.kill('SIGKILL')
  await once(child, 'exit')
  return child.pid!
}

describe('lockRun', () => {
  it('holds until released, in this process too, and may be released twice', () => {
    const release = lockRun(folder)
    expect(attempt()).toBe('held')
    release()
    const next = lockRun(folder)
    release()
    expect(attempt()).toBe('held')
    next()
    expect(attempt()).toBe('taken')
  })

  it('counts a lock it has released as its own no longer', () => {
    lockRun(folder)()
    writeFileSync(path, JSON.stringify({ pid: process.pid, host }))
    expect(attempt()).toBe('taken')
  })

  it('respects a living process and takes over from a dead one', async () => {
    const child = living()
    writeFileSync(path, JSON.stringify({ pid: child.pid, host }))
    expect(attempt()).toBe('held')
    await dead(child)
    expect(attempt()).toBe('taken')
  })

  it.skipIf(!existsSync('/proc/self/stat'))(
    'takes over where a later process has the number of the dead one (skipped without /proc)',
    async () => {
      const child = living()
      writeFileSync(path, JSON.stringify({ pid: child.pid, host, born: '1' }))
      expect(attempt()).toBe('taken')
      await dead(child)
    },
  )

  it('takes over from an earlier process that had our own number, as after a restart of a container', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host }))
    expect(attempt()).toBe('taken')
  })

  it('cannot know about another machine, and says which file to delete', () => {
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere' }))
    expect(attempt()).toBe('held')
    expect(() => lockRun(folder)).toThrow(`process 1 on elsewhere is writing the run ${folder}`)
    expect(() => lockRun(folder)).toThrow(`delete ${path} only if`)
  })

  it('waits for a lock that is just being written, and takes one that was left half written', () => {
    writeFileSync(path, '{"pid":')
    expect(attempt()).toBe('held')
    utimesSync(path, 0, 0)
    expect(attempt()).toBe('taken')
  })

  it('lets one process at a time take over', async () => {
    const pid = await dead(living())
    writeFileSync(path, JSON.stringify({ pid, host }))
    writeFileSync(`${path}.takeover`, '')
    expect(attempt()).toBe('held')
    utimesSync(`${path}.takeover`, 0, 0)
    expect(attempt()).toBe('taken')
  })
})
