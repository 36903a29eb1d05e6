import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { fetchFiles, type ResolveOptions } from './fetch-files.ts'
import { type HubName, parseHubName } from './hub-name.ts'
import { indexFile, shardNames, supportFiles, weightFiles } from './model-files.ts'
import { type ListedRepository, reachHub } from './reach-hub.ts'
import type { RepositoryCache } from './repository-cache.ts'
import type { HubSettings } from './settings.ts'

export type { DownloadProgress, ResolveOptions } from './fetch-files.ts'

/**
 * The folder of a model, given as a folder or as its name on the hub, `organization/model` or `organization/model@revision`; an existing
 * folder goes first. From the hub what is missing is fetched into the cache that Python's huggingface_hub has too, and the folder is the
 * snapshot there: configuration, tokenizer, templates and weights as safetensors. A text that is neither is given back as it is, for the
 * reader of the folder to refuse.
 *
 * Where the hub cannot be reached, or is not to be (`HF_HUB_OFFLINE`), what the cache has is taken.
 *
 * Throws YuksuError, by what a person has to do: `hub-no-model`, `hub-revision`, `hub-gated`, `hub-token`, `hub-forbidden`, `hub-busy`,
 * `hub-unreachable`, `hub-offline`, `hub-incomplete`, `hub-no-weights`, `pickled-weights`, `other-weights`, `hub-hash`, `hub-changed`,
 * `hub-answer`, `disk-full`, `cannot-write`.
 */
export async function resolveModelFolder(
  nameOrFolder: string,
  options: ResolveOptions = {},
): Promise<string> {
  if (statSync(nameOrFolder, { throwIfNoEntry: false })?.isDirectory() === true) return nameOrFolder
  const name = parseHubName(nameOrFolder)
  if (name === undefined) return nameOrFolder
  return reachHub(name, options, {
    fetched: (repository) => fetchMissing(repository, options),
    cached: (cache, settings) => cachedFolder(cache, name, settings, options),
  })
}

async function fetchMissing(
  { client, cache, commit, files }: ListedRepository,
  options: ResolveOptions,
): Promise<string> {
  const { model, revision } = client.name
  const folder = cache.snapshot(commit)
  const needed = supportFiles(files)
  if (options.weights !== false) {
    const index = indexFile(files)
    if (index !== undefined) {
      await fetchFiles(client, cache, commit, [index], { ...options, onProgress: undefined })
      needed.push(...weightFiles(files, model, await readFile(join(folder, index.path), 'utf8')))
    } else needed.push(...weightFiles(files, model))
  }
  await fetchFiles(client, cache, commit, needed, options)
  await cache.record(revision, commit)
  return folder
}

/** The snapshot that the cache has, where it has all that is asked for. */
async function cachedFolder(
  cache: RepositoryCache,
  { model, revision }: HubName,
  settings: HubSettings,
  { weights = true }: ResolveOptions,
): Promise<string> {
  const commit = await cache.recorded(revision)
  const folder = commit === undefined ? undefined : cache.snapshot(commit)
  if (folder === undefined || !existsSync(folder)) {
    throw new YuksuError(
      'hub-offline',
      `there is no folder '${model}', and the cache ${settings.cache} has nothing of ${model} at ${revision}; fetch it once without HF_HUB_OFFLINE`,
    )
  }
  const missing = await missingOf(folder, model, weights)
  if (missing === undefined) return folder
  throw new YuksuError(
    'hub-incomplete',
    `the cache ${settings.cache} has only a part of ${model} at ${revision}: ${missing} is not there; fetch the rest once without HF_HUB_OFFLINE`,
  )
}

/** The first file that a snapshot of the cache lacks. */
async function missingOf(folder: string, model: string, weights: boolean): Promise<string | undefined> {
  const lacks = (name: string) => !existsSync(join(folder, name))
  if (['config.json', 'tokenizer.json', 'adapter_config.json'].every(lacks)) return 'config.json'
  if (!weights || !lacks('model.safetensors') || !lacks('adapter_model.safetensors')) return undefined
  const index = 'model.safetensors.index.json'
  if (lacks(index)) return 'model.safetensors'
  return shardNames(await readFile(join(folder, index), 'utf8'), model).find(lacks)
}
