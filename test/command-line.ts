import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'

export const repository = resolve(import.meta.dirname, '..')
export const isBuilt = existsSync(resolve(repository, 'dist/cli/main.js'))

export interface Ended {
  /** The exit status, or the signal that ended it. */
  readonly status: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts the built command line in `folder`, as a user does. */
export function startYuksu(folder: string, ...words: string[]): Started {
  return startNode(folder, resolve(repository, 'bin/yuksu.js'), ...words)
}

export function startNode(folder: string, ...words: string[]): Started {
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const outcome = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
  return {
    child,
    ended: outcome.then(([[status, signal], stdout, stderr]) => ({
      status: (status ?? signal) as number | NodeJS.Signals,
      stdout,
      stderr,
    })),
  }
}

/** Waits until a file that a child writes has what is looked for; fails when the child ends before. */
export async function untilWritten(path: string, pattern: RegExp, { child, ended }: Started): Promise<void> {
  while (!(existsSync(path) && pattern.test(readFileSync(path, 'utf8')))) {
    if (child.exitCode !== null)
      throw new Error(`it ended before ${path} had ${pattern}: ${(await ended).stderr}`)
    await setTimeout(5)
  }
}
