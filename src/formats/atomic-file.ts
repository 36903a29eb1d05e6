// A file or folder is written beside its place, made durable, and only then renamed into it, so that a
// full disk, a crash or a kill leaves either the previous content or the new one, never a mixture.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode, writeError } from './write-error.ts'

export type FileData = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** One write takes at most this many bytes: the system refuses more than 2 GiB at once. */
const writeLimit = 1 << 26

/**
 * Replaces `path` by `data` at once or not at all: writes a temporary sibling, syncs it, renames it over
 * `path` and syncs the folder. A symbolic link is followed. On any failure the temporary is removed and
 * the previous file stays as it was. Throws `YuksuError` `disk-full` or `cannot-write`; whatever the
 * iterable itself throws comes through unchanged.
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  const target = await followLink(path)
  const temporary = siblingName(target, 'partial')
  try {
    const file = await open(temporary, 'wx')
    try {
      for await (const bytes of pieces(data)) await writeFully(file, bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw writeError(path, error)
  }
}

/**
 * Replaces the folder `path` by one that `fill` has filled: `fill` gets an empty temporary sibling; its
 * files are synced and it takes the place of the previous folder, which survives every failure. Throws
 * as `writeFileAtomic` does. Should the process be killed in the instant between the two renames, the
 * previous folder comes back with the next call or with `repairInterruptedWrites`.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = await followLink(path)
  const temporary = siblingName(target, 'partial')
  try {
    await restorePrevious(dirname(target), basename(target))
    await mkdir(temporary)
    await fill(temporary)
    await syncTree(temporary)
    await swapFolder(temporary, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    throw writeError(path, error)
  }
}

/**
 * Tidies `folder` and what is below it after a process was killed while writing there: removes abandoned
 * temporaries and puts back a previous folder whose successor never arrived. Call it only while no other
 * process writes there (a run does so under its lock).
 */
export async function repairInterruptedWrites(folder: string): Promise<void> {
  try {
    await repair(folder)
  } catch (error) {
    throw writeError(folder, error)
  }
}

async function repair(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const left = leftOver(entry.name)
    if (left?.kind === 'partial') await rm(join(folder, entry.name), { recursive: true, force: true })
    else if (left?.kind === 'previous') await restorePrevious(folder, left.name)
    else if (entry.isDirectory()) await repair(join(folder, entry.name))
  }
}

/** Writes all of `bytes`, however many calls that takes. */
async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    const length = Math.min(writeLimit, bytes.byteLength - offset)
    offset += (await file.write(bytes, offset, length)).bytesWritten
  }
}

async function* pieces(data: FileData): AsyncGenerator<Uint8Array> {
  if (typeof data === 'string') yield Buffer.from(data)
  else if (data instanceof Uint8Array) yield data
  else yield* data
}

async function swapFolder(temporary: string, target: string): Promise<void> {
  if (!(await exists(target))) return rename(temporary, target)
  const previous = siblingName(target, 'previous')
  await rename(target, previous)
  try {
    await rename(temporary, target)
  } catch (error) {
    await rename(previous, target)
    throw error
  }
  await syncFolder(dirname(target))
  await rm(previous, { recursive: true, force: true })
}

/** Puts back, or removes where its successor is in place, what a killed `swapFolder` left behind. */
async function restorePrevious(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const left = leftOver(entry)
    if (left?.kind !== 'previous' || left.name !== name) continue
    if (await exists(join(folder, name))) await rm(join(folder, entry), { recursive: true, force: true })
    else await rename(join(folder, entry), join(folder, name))
  }
}

/** The hidden name `.{name}.{random}.{kind}` beside `path`. Long names are kept within the system's 255 bytes. */
function siblingName(path: string, kind: 'partial' | 'previous'): string {
  const name = kind === 'previous' ? basename(path) : basename(path).slice(0, 40)
  return join(dirname(path), `.${name}.${randomBytes(6).toString('hex')}.${kind}`)
}

function leftOver(name: string): { name: string; kind: string } | undefined {
  const match = /^\.(.+)\.[0-9a-f]{12}\.(partial|previous)$/s.exec(name)
  return match ? { name: match[1]!, kind: match[2]! } : undefined
}

async function followLink(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(path)
    else if (entry.isFile()) await syncFile(path)
  }
  await syncFolder(folder)
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename in `folder` durable. Some network file systems and Windows cannot sync a folder. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await syncFile(folder)
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'].includes(systemCode(error) ?? '')) throw error
  }
}
