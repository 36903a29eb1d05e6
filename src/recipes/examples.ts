import type { SummarizationRow } from '../data/summarization-rows.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import { renderSource, renderTarget } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Example } from '../train/objectives/objective.ts'

/** Rows as a model reads them. One beyond a limit is dropped with its reason: nothing is cut off in silence. */
export function tokenizeRows(
  rows: readonly SummarizationRow[],
  tokenizer: Tokenizer,
  limits: { maxSourceTokens: number; maxTargetTokens: number },
  drops: DropReport,
  file: string,
): Example[] {
  const examples: Example[] = []
  rows.forEach((row, index) => {
    const source = renderSource(tokenizer, row.source)
    const target = renderTarget(tokenizer, row.target)
    const place = { file, number: index + 1, line: index + 1 }
    if (source.length > limits.maxSourceTokens) {
      const detail = `${row.id}: ${source.length} tokens, data.limits.maxSourceTokens is ${limits.maxSourceTokens}`
      drops.drop({ ...place, reason: 'source-too-long', detail })
    } else if (target.length > limits.maxTargetTokens) {
      const detail = `${row.id}: ${target.length} tokens, data.limits.maxTargetTokens is ${limits.maxTargetTokens}`
      drops.drop({ ...place, reason: 'target-too-long', detail })
    } else {
      examples.push({ source: Int32Array.from(source), target: Int32Array.from(target) })
    }
  })
  return examples
}
