/**
 * A server that speaks the hub's protocol, for tests (a data set is a model whose name begins with `datasets/`): `/api/models/…/revision/…`, the listing in pages, `resolve` with a redirection of large
 * files to another origin, ranges, and the faults that a test asks for.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HubRequest {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  /** Whether it came to the origin that the contents of large files are on. */
  readonly onStore: boolean
}

export interface TestModel {
  /** Contents by path. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /** Paths that are large files (LFS), which another origin has; by default everything but text. */
  readonly large?: readonly string[]
  /** Only with this token. */
  readonly token?: string
  /** As `token`, and what is said otherwise is that the model is gated. */
  readonly gated?: boolean
  /** Branches and tags besides `main`, all of the same commit, and earlier commits. */
  readonly revisions?: readonly string[]
  /** By default one made of the name. */
  readonly commit?: string
}

export interface TestHub {
  readonly url: string
  /** Everything that was asked, in order. */
  readonly requests: HubRequest[]
  /** What is to go wrong, by path of a file. A fault that says how often ends by itself. */
  readonly faults: Map<string, Fault>
  close(): Promise<void>
}

export type Fault =
  /** Sends so many bytes of each answer and then closes the connection. */
  | { kind: 'cut'; after: number; times: number }
  /** Sends other bytes of the same length. */
  | { kind: 'corrupt' }
  /** Sends the whole, whatever range is asked for. */
  | { kind: 'no-ranges' }
  /** Answers with this status. */
  | { kind: 'status'; status: number; times: number }
  /** Says another hash in the headers. */
  | { kind: 'other-hash' }

/** Entries of a page of the listing: few, so that there are several pages. */
const pageSize = 2

export function commitOf(model: string): string {
  return createHash('sha1').update(model).digest('hex')
}

export function hashOf(content: Uint8Array, large: boolean): string {
  return large
    ? createHash('sha256').update(content).digest('hex')
    : createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

export async function startTestHub(models: Readonly<Record<string, TestModel>>): Promise<TestHub> {
  const requests: HubRequest[] = []
  const faults = new Map<string, Fault>()
  const servers: Server[] = []
  const origins: string[] = []

  function answer(request: IncomingMessage, response: ServerResponse, onStore: boolean): void {
    const url = new URL(request.url!, origins[0])
    const path = decodeURIComponent(url.pathname)
    requests.push({
      method: request.method!,
      path,
      range: request.headers.range,
      authorization: request.headers.authorization,
      onStore,
    })
    const [, model, rest] =
      /^\/(?:api\/models\/|api\/(?=datasets\/))?((?:datasets\/)?[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? []
    const found = model === undefined ? undefined : models[model]
    if (onStore) {
      const { file, content } = fileOf(found!, rest!)
      return sendContent(request, response, content, faults.get(file))
    }
    if (found === undefined) return refuse(response, 401, 'RepoNotFound', 'Repository not found')
    const given = request.headers.authorization
    if (given !== undefined && !given.startsWith('Bearer hf_'))
      return refuse(response, 401, undefined, 'Invalid credentials in Authorization header')
    // A gated model is listed for everyone; its files are not sent.
    const isFile = rest!.startsWith('resolve/')
    if (found.token !== undefined && given !== `Bearer ${found.token}` && (isFile || !found.gated)) {
      if (found.gated)
        return refuse(response, given === undefined ? 401 : 403, 'GatedRepo', 'Access is restricted')
      return refuse(response, 401, 'RepoNotFound', 'Repository not found')
    }
    const latest = found.commit ?? commitOf(model!)
    const [, route, tail] = /^(revision|tree|resolve)\/(.+)$/.exec(rest!) ?? []
    const known = ['main', latest, ...(found.revisions ?? [])]
    const revision = known.find((name) => tail === name || tail?.startsWith(`${name}/`))
    if (revision === undefined) return refuse(response, 404, 'RevisionNotFound', 'Invalid rev id')
    const commit = /^[0-9a-f]{40}$/.test(revision) ? revision : latest
    if (route === 'revision') {
      const siblings = Object.keys(found.files).map((rfilename) => ({ rfilename }))
      return sendJson(response, { _id: 'x', id: model, sha: commit, private: false, gated: false, siblings })
    }
    if (route === 'tree') return sendPage(response, url, found)
    const { file, content, large } = fileOf(found, tail!.slice(revision.length + 1))
    if (content === undefined) return refuse(response, 404, 'EntryNotFound', 'Entry not found')
    const fault = faults.get(file)
    response.setHeader('x-repo-commit', commit)
    if (fault?.kind === 'status' && fault.times-- > 0) {
      response.writeHead(fault.status).end()
      return
    }
    const hash = hashOf(content, large)
    if (!large) {
      response.setHeader('etag', `"${hash}"`)
      return sendContent(request, response, content, fault)
    }
    response.setHeader('x-linked-etag', `"${fault?.kind === 'other-hash' ? '0'.repeat(64) : hash}"`)
    response.setHeader('x-linked-size', String(content.length))
    response.writeHead(302, { location: `${origins[1]}/${model}/${file}?signature=x` }).end()
  }

  for (const onStore of [false, true]) {
    const server = createServer((request, response) => answer(request, response, onStore))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    servers.push(server)
    origins.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
  return {
    url: origins[0]!,
    requests,
    faults,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((closed) => server.close(closed))
      }
    },
  }
}

function fileOf(model: TestModel, file: string): { file: string; content: Buffer; large: boolean } {
  const given = model.files[file]
  const content = given === undefined ? undefined : Buffer.from(given as Uint8Array)
  return {
    file,
    content: content as Buffer,
    large: model.large?.includes(file) ?? /\.(safetensors|model|bin)$/.test(file),
  }
}

function sendPage(response: ServerResponse, url: URL, model: TestModel): void {
  const folders = new Set(
    Object.keys(model.files).flatMap((path) => (path.includes('/') ? [path.split('/')[0]!] : [])),
  )
  const recursive = url.searchParams.get('recursive')?.toLowerCase() === 'true'
  const entries = [
    ...[...folders].map((path) => ({ type: 'directory', path, oid: '0'.repeat(40), size: 0 })),
    ...Object.keys(model.files)
      .filter((path) => recursive || !path.includes('/'))
      .map((path) => {
        const { content, large } = fileOf(model, path)
        const pointer = { type: 'file', path, size: content.length, oid: hashOf(content, false) }
        return large
          ? { ...pointer, lfs: { oid: hashOf(content, true), size: content.length, pointerSize: 134 } }
          : pointer
      }),
  ]
  const start = Number(url.searchParams.get('cursor') ?? 0)
  if (start + pageSize < entries.length) {
    url.searchParams.set('cursor', String(start + pageSize))
    response.setHeader('link', `<${url.href}>; rel="next"`)
  }
  sendJson(response, entries.slice(start, start + pageSize))
}

function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  whole: Buffer,
  fault: Fault | undefined,
): void {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = asked === null || fault?.kind === 'no-ranges' ? 0 : Number(asked[1])
  if (start >= whole.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end()
    return
  }
  const content = Buffer.from(whole.subarray(start))
  if (fault?.kind === 'corrupt') content[content.length - 1]! ^= 1
  if (start > 0) {
    response.statusCode = 206
    response.setHeader('content-range', `bytes ${start}-${whole.length - 1}/${whole.length}`)
  }
  response.setHeader('content-length', content.length)
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  if (fault?.kind === 'cut' && fault.times-- > 0) {
    response.write(content.subarray(0, fault.after), () => response.destroy())
    return
  }
  response.end(content)
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}

function refuse(response: ServerResponse, status: number, code: string | undefined, message: string): void {
  if (code !== undefined) response.setHeader('x-error-code', code)
  response.setHeader('x-error-message', message)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: message }))
}
