import { basename, dirname, resolve } from 'node:path'
import { parseHubName } from '../formats/hub/hub-name.ts'

/**
 * What a model is called: on the hub by its name there; otherwise as its folder, or as the run around it where the folder is only called
 * `model`.
 */
export function modelNameOf(nameOrFolder: string, isFolder = true): string {
  const name = isFolder ? undefined : parseHubName(nameOrFolder)
  if (name !== undefined) return name.model
  const path = resolve(nameOrFolder)
  return basename(path) === 'model' ? basename(dirname(path)) || 'model' : basename(path)
}
