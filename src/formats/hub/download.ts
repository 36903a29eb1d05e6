import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat, truncate } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { YuksuError } from '../../errors.ts'
import { writeError } from '../write-error.ts'
import { type HubClient, type HubFile, HubRefusal, HubUnreachable } from './client.ts'

export interface DownloadOptions {
  /** Bytes that came, one call after another; negative where what was there had to be thrown away. */
  readonly onBytes: (count: number) => void
  readonly signal?: AbortSignal | undefined
  /** Milliseconds before the first repetition after a failure; each further one takes twice as long. */
  readonly patience?: number | undefined
}

/** How often in a row nothing may come before it is given up. */
const attempts = 5

/**
 * Fetches a file of a model into `target`, whole or not at all. What has come is kept in `TARGET.yuksu.incomplete`, from where the next call
 * goes on, in this process or another; no two may do so at once. (huggingface_hub has `.incomplete` files of other names, which are its own:
 * two programs that append to one would ruin it.)
 *
 * Throws `hub-hash` where the content is not what its hash says, `disk-full`, `cannot-write`, and what the client throws.
 */
export async function downloadFile(
  client: HubClient,
  commit: string,
  file: HubFile,
  target: string,
  options: DownloadOptions,
): Promise<void> {
  const partial = `${target}.yuksu.incomplete`
  let resumed = await begin(partial, file)
  options.onBytes(resumed.done)
  for (;;) {
    const continued = resumed.done > 0
    await fetchRest(client, commit, file, partial, resumed, options)
    if (resumed.hash.digest('hex') === file.hash) break
    await rm(partial, { force: true })
    // What an earlier session left may be at fault: once from the start.
    if (!continued) {
      throw new YuksuError(
        'hub-hash',
        `${file.path} of ${client.name.model} came with other content than ${client.settings.endpoint} lists for it (its hash differs); it was thrown away, so try again, or set HF_ENDPOINT to another mirror`,
      )
    }
    options.onBytes(-file.size)
    resumed = await begin(partial, file)
  }
  try {
    await rename(partial, target)
  } catch (error) {
    throw writeError(target, error)
  }
}

/** How many bytes are there, and the hash so far. */
interface Part {
  done: number
  hash: Hash
}

async function begin(partial: string, file: HubFile): Promise<Part> {
  const size = await stat(partial).then(
    (found) => found.size,
    () => 0,
  )
  const part = { done: 0, hash: contentHash(file) }
  if (size === 0 || size > file.size) {
    await rm(partial, { force: true })
    return part
  }
  for await (const bytes of createReadStream(partial) as AsyncIterable<Uint8Array>) {
    part.hash.update(bytes)
    part.done += bytes.length
  }
  return part
}

/** SHA-256 of the content, or Git's hash of it as a blob. */
function contentHash({ hash, size }: HubFile): Hash {
  return hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)
}

async function fetchRest(
  client: HubClient,
  commit: string,
  file: HubFile,
  partial: string,
  part: Part,
  { onBytes, signal, patience = 1000 }: DownloadOptions,
): Promise<void> {
  let failures = 0
  // An empty file is not asked for, but has to be there.
  if (file.size === 0) await (await open(partial, 'a')).close()
  while (part.done < file.size) {
    signal?.throwIfAborted()
    const before = part.done
    try {
      const response = await request(client, commit, file, part.done, signal)
      if (!continues(response, part.done)) {
        await startOver(partial, part, file, onBytes)
        if (response.status === 416) continue
      }
      await append(response, partial, part, file, onBytes, client)
      if (part.done < file.size) throw new HubUnreachable(cutOff(client, file, part), true)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isPassing(error)) throw error
      failures = part.done > before ? 1 : failures + 1
      if (failures >= attempts) {
        if (error instanceof YuksuError) throw error
        throw new HubUnreachable(cutOff(client, file, part), true, error)
      }
      await wait(patience * 2 ** (failures - 1), undefined, { ...(signal && { signal }) })
    }
  }
}

/** Asks for the rest of a file, over at most a few redirections, and checks that the hub means the content that it listed. */
async function request(
  client: HubClient,
  commit: string,
  file: HubFile,
  start: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let url = client.address(commit, file.path)
  for (let hop = 0; hop < 8; hop++) {
    const response = await client
      .fetch(url, {
        redirect: 'manual',
        headers: {
          // A body that is packed on the way has other lengths.
          'accept-encoding': 'identity',
          ...(start > 0 && { range: `bytes=${start}-` }),
        },
        ...(signal && { signal }),
      })
      .catch((error: unknown) => {
        // A range beyond the end is no reason to give up: what is there is of something else.
        if (error instanceof HubRefusal && error.status === 416) return new Response(null, { status: 416 })
        throw error
      })
    checkListed(response, file, commit, client)
    const next = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || next === null) return response
    await response.body?.cancel()
    url = new URL(next, url).href
  }
  throw new YuksuError(
    'hub-answer',
    `${client.settings.endpoint} sends ${file.path} from place to place without end`,
  )
}

function checkListed({ headers }: Response, file: HubFile, commit: string, client: HubClient): void {
  const etag = headers.get('x-linked-etag')?.replace(/^(W\/)?"|"$/g, '')
  const size = headers.get('x-linked-size')
  const at = headers.get('x-repo-commit')
  const differs =
    (etag !== undefined && /^[0-9a-f]{64}$/.test(etag) && file.hash.length === 64 && etag !== file.hash) ||
    (size !== null && Number(size) !== file.size) ||
    (at !== null && at !== commit)
  if (!differs) return
  throw new YuksuError(
    'hub-changed',
    `${client.settings.endpoint} lists one content of ${file.path} of ${client.name.model} and sends another; try again, or set HF_ENDPOINT to another mirror`,
  )
}

/** Whether the answer goes on where the part ends. */
function continues({ status, headers }: Response, start: number): boolean {
  if (start === 0) return status !== 416
  return status === 206 && headers.get('content-range')?.startsWith(`bytes ${start}-`) === true
}

async function startOver(
  partial: string,
  part: Part,
  file: HubFile,
  onBytes: (count: number) => void,
): Promise<void> {
  await truncate(partial).catch(() => undefined)
  onBytes(-part.done)
  part.done = 0
  part.hash = contentHash(file)
}

async function append(
  response: Response,
  partial: string,
  part: Part,
  file: HubFile,
  onBytes: (count: number) => void,
  client: HubClient,
): Promise<void> {
  const output = await open(partial, 'a').catch((error: unknown) => {
    throw writeError(partial, error)
  })
  try {
    for await (const bytes of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      if (part.done + bytes.length > file.size) {
        throw new YuksuError(
          'hub-changed',
          `${client.settings.endpoint} sends more than the ${file.size} bytes that it lists for ${file.path} of ${client.name.model}`,
        )
      }
      for (let offset = 0; offset < bytes.length;) {
        const { bytesWritten } = await output.write(bytes, offset).catch((error: unknown) => {
          throw writeError(partial, error)
        })
        part.hash.update(bytes.subarray(offset, offset + bytesWritten))
        part.done += bytesWritten
        offset += bytesWritten
        onBytes(bytesWritten)
      }
    }
    await output.sync().catch((error: unknown) => {
      throw writeError(partial, error)
    })
  } finally {
    await output.close()
  }
}

/** A refusal that will not last, or a connection that broke. */
function isPassing(error: unknown): boolean {
  if (error instanceof HubRefusal) return error.passing
  return !(error instanceof YuksuError) || error instanceof HubUnreachable
}

function cutOff(client: HubClient, file: HubFile, part: Part): string {
  return `the connection to ${client.settings.endpoint} broke off after ${part.done} of ${file.size} bytes of ${file.path}; run the same again, which goes on from there`
}
