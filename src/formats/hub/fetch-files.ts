// Files of a repository into the cache, some at a time, each under a lock that other processes respect.
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { YuksuError } from '../../errors.ts'
import { type LockHolder, takeProcessLock } from '../process-lock.ts'
import type { HubClient, HubFile } from './client.ts'
import { downloadFile } from './download.ts'
import type { HubName } from './hub-name.ts'
import type { RepositoryCache } from './repository-cache.ts'
import type { HubSettings } from './settings.ts'

export interface DownloadProgress {
  /** `organization/model`. */
  readonly model: string
  /** Bytes that are there of the files that were missing, and their size. */
  readonly bytes: number
  readonly totalBytes: number
  /** Bytes that an earlier session had left: they count as done and not towards the rate. */
  readonly resumedBytes: number
}

export interface ResolveOptions {
  /** Without weights only configuration, tokenizer and templates are fetched. */
  readonly weights?: boolean | undefined
  /** Called while something is fetched. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
  /** A line for a person about what is going on. */
  readonly onNotice?: ((line: string) => void) | undefined
  /** Ends fetching; what has come is kept, and the next call goes on from there. */
  readonly signal?: AbortSignal | undefined
  /** By default what the environment says. */
  readonly settings?: HubSettings | undefined
  /** See `DownloadOptions`. */
  readonly patience?: number | undefined
}

/** Files that are fetched at a time. */
const parallel = 4
/** Milliseconds between two looks at a lock of another process. */
const lockInterval = 250

/** Fetches those of the files that the cache has not. */
export async function fetchFiles(
  client: HubClient,
  cache: RepositoryCache,
  commit: string,
  files: readonly HubFile[],
  options: ResolveOptions,
): Promise<void> {
  const missing = files.filter((file) => !cache.has(commit, file))
  if (missing.length === 0) return
  await cache.makeFolders(commit)
  const totalBytes = missing.reduce((sum, { size }) => sum + size, 0)
  await checkRoom(cache.folder, totalBytes)
  const report = progressOf(client.name.model, totalBytes, options.onProgress)
  // A failure of one ends the others, which keep what they have.
  const failed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal
  const queue = [...missing]
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      signal.throwIfAborted()
      await fetchFile(client, cache, commit, file, report, { ...options, signal })
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(parallel, missing.length) }, () =>
      work().catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    ),
  )
  options.signal?.throwIfAborted()
  if (results.some(({ status }) => status === 'rejected')) throw failed.signal.reason
}

async function fetchFile(
  client: HubClient,
  cache: RepositoryCache,
  commit: string,
  file: HubFile,
  report: (bytes: number, resumed: number) => void,
  options: ResolveOptions,
): Promise<void> {
  const release = await lockFile(join(cache.locks, `${file.hash}.yuksu.lock`), client.name, options)
  try {
    let first = true
    if (cache.hasBlob(file)) report(file.size, file.size)
    else {
      await downloadFile(client, commit, file, cache.blob(file.hash), {
        signal: options.signal,
        patience: options.patience,
        onBytes(count) {
          report(count, first ? count : 0)
          first = false
        },
      })
    }
    await cache.link(commit, file)
  } finally {
    release()
  }
}

/** Takes the lock of one content, waiting for another process that fetches it. */
async function lockFile(
  path: string,
  { model }: HubName,
  { onNotice, signal }: ResolveOptions,
): Promise<() => void> {
  const inUse = (holder: LockHolder | undefined) => new LockHeld(holder)
  for (let told = false; ; told = true) {
    try {
      return takeProcessLock(path, inUse)
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error
      const who = error.holder === undefined ? 'another process' : `process ${error.holder.pid}`
      if (!told && error.holder?.pid !== process.pid) {
        onNotice?.(`waiting for ${who}, which fetches ${model} (delete ${path} only if it is gone)`)
      }
    }
    await wait(lockInterval, undefined, { ...(signal && { signal }) })
  }
}

class LockHeld extends Error {
  readonly holder: LockHolder | undefined

  constructor(holder: LockHolder | undefined) {
    super('the lock is held')
    this.holder = holder
  }
}

function progressOf(
  model: string,
  totalBytes: number,
  onProgress: ResolveOptions['onProgress'],
): (bytes: number, resumed: number) => void {
  let bytes = 0
  let resumedBytes = 0
  return (count, resumed) => {
    bytes += count
    resumedBytes += resumed
    onProgress?.({ model, bytes, totalBytes, resumedBytes })
  }
}

/** Throws `disk-full` before anything is fetched that cannot be kept; what an earlier session left counts twice, which errs on the safe side. */
async function checkRoom(folder: string, bytes: number): Promise<void> {
  const found = await statfs(folder).catch(() => undefined)
  if (found === undefined) return
  const free = found.bavail * found.bsize
  if (free > bytes) return
  throw new YuksuError(
    'disk-full',
    `${(bytes / 1e9).toFixed(2)} GB are to be fetched into ${folder}, where ${(free / 1e9).toFixed(2)} GB are free; free some space, or set HF_HOME to a folder on another disk`,
  )
}
