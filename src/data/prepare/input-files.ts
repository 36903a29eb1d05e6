import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { hashFile } from '../../runs/lineage.ts'
import type { Source } from '../sources/source.ts'

/** A file that went into a preparation. */
export interface InputFile {
  readonly file: string
  /** In bytes; undefined, as the hash, where it is no file that can be read. */
  readonly size?: number
  readonly sha256?: string
}

/** Input files with what shows whether one was changed meanwhile. */
export interface CheckedInputs {
  readonly files: readonly InputFile[]
  /** Throws `data-changed` where a file is not what it was when it was hashed. */
  check(): Promise<void>
}

/**
 * Hashes the files of the sources. One that cannot be read has no hash; its source will say why.
 *
 * @param onHashed is told how many bytes have been hashed.
 */
export async function hashInputs(
  sources: readonly Source[],
  {
    signal,
    onHashed,
  }: { readonly signal?: AbortSignal | undefined; readonly onHashed?: (bytes: number) => void },
): Promise<CheckedInputs> {
  const files: InputFile[] = []
  const states: (string | undefined)[] = []
  let hashed = 0
  const onBytes = (bytes: number) => {
    signal?.throwIfAborted()
    hashed += bytes
    onHashed?.(hashed)
  }
  for (const { file } of sources) {
    states.push(await stateOf(file))
    files.push(await hashInput(file, onBytes))
  }
  return {
    files,
    async check() {
      for (const [index, { file }] of files.entries()) {
        if ((await stateOf(file)) === states[index]) continue
        throw new YuksuError(
          'data-changed',
          `${file} was changed while it was read; give it to a new folder when nothing writes to it`,
        )
      }
    },
  }
}

async function hashInput(file: string, onBytes: (bytes: number) => void): Promise<InputFile> {
  try {
    const { size, sha256 } = await hashFile(file, onBytes)
    return { file, size, sha256 }
  } catch (error) {
    if (error instanceof YuksuError) return { file }
    throw error
  }
}

async function stateOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found === undefined ? undefined : `${found.size} ${found.mtimeMs} ${found.ino}`
}

/** Throws `output-among-inputs` where a source lies in the output folder: the next preparation would read this one's rows. */
export async function refuseOutputAmongInputs(folder: string, sources: readonly Source[]): Promise<void> {
  const own = await realPath(folder)
  for (const { file } of sources) {
    if (!isInside(own, await realPath(file))) continue
    throw new YuksuError(
      'output-among-inputs',
      `the input ${file} lies in the output folder ${folder}; choose another folder, or files outside it`,
    )
  }
}

/** The same where a folder is given whose files are all read: those that are yet to be written would be among them. */
export async function refuseOutputInFolder(folder: string, given: readonly string[]): Promise<void> {
  const own = await realPath(folder)
  for (const name of given) {
    const found = await stat(name).catch(() => undefined)
    if (found?.isDirectory() !== true || !isInside(await realPath(name), own)) continue
    throw new YuksuError(
      'output-among-inputs',
      `the output folder ${folder} lies in ${name}, whose files are all read; choose another folder, or name the files`,
    )
  }
}

/** Without symbolic links, as far as there is something. */
async function realPath(path: string): Promise<string> {
  const full = resolve(path)
  const found = await realpath(full).catch(() => undefined)
  const above = dirname(full)
  return found ?? (above === full ? full : join(await realPath(above), basename(full)))
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** Names for a message: `a, b and 3 more`. */
export function someNames(names: readonly string[], shown = 3): string {
  const more = names.length - shown
  return more > 0 ? `${names.slice(0, shown).join(', ')} and ${more} more` : names.join(', ')
}
