import { type HubName, parseHubName } from './hub-name.ts'

/** Part of a data set on the hub. */
export interface DatasetName {
  readonly repository: HubName
  /** The configuration (subset), and within it the split, where only that is meant. */
  readonly configuration?: string
  readonly split?: string
}

/** The parts of `hf:owner/name[@revision][:configuration[/split]]`; undefined for all else. An empty configuration is any: `:/train`. */
export function parseDatasetName(text: string): DatasetName | undefined {
  const match = /^hf:([^:@]+(?:@[^:]+)?)(?::([^/:]*)(?:\/([^/:]+))?)?$/.exec(text)
  const repository = match ? parseHubName(match[1]!) : undefined
  if (match === null || repository === undefined) return undefined
  const [, , configuration, split] = match
  return {
    repository: { ...repository, kind: 'dataset' },
    ...(configuration !== undefined && configuration !== '' && { configuration }),
    ...(split !== undefined && { split }),
  }
}
