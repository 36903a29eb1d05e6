// Which files of a data set's repository hold its rows, as the hub itself finds them: by the card's `configs`, or by their names.
import { YuksuError } from '../../errors.ts'
import { readMarkdown } from '../markdown.ts'
import type { DatasetName } from './dataset-name.ts'

interface DataFiles {
  readonly split: string
  readonly patterns: readonly string[]
}

interface Configuration {
  readonly name: string
  readonly isDefault: boolean
  readonly files: readonly DataFiles[]
}

/** Words for splits in names of files and folders. */
const splitWords: readonly (readonly [string, RegExp])[] = [
  ['train', /^(?:train|training)$/],
  ['validation', /^(?:validation|valid|val|dev)$/],
  ['test', /^(?:test|testing|eval|evaluation)$/],
]

/**
 * The paths of the data files, split by split as the card lists them, otherwise by name. `card` is the text of README.md.
 * Throws `dataset-part` where the configuration or the split does not exist or must be chosen, and `dataset-files` where there
 * are no files that can be read.
 */
export function datasetFiles(paths: readonly string[], card: string, name: DatasetName): string[] {
  const { model, revision } = name.repository
  const listed = configurationsOf(card)
  const found = listed.length > 0 ? byCard(paths, listed, name) : byName(paths, name)
  if (found.length > 0) return found
  throw new YuksuError(
    'dataset-files',
    `${model} at ${revision} has no Parquet, JSONL, JSON, CSV or TSV files${listed.length > 0 ? ' where its card says' : ''}; the hub keeps Parquet copies of most data sets: try hf:${model}@refs/convert/parquet`,
  )
}

function byCard(paths: readonly string[], listed: readonly Configuration[], name: DatasetName): string[] {
  const { files } = chooseConfiguration(listed, name)
  const wanted = files.filter(({ split }) => name.split === undefined || split === name.split)
  if (wanted.length === 0)
    throw partMissing(
      name,
      `split ${name.split}`,
      files.map(({ split }) => split),
    )
  const found = wanted.flatMap(({ patterns }) =>
    patterns.flatMap((pattern) => paths.filter((path) => isRows(path) && fits(pattern, path)).sort(byCode)),
  )
  return [...new Set(found)]
}

function chooseConfiguration(listed: readonly Configuration[], name: DatasetName): Configuration {
  const { configuration } = name
  const names = listed.map(({ name }) => name)
  const chosen =
    configuration === undefined
      ? listed.length === 1
        ? listed[0]
        : (listed.find(({ isDefault }) => isDefault) ?? listed.find(({ name }) => name === 'default'))
      : listed.find(({ name }) => name === configuration)
  if (chosen) return chosen
  if (configuration !== undefined) throw partMissing(name, `configuration ${configuration}`, names)
  throw new YuksuError(
    'dataset-part',
    `${name.repository.model} has several configurations: choose one as hf:${name.repository.model}:NAME (${names.join(', ')})`,
  )
}

/** Without a card: folders are configurations, and words in the names splits. */
function byName(paths: readonly string[], name: DatasetName): string[] {
  const rows = paths.filter((path) => isRows(path) && !path.split('/').some((part) => part.startsWith('.')))
  const parquet = rows.filter((path) => path.endsWith('.parquet'))
  let chosen = (parquet.length > 0 ? parquet : rows).sort(byCode)
  const folders = [...new Set(chosen.map(folderOf))].filter((folder) => folder !== '')
  if (name.configuration !== undefined) {
    if (!folders.includes(name.configuration))
      throw partMissing(name, `configuration ${name.configuration}`, folders)
    chosen = chosen.filter((path) => folderOf(path) === name.configuration)
  } else if (folders.length > 1) {
    throw new YuksuError(
      'dataset-part',
      `${name.repository.model} has several configurations: choose one as hf:${name.repository.model}:NAME (${folders.join(', ')})`,
    )
  }
  if (name.split === undefined) return chosen
  const { split } = name
  const ofSplit = chosen.filter((path) => splitOf(path) === (splitOf(split) ?? split))
  if (ofSplit.length > 0) return ofSplit
  const known = [...new Set(chosen.map(splitOf))].filter((found) => found !== undefined)
  throw partMissing(name, `split ${split}`, known)
}

function partMissing(name: DatasetName, part: string, known: readonly string[]): YuksuError {
  return new YuksuError(
    'dataset-part',
    `${name.repository.model} has no ${part}; it has: ${known.length === 0 ? 'only one' : known.join(', ')}`,
  )
}

/** The folder that may be a configuration: not that of the data, nor that of a split. */
function folderOf(path: string): string {
  const first = path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
  return first === 'data' || splitOf(first) !== undefined ? '' : first
}

function splitOf(path: string): string | undefined {
  const words = path
    .replace(/\.[^/]*$/, '')
    .toLowerCase()
    .split(/[^a-z]+/)
  // The word nearest to the end is of the file rather than of its folder.
  for (const word of words.reverse()) {
    const found = splitWords.find(([, fits]) => fits.test(word))
    if (found) return found[0]
  }
  return undefined
}

function configurationsOf(card: string): Configuration[] {
  const { configs } = readMarkdown(card).values
  if (!Array.isArray(configs)) return []
  return configs.flatMap((given: unknown) => {
    const {
      config_name: name,
      data_files: files,
      default: isDefault,
    } = (given ?? {}) as Record<string, unknown>
    if (typeof name !== 'string' || files === undefined) return []
    return [{ name, isDefault: isDefault === true, files: dataFiles(files) }]
  })
}

/** `data_files` is a path, paths, or for each split one or more. */
function dataFiles(files: unknown): DataFiles[] {
  const paths = (given: unknown) => [given].flat().filter((path) => typeof path === 'string')
  const list = Array.isArray(files) ? files : [files]
  const bySplit = list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const { split, path } = item as Record<string, unknown>
    if (typeof split === 'string') return [{ split, patterns: paths(path) }]
    return Object.entries(item).map(([split, path]) => ({ split, patterns: paths(path) }))
  })
  return bySplit.length > 0 ? bySplit : [{ split: 'train', patterns: paths(files) }]
}

function isRows(path: string): boolean {
  return (
    /\.(?:parquet|(?:jsonl|ndjson|json|csv|tsv)(?:\.(?:gz|zst|bz2))?)$/i.test(path) &&
    !/(?:^|\/)dataset_infos?\.json$/.test(path)
  )
}

function fits(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/^\.\//, '')
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replace(/\*\*\/|\*+|\?/g, (mark) =>
      mark === '**/' ? '(?:.*/)?' : mark === '**' ? '.*' : mark === '*' ? '[^/]*' : '[^/]',
    )
  return new RegExp(`^${source}$`).test(path)
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
