import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { readError } from '../formats/read-error.ts'
import { systemCode } from '../formats/write-error.ts'

/** A file that went into a run. */
export interface RecordedFile {
  readonly path: string
  /** Of the bytes as they lie on the disk, in hexadecimal. */
  readonly sha256: string
  /** In bytes. */
  readonly size: number
}

/** The files that `lineage.json` of a run's folder lists; none where it does not exist. */
export async function readLineage(folder: string): Promise<RecordedFile[]> {
  const path = join(folder, 'lineage.json')
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { files: RecordedFile[] }).files
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw readError(path, error)
  }
}

/**
 * Hashes `path` and adds it to the run's lineage. Throws `data-changed` where the run already used other
 * content under that path: going on would train on two different sets of rows.
 */
export async function recordInLineage(folder: string, path: string): Promise<RecordedFile> {
  const file = await hashFile(resolve(path))
  const files = await readLineage(folder)
  const earlier = files.find((other) => other.path === file.path)
  if (earlier && earlier.sha256 !== file.sha256) {
    throw new YuksuError(
      'data-changed',
      `${path} is not the file this run began with (sha256 ${file.sha256.slice(0, 12)}…, it was ${earlier.sha256.slice(0, 12)}…); restore it or start a new run`,
    )
  }
  if (!earlier) {
    const lineage = { files: [...files, file] }
    await writeFileAtomic(join(folder, 'lineage.json'), `${JSON.stringify(lineage, undefined, 2)}\n`)
  }
  return file
}

/**
 * Size and SHA-256 of a file, read as a stream. Throws `missing-file` or `cannot-read`, and what `onBytes` throws.
 *
 * @param onBytes is told of each piece how long it is.
 */
export async function hashFile(path: string, onBytes?: (bytes: number) => void): Promise<RecordedFile> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
      hash.update(piece)
      size += piece.length
      onBytes?.(piece.length)
    }
  } catch (error) {
    throw readError(path, error)
  }
  return { path, sha256: hash.digest('hex'), size }
}
