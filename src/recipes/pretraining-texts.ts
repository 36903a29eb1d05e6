import { readTexts, type ReadTextsOptions, type TextFile } from './read-texts.ts'
import type { Recipe } from './schema.ts'

/** The files of the recipe's pretraining; none where it learns from the rows' own sources. */
export function pretrainingFiles({ pretraining }: Recipe): readonly TextFile[] {
  const { files = [] } = pretraining ?? {}
  const list = typeof files === 'string' ? [files] : files
  return list.map((file) => (typeof file === 'string' ? { path: file } : file))
}

/** The texts of those files. */
export function pretrainingTexts(
  recipe: Recipe,
  onDropped?: ReadTextsOptions['onDropped'],
): AsyncGenerator<string> {
  const columns = [recipe.pretraining?.column ?? recipe.data.columns.dialogue]
  return readTexts(pretrainingFiles(recipe), { columns, ...(onDropped && { onDropped }) })
}
