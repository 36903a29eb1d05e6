import { basename } from 'node:path'
import { parseHubName } from '../formats/hub/hub-name.ts'
import { resolveModelShown } from '../runs/resolve-shown.ts'
import type { Run } from '../runs/run.ts'
import type { Recipe } from './schema.ts'

const event = 'model-resolved'

/**
 * The recipe with folders in place of names on the hub. A run keeps the commit that a name stood for when it began: gone on with, it starts
 * from the same weights though the model may have changed since.
 */
export async function resolveModels(
  recipe: Recipe,
  run: Run,
  {
    say,
    signal,
    weights,
  }: { say: (line: string) => void; signal: AbortSignal | undefined; weights: boolean },
): Promise<Recipe> {
  const kept = new Map<string, string>()
  for await (const { type, name, commit } of run.events())
    if (type === event) kept.set(String(name), String(commit))

  async function folderOf(name: string, withWeights: boolean): Promise<string> {
    const model = parseHubName(name)?.model
    const commit = kept.get(name)
    const folder = await resolveModelShown(
      model === undefined || commit === undefined ? name : `${model}@${commit}`,
      { weights: withWeights, onNotice: say, ...(signal && { signal }) },
    )
    if (folder === name) return folder
    if (commit === undefined) {
      kept.set(name, basename(folder))
      run.emit({ type: event, name, commit: basename(folder), folder })
    }
    return folder
  }

  const { model, tokenizer } = recipe
  return {
    ...recipe,
    ...(model.from !== undefined && { model: { ...model, from: await folderOf(model.from, weights) } }),
    ...(tokenizer.from !== undefined && {
      tokenizer: { ...tokenizer, from: await folderOf(tokenizer.from, false) },
    }),
  }
}
