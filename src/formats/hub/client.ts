import { YuksuError } from '../../errors.ts'
import { type HubName, kindOf } from './hub-name.ts'
import type { HubSettings } from './settings.ts'

/** What a file of a repository is known by. */
export interface HubFile {
  /** Of a model a name without a folder. */
  readonly path: string
  /** In bytes. */
  readonly size: number
  /** The hash of its content, which is also its name in the cache: SHA-256 of a large file, Git's SHA-1 of another. */
  readonly hash: string
}

/** Asks the hub about one model or data set. */
export class HubClient {
  readonly settings: HubSettings
  readonly name: HubName

  constructor(settings: HubSettings, name: HubName) {
    this.settings = settings
    this.name = name
  }

  /** The commit that the revision stands for now. */
  async commit(): Promise<string> {
    const { datasetInfo, modelInfo } = await import('@huggingface/hub')
    const { model, revision, kind } = this.name
    const asked = { name: model, revision, hubUrl: this.settings.endpoint, fetch: this.fetch }
    const { sha } = await repeated(async () =>
      kind === 'dataset'
        ? await datasetInfo({ ...asked, additionalFields: ['sha'] })
        : await modelInfo({ ...asked, additionalFields: ['sha'] }),
    )
    if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) {
      throw new YuksuError(
        'hub-answer',
        `${this.settings.endpoint} names no commit for ${model} at ${revision}; check HF_ENDPOINT`,
      )
    }
    return sha
  }

  /** The files at the root of the repository of a model (what is in its folders no model here is made of), and all of a data set. */
  async files(commit: string): Promise<HubFile[]> {
    return repeated(() => this.listed(commit))
  }

  private async listed(commit: string): Promise<HubFile[]> {
    const { listFiles } = await import('@huggingface/hub')
    const { model, kind } = this.name
    const isData = kind === 'dataset'
    const found: HubFile[] = []
    const entries = listFiles({
      repo: isData ? { type: 'dataset', name: model } : model,
      recursive: isData,
      revision: commit,
      hubUrl: this.settings.endpoint,
      fetch: this.fetch,
    })
    for await (const { type, path, size, oid, lfs } of entries) {
      if (type !== 'file') continue
      const hash = lfs?.oid ?? oid ?? ''
      // Both become names in the cache.
      const parts = isData ? path.split('/') : [path]
      const isBad = parts.some((part) => part === '' || /[/\\\0]|^\.\.?$/.test(part))
      if (isBad || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) {
        throw new YuksuError(
          'hub-answer',
          `${this.settings.endpoint} lists a file of ${model} as ${JSON.stringify(path)} with the hash ${JSON.stringify(hash)}; check HF_ENDPOINT`,
        )
      }
      found.push({ path, size: lfs?.size ?? size, hash })
    }
    return found
  }

  /** The address of a file's content at a commit. */
  address(commit: string, path: string): string {
    const { model, kind } = this.name
    const parts = path.split('/').map(encodeURIComponent).join('/')
    return `${this.settings.endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${model}/resolve/${commit}/${parts}`
  }

  /**
   * As the global `fetch`, with the token where the address is the hub's own and nowhere else. Throws `hub-unreachable` where no answer
   * comes, and for an answer that refuses what a person can do about it.
   */
  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init.headers)
    headers.set('user-agent', 'yuksu')
    const { token, endpoint } = this.settings
    if (token !== undefined && url.origin === new URL(endpoint).origin)
      headers.set('authorization', `Bearer ${token}`)
    let response: Response
    try {
      response = await fetch(url, { ...init, headers })
    } catch (error) {
      throw unreachable(error, url, init.signal)
    }
    if (response.status >= 400) {
      await response.body?.cancel()
      throw refusal(response, this.name, this.settings)
    }
    return response
  }
}

/** An answer of the hub that refuses; `passing` where the same question may be answered later. */
export class HubRefusal extends YuksuError {
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(code, message)
    this.status = status
  }

  get passing(): boolean {
    return [408, 429].includes(this.status) || this.status >= 500
  }
}

/** No answer came. */
export class HubUnreachable extends YuksuError {
  /** Where no connection could be made there is little sense in trying again at once; one that broke is made anew. */
  readonly broke: boolean

  constructor(message: string, broke: boolean, cause?: unknown) {
    super('hub-unreachable', message, { cause })
    this.broke = broke
  }
}

/** A question that is put up to three times where the answer does not come, or may be another soon. */
async function repeated<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      const again =
        (error instanceof HubUnreachable && error.broke) ||
        (error instanceof HubRefusal && error.status >= 500)
      if (!again || attempt === 3) throw error
    }
  }
}

/** No answer came; an interruption by the caller is given back as it is. */
function unreachable(error: unknown, url: URL, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return signal.reason
  const { cause } = error as { cause?: { code?: string; message?: string } }
  const why = cause?.code ?? cause?.message ?? (error as Error).message
  return new HubUnreachable(
    `${url.origin} cannot be reached (${why}); check the network, or set HF_ENDPOINT to a mirror`,
    !['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(why),
    error,
  )
}

function refusal({ status, headers }: Response, name: HubName, settings: HubSettings): HubRefusal {
  const { endpoint, token } = settings
  const { model, revision } = name
  const kind = kindOf(name)
  const code = headers.get('x-error-code')
  const said = headers.get('x-error-message')
  const refused = (code: string, message: string) => new HubRefusal(code, message, status)
  if (code === 'GatedRepo') {
    const then =
      token === undefined
        ? `then set HF_TOKEN to a token of that account (${endpoint}/settings/tokens)`
        : 'with the account that the token belongs to; where that is done, its owners have not agreed yet'
    return refused(
      'hub-gated',
      `${model} is gated: accept its conditions at ${endpoint}/${name.kind === 'dataset' ? 'datasets/' : ''}${model}, ${then}`,
    )
  }
  if (code === 'RevisionNotFound') {
    return refused(
      'hub-revision',
      `${model} has no revision '${revision}'; give one of its branches, tags or commits as ${model}@REVISION`,
    )
  }
  if (status === 401 && token !== undefined && /invalid/i.test(said ?? '')) {
    return refused(
      'hub-token',
      `${endpoint} does not take the token; set HF_TOKEN to a valid one (${endpoint}/settings/tokens) or to none for public ${kind}s`,
    )
  }
  // Who may not see a model is told that there is none.
  if (code === 'RepoNotFound' || status === 401 || status === 404) {
    const hint =
      token === undefined
        ? `for a private ${kind} set HF_TOKEN`
        : `for a private ${kind} set HF_TOKEN to a token that may read it`
    return refused(
      'hub-no-model',
      `there is ${name.kind === 'dataset' ? '' : `no folder '${model}', and `}no ${kind} ${name.kind === 'dataset' ? model : 'of that name'} on ${endpoint}; check the name, and ${hint}`,
    )
  }
  if (status === 403) {
    return refused(
      'hub-forbidden',
      `${endpoint} does not let ${token === undefined ? 'anyone without a token' : 'this token'} read ${model}${said === null ? '' : ` (${said})`}; set HF_TOKEN to one that may`,
    )
  }
  if (status === 429) {
    return refused(
      'hub-busy',
      `${endpoint} has had too many requests from here; wait some minutes${token === undefined ? ', or set HF_TOKEN, which is allowed more' : ''}`,
    )
  }
  return refused(
    'hub-answer',
    `${endpoint} answered ${status}${said === null ? '' : ` (${said})`} for ${model}; try again later`,
  )
}
