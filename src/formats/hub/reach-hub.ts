import { HubClient, type HubFile, HubRefusal, HubUnreachable } from './client.ts'
import type { HubName } from './hub-name.ts'
import type { ResolveOptions } from './fetch-files.ts'
import { RepositoryCache } from './repository-cache.ts'
import { type HubSettings, hubSettings } from './settings.ts'

/** A repository as the hub has it at a revision. */
export interface ListedRepository {
  readonly client: HubClient
  readonly cache: RepositoryCache
  readonly commit: string
  readonly files: readonly HubFile[]
}

/**
 * Looks a repository up on the hub and gives what `fetched` makes of it; where the hub is not to be reached (`HF_HUB_OFFLINE`), or cannot be for now, what
 * `cached` finds, and a notice of the second. Throws what the hub refused.
 */
export async function reachHub<Result>(
  name: HubName,
  options: ResolveOptions,
  from: {
    readonly fetched: (repository: ListedRepository) => Promise<Result>
    readonly cached: (cache: RepositoryCache, settings: HubSettings) => Promise<Result>
  },
): Promise<Result> {
  const settings = options.settings ?? (await hubSettings())
  const cache = new RepositoryCache(settings.cache, name)
  if (settings.offline) return from.cached(cache, settings)
  const client = new HubClient(settings, name)
  let commit: string
  let files: HubFile[]
  try {
    commit = await client.commit()
    files = await client.files(commit)
  } catch (error) {
    const isPassing = error instanceof HubRefusal ? error.passing : error instanceof HubUnreachable
    if (!isPassing) throw error
    const found = await from.cached(cache, settings).catch(() => {
      throw error
    })
    options.onNotice?.(
      `${(error as Error).message}; ${name.model} is taken from the cache as it was last seen`,
    )
    return found
  }
  return from.fetched({ client, cache, commit, files })
}
