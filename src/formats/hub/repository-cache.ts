// The cache that Python's huggingface_hub fills and reads, one folder for each model:
//
//   models--ORGANIZATION--MODEL/blobs/HASH                    contents by their hash
//   models--ORGANIZATION--MODEL/refs/REVISION                 the commit that a branch or tag stood for
//   models--ORGANIZATION--MODEL/snapshots/COMMIT/PATH         links to the contents
//
// and `datasets--ORGANIZATION--NAME` likewise.
import { existsSync, statSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { writeFileAtomic } from '../atomic-file.ts'
import { systemCode, writeError } from '../write-error.ts'
import type { HubFile } from './client.ts'
import type { HubName } from './hub-name.ts'

/** What the cache has and gets of one model. */
export class RepositoryCache {
  readonly folder: string
  /** Locks are kept apart from the contents, as huggingface_hub does. */
  readonly locks: string

  constructor(cache: string, { model, kind }: HubName) {
    const name = `${kind ?? 'model'}s--${model.replace('/', '--')}`
    this.folder = join(cache, name)
    this.locks = join(cache, '.locks', name)
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash)
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit)
  }

  async makeFolders(commit: string): Promise<void> {
    try {
      for (const folder of [join(this.folder, 'blobs'), this.snapshot(commit), this.locks])
        await mkdir(folder, { recursive: true })
    } catch (error) {
      throw writeError(this.folder, error)
    }
  }

  /** Whether a file of a snapshot is there, with as many bytes as it should have. */
  has(commit: string, { path, size }: HubFile): boolean {
    return sizeOf(join(this.snapshot(commit), path)) === size
  }

  /** Whether the content is there, as `has` says for a snapshot. */
  hasBlob({ hash, size }: HubFile): boolean {
    return sizeOf(this.blob(hash)) === size
  }

  /** Makes the file of a snapshot out of a content that is there. */
  async link(commit: string, { path, hash }: HubFile): Promise<void> {
    const place = join(this.snapshot(commit), path)
    const blob = this.blob(hash)
    try {
      await mkdir(dirname(place), { recursive: true })
      // A link to a content that was deleted is in the way.
      await rm(place, { force: true })
      await symlink(relative(dirname(place), blob), place)
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return
      if (systemCode(error) !== 'EPERM') throw writeError(place, error)
      // Windows lets only some make links. Another process must not see half a copy.
      const aside = `${place}.${process.pid}.incomplete`
      await copyFile(blob, aside)
      await rename(aside, place)
    }
  }

  /** Records which commit a branch or tag stands for. */
  async record(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.recorded(revision)) === commit) return
    const path = join(this.folder, 'refs', revision)
    try {
      await mkdir(dirname(path), { recursive: true })
    } catch (error) {
      throw writeError(path, error)
    }
    await writeFileAtomic(path, commit)
  }

  /** The commit that a revision stood for when it was last asked, or the revision where it is a commit itself. */
  async recorded(revision: string): Promise<string | undefined> {
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => undefined)
    if (text !== undefined && /^[0-9a-f]{40}$/.test(text.trim())) return text.trim()
    return existsSync(this.snapshot(revision)) ? revision : undefined
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}
