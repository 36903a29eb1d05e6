// A file that says which process works on something. It is made with O_EXCL, so only one process can have made it.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCode, writeError } from './write-error.ts'

/** A process that holds a lock. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** When the process began, as the kernel counts it: tells a process from a later one of the same number. */
  readonly born?: string
}

/** A takeover lasts microseconds; one older than this (milliseconds) was killed in the middle. */
const takeoverLimit = 10_000

/**
 * Takes the lock that is the file `path`, whose folder has to exist, and gives the function that releases it; it is released too when the
 * process ends. The lock of a process that no longer lives is taken over. Throws what `inUse` makes of the process that holds it.
 */
export function takeProcessLock(path: string, inUse: (holder: LockHolder | undefined) => Error): () => void {
  const holder: LockHolder = { pid: process.pid, host: hostname(), ...birth(process.pid) }
  const text = `${JSON.stringify(holder)}\n`
  if (!create(path, text)) {
    takeOver(path, inUse)
    if (!create(path, text)) throw inUse(readHolder(path))
  }
  held.add(path)
  let released = false
  const release = () => {
    if (released) return
    released = true
    held.delete(path)
    rmSync(path, { force: true })
  }
  return release
}

/** The locks this process holds: after a restart of a container another process had the same number. */
const held = new Set<string>()
process.once('exit', () => {
  for (const path of held) rmSync(path, { force: true })
})

function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw writeError(path, error)
  }
}

/** Removes the lock if its process is dead; a second file keeps two processes from doing so at once. */
function takeOver(path: string, inUse: (holder: LockHolder | undefined) => Error): void {
  const guard = `${path}.takeover`
  if (!create(guard, '')) {
    if (Date.now() - modified(guard) < takeoverLimit) throw inUse(readHolder(path))
  }
  try {
    const holder = readHolder(path)
    if (isAlive(path, holder)) throw inUse(holder)
    rmSync(path, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

function isAlive(path: string, holder: LockHolder | undefined): boolean {
  // Half written: its process is just making it, or died while it did.
  if (!holder) return Date.now() - modified(path) < takeoverLimit
  // Nothing can be asked about a process of another machine.
  if (holder.host !== hostname()) return true
  if (holder.pid === process.pid) return held.has(path)
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
  }
  const { born } = birth(holder.pid)
  return born === undefined || holder.born === undefined || born === holder.born
}

/** Milliseconds since 1970; 0 where the file is gone. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function readHolder(path: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder> | null
    if (typeof value?.pid !== 'number' || typeof value.host !== 'string') return undefined
    return { pid: value.pid, host: value.host, ...(typeof value.born === 'string' && { born: value.born }) }
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/PID/stat, where there is one. The second field may hold spaces and brackets. */
function birth(pid: number): { born?: string } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const born = text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
    return born === undefined ? {} : { born }
  } catch {
    return {}
  }
}
