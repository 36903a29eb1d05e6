import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { datasetFiles } from './dataset-files.ts'
import type { DatasetName } from './dataset-name.ts'
import { fetchFiles, type ResolveOptions } from './fetch-files.ts'
import { type ListedRepository, reachHub } from './reach-hub.ts'
import type { RepositoryCache } from './repository-cache.ts'

/** The files of a data set in the cache. */
export interface ResolvedDataset {
  readonly commit: string
  /** In the repository, and where it lies. */
  readonly files: readonly { readonly name: string; readonly path: string }[]
}

const cardName = 'README.md'

/**
 * The data files of a data set on the hub, fetched into the cache that Python's huggingface_hub has too where they are missing.
 * Where the hub cannot be reached, or is not to be (`HF_HUB_OFFLINE`), what the cache has is taken, if that is all of it.
 * Throws YuksuError as `resolveModelFolder` does, and `dataset-part` and `dataset-files`.
 */
export async function resolveDataset(
  name: DatasetName,
  options: ResolveOptions = {},
): Promise<ResolvedDataset> {
  return reachHub(name.repository, options, {
    fetched: (repository) => fetchDataset(repository, name, options),
    cached: (cache) => cachedDataset(cache, name),
  })
}

async function fetchDataset(
  { client, cache, commit, files }: ListedRepository,
  name: DatasetName,
  options: ResolveOptions,
): Promise<ResolvedDataset> {
  const fetch = (paths: readonly string[]) =>
    fetchFiles(
      client,
      cache,
      commit,
      files.filter(({ path }) => paths.includes(path)),
      options,
    )
  await fetch([cardName])
  const folder = cache.snapshot(commit)
  const wanted = datasetFiles(
    files.map(({ path }) => path),
    await cardOf(folder),
    name,
  )
  await fetch(wanted)
  await cache.record(name.repository.revision, commit)
  return { commit, files: wanted.map((file) => ({ name: file, path: join(folder, file) })) }
}

async function cardOf(folder: string): Promise<string> {
  return readFile(join(folder, cardName), 'utf8').catch(() => '')
}

async function cachedDataset(cache: RepositoryCache, name: DatasetName): Promise<ResolvedDataset> {
  const { model, revision } = name.repository
  const commit = await cache.recorded(revision)
  const folder = commit === undefined ? undefined : cache.snapshot(commit)
  if (folder === undefined || !existsSync(folder)) {
    throw new YuksuError(
      'hub-offline',
      `the cache has nothing of the data set ${model} at ${revision}; fetch it once without HF_HUB_OFFLINE`,
    )
  }
  const found = await readdir(folder, { recursive: true })
  const wanted = datasetFiles(
    found.map((path) => path.replaceAll('\\', '/')),
    await cardOf(folder),
    name,
  )
  const missing = missingShard(wanted)
  if (missing !== undefined) {
    throw new YuksuError(
      'hub-incomplete',
      `the cache has only a part of the data set ${model} at ${revision}: ${missing} is not there; fetch the rest once without HF_HUB_OFFLINE`,
    )
  }
  return { commit: commit!, files: wanted.map((file) => ({ name: file, path: join(folder, file) })) }
}

/** Files of a data set say in their names how many there are: `train-00000-of-00002.parquet`. */
function missingShard(files: readonly string[]): string | undefined {
  for (const file of files) {
    const [, before, , count, after] = /^(.*-)(\d{5})-of-(\d{5})(.*)$/.exec(file) ?? []
    for (let i = 0; i < Number(count ?? 0); i++) {
      const shard = `${before}${String(i).padStart(5, '0')}-of-${count}`
      if (!files.some((other) => other.startsWith(shard))) return `${shard}${after}`
    }
  }
  return undefined
}
