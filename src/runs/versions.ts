import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What a run was made with: a resumed run repeats exactly only where these are equal. */
export interface Versions {
  readonly yuksu: string
  readonly node: string
  /** `absent` where the engine's runtime is not installed. */
  readonly onnxruntimeNode: string
  readonly platform: string
}

export function currentVersions(): Versions {
  return {
    yuksu: versionIn(join(import.meta.dirname, '../../package.json')),
    node: process.versions.node,
    onnxruntimeNode: installedVersion('onnxruntime-node'),
    platform: `${process.platform}-${process.arch}`,
  }
}

function installedVersion(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  const found = folders.map((folder) => versionIn(join(folder, name, 'package.json')))
  return found.find((version) => version !== 'absent') ?? 'absent'
}

function versionIn(path: string): string {
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : `unknown (${dirname(path)})`
  } catch {
    return 'absent'
  }
}
