import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { writeError } from '../../formats/write-error.ts'

/** Lengths in bytes by name. */
export type FileLengths = Readonly<Record<string, number>>

/** More are closed and opened anew when they are written to again. */
const openAtOnce = 64

/**
 * Files of a folder that are only appended to. After `sync`, what `lengths` says is on the disk; opened again with those
 * lengths, what was written afterwards is gone.
 */
export class AppendFiles {
  readonly folder: string
  readonly #lengths: Map<string, number>
  /** The file used last stands last. */
  readonly #open = new Map<string, { file: FileHandle; isDirty: boolean }>()

  private constructor(folder: string, lengths: FileLengths) {
    this.folder = folder
    this.#lengths = new Map(Object.entries(lengths))
  }

  /**
   * Opens the folder, which is made if need be: files get the lengths given, others are removed. Throws `cannot-write`, and
   * `damaged-work` where a file is shorter than it was.
   */
  static async open(folder: string, lengths: FileLengths = {}): Promise<AppendFiles> {
    try {
      await mkdir(folder, { recursive: true })
      for (const name of await readdir(folder)) {
        const length = lengths[name]
        if (length === undefined) await rm(join(folder, name), { recursive: true, force: true })
        else {
          if ((await stat(join(folder, name))).size < length) throw damaged(join(folder, name))
          await truncate(join(folder, name), length)
        }
      }
      const present = new Set(await readdir(folder))
      const lost = Object.keys(lengths).find((name) => !present.has(name))
      if (lost !== undefined) throw damaged(join(folder, lost))
    } catch (error) {
      throw writeError(folder, error)
    }
    return new AppendFiles(folder, lengths)
  }

  get lengths(): FileLengths {
    return Object.fromEntries(this.#lengths)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Appends to a file, which is made if need be. Throws `disk-full` or `cannot-write`. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    try {
      const entry = await this.#handle(name)
      entry.isDirty = true
      for (let offset = 0; offset < bytes.length;)
        offset += (await entry.file.write(bytes, offset)).bytesWritten
      this.#lengths.set(name, (this.#lengths.get(name) ?? 0) + bytes.length)
    } catch (error) {
      throw writeError(this.path(name), error)
    }
  }

  /** Makes everything written durable. */
  async sync(): Promise<void> {
    for (const [name, entry] of this.#open) {
      if (!entry.isDirty) continue
      await entry.file.sync().catch((error: unknown) => {
        throw writeError(this.path(name), error)
      })
      entry.isDirty = false
    }
  }

  async close(): Promise<void> {
    const entries = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(entries.map(({ file }) => file.close()))
  }

  async #handle(name: string): Promise<{ file: FileHandle; isDirty: boolean }> {
    const found = this.#open.get(name)
    if (found !== undefined) {
      this.#open.delete(name)
      this.#open.set(name, found)
      return found
    }
    if (this.#open.size >= openAtOnce) {
      const [oldest, entry] = this.#open.entries().next().value!
      this.#open.delete(oldest)
      if (entry.isDirty) await entry.file.sync()
      await entry.file.close()
    }
    const entry = { file: await open(this.path(name), 'a'), isDirty: false }
    this.#open.set(name, entry)
    return entry
  }
}

function damaged(path: string): YuksuError {
  return new YuksuError(
    'damaged-work',
    `${path} is not what the preparation left there; delete the folder work and start anew`,
  )
}
