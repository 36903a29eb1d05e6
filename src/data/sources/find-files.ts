// Which files the names, folders and patterns of a command stand for, in an order that depends on nothing but the names.
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { systemCode } from '../../formats/write-error.ts'
import { expandBraces, hasPattern, segmentPattern } from './path-pattern.ts'
import type { SourceFault } from './source.ts'

export interface FoundFile {
  /** As it was named, or as the pattern or folder found it. */
  readonly file: string
  readonly bytes: number
  /** Where it lies. */
  readonly path: string
}

/**
 * The files in order: of each pattern in turn, by name; `findDataset` finds those of `hf:…`. A file that is found twice comes once. A link is followed where it was
 * named, and not out of or around in a folder that was searched.
 */
export async function findFiles(
  patterns: readonly string[],
  onFault: (fault: SourceFault) => void,
  findDataset: (name: string) => Promise<readonly { readonly file: string; readonly path: string }[]>,
): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const seen = new Map<string, string>()
  const take = async (file: string, path = file) => {
    const state = await stat(path)
    if (!state.isFile()) {
      const kind = state.isFIFO() ? 'a pipe' : state.isSocket() ? 'a socket' : 'a device'
      return onFault({
        file,
        reason: 'not-a-file',
        detail: `${file} is ${kind}; write what it gives into a file first`,
      })
    }
    // The cache of the hub keeps files of one content as one, which are two in their data set all the same.
    const identity = path === file ? `${state.dev}:${state.ino}` : file
    const earlier = seen.get(identity)
    if (earlier !== undefined) {
      const detail = earlier === file ? `${file} was given twice` : `${file} is the same file as ${earlier}`
      return onFault({ file, reason: 'given-twice', detail: `${detail}; it is read once` })
    }
    seen.set(identity, file)
    found.push({ file, path, bytes: state.size })
  }
  for (const pattern of patterns) {
    try {
      if (pattern.startsWith('hf:')) {
        for (const { file, path } of await findDataset(pattern)) await take(file, path)
        continue
      }
      const state = await stat(pattern).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT' && hasPattern(pattern)) return undefined
        throw error
      })
      if (state?.isDirectory() === true) await takeFolder(pattern, take, onFault)
      else if (state !== undefined) await take(pattern)
      else await takePattern(pattern, take, onFault)
    } catch (error) {
      onFault(
        error instanceof YuksuError
          ? { file: pattern, reason: error.code, detail: error.message }
          : systemFault(pattern, error),
      )
    }
  }
  return found
}

type Take = (file: string) => Promise<void>

async function takeFolder(folder: string, take: Take, onFault: (fault: SourceFault) => void): Promise<void> {
  const files: string[] = []
  await walk(folder, folder, (path) => void files.push(path), onFault)
  if (files.length === 0)
    onFault({ file: folder, reason: 'no-files', detail: `the folder ${folder} holds no files` })
  for (const file of files) await takeFound(file, take, onFault)
}

async function takePattern(
  pattern: string,
  take: Take,
  onFault: (fault: SourceFault) => void,
): Promise<void> {
  const files: string[] = []
  for (const plain of expandBraces(pattern)) await match(plain, (path) => void files.push(path), onFault)
  if (files.length === 0)
    onFault({ file: pattern, reason: 'no-files', detail: `no file fits ${pattern}; check the pattern` })
  // What two alternatives of one pattern find is no file given twice.
  for (const file of new Set(files)) await takeFound(file, take, onFault)
}

async function takeFound(file: string, take: Take, onFault: (fault: SourceFault) => void): Promise<void> {
  try {
    await take(file)
  } catch (error) {
    onFault(systemFault(file, error))
  }
}

/** Every file below a folder. Names that begin with a dot are passed over, as patterns do. */
async function walk(
  root: string,
  folder: string,
  onFile: (path: string) => void,
  onFault: (fault: SourceFault) => void,
): Promise<void> {
  for (const { name, path, kind } of await entries(folder, onFault)) {
    if (name.startsWith('.')) continue
    if (kind === 'folder') await walk(root, path, onFile, onFault)
    else if (kind === 'file' || (await isInside(root, path, onFault))) onFile(path)
  }
}

async function match(
  pattern: string,
  onFile: (path: string) => void,
  onFault: (fault: SourceFault) => void,
): Promise<void> {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => hasPattern(part))
  const root = parts.slice(0, first).join('/')
  const base = first === 0 ? '.' : root === '' ? '/' : root
  const within = async (folder: string, rest: readonly string[]): Promise<void> => {
    const [part, ...after] = rest
    if (part === undefined) return
    if (part === '**') {
      await within(folder, after.length === 0 ? ['*'] : after)
      for (const { name, path, kind } of await entries(folder, onFault))
        if (kind === 'folder' && !name.startsWith('.')) await within(path, rest)
      return
    }
    const fits = segmentPattern(part)
    for (const { name, path, kind } of await entries(folder, onFault)) {
      if (!fits(name)) continue
      if (after.length > 0) {
        if (kind === 'folder') await within(path, after)
        else if (kind === 'link') await isInside(base, path, onFault)
      } else if (kind === 'file' || (kind === 'link' && (await isInside(base, path, onFault)))) onFile(path)
    }
  }
  await within(base, parts.slice(first))
}

interface Entry {
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
}

async function entries(folder: string, onFault: (fault: SourceFault) => void): Promise<Entry[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true })
    return found
      .map((entry) => ({
        name: entry.name,
        path: folder === '.' ? entry.name : join(folder, entry.name),
        kind: entry.isDirectory()
          ? ('folder' as const)
          : entry.isSymbolicLink()
            ? ('link' as const)
            : ('file' as const),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') onFault(systemFault(folder, error))
    return []
  }
}

/** Whether a link that was found leads to a file of the folder that is searched. */
async function isInside(root: string, link: string, onFault: (fault: SourceFault) => void): Promise<boolean> {
  try {
    const target = await realpath(link)
    const state = await stat(target)
    const inside = target.startsWith((await realpath(root)) + sep)
    if (inside && !state.isDirectory()) return true
    const where = state.isDirectory() ? 'to a folder' : `out of ${root}`
    const detail = `${link} is a link ${where}, which is not followed; name what it leads to`
    onFault({ file: link, reason: 'link-not-followed', detail })
  } catch (error) {
    onFault(systemFault(link, error))
  }
  return false
}

/** What the system said about a path. */
export function systemFault(file: string, error: unknown): SourceFault {
  const code = systemCode(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { file, reason: 'missing-file', detail: `there is no file ${file}; check the path` }
  if (code === 'ELOOP')
    return { file, reason: 'link-loop', detail: `${file} is a link that leads round in a circle` }
  if (code === 'EACCES' || code === 'EPERM')
    return {
      file,
      reason: 'unreadable',
      detail: `cannot read ${file}: permission denied; change its permissions`,
    }
  return { file, reason: 'unreadable', detail: `cannot read ${file}: ${code}` }
}
