import { resolveModelFolder, type ResolveOptions } from '../formats/hub/resolve-model-folder.ts'
import { createProgress, type Progress, type ProgressStream } from './progress.ts'

/** As `resolveModelFolder`, with the progress of what is fetched, and what there is to say, on stderr. */
export async function resolveModelShown(
  nameOrFolder: string,
  { stream = process.stderr, ...options }: ResolveOptions & { readonly stream?: ProgressStream } = {},
): Promise<string> {
  let progress: Progress | undefined
  const folder = await resolveModelFolder(nameOrFolder, {
    onNotice: (line) => void stream.write(`${line}\n`),
    onProgress({ model, bytes, totalBytes, resumedBytes }) {
      progress ??= createProgress({
        label: `fetching ${model}`,
        total: totalBytes,
        unit: 'bytes',
        start: resumedBytes,
        stream,
      })
      progress.update(bytes)
    },
    ...options,
  })
  progress?.finish()
  return folder
}
