import type { SummarizationRow } from '../data/summarization-rows.ts'
import type { ModelFamily } from '../models/family.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import { renderPrompt, renderSource, renderTarget } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Example } from '../train/objectives/objective.ts'

/** Rows as a model reads them. One beyond a limit is dropped with its reason: nothing is cut off in silence. */
export function tokenizeRows(
  rows: readonly SummarizationRow[],
  tokenizer: Tokenizer,
  kind: ModelFamily['kind'],
  settings: {
    limits: { maxSourceTokens: number; maxTargetTokens: number }
    spaceBeforeSummary: boolean
  },
  drops: DropReport,
  file: string,
): Example[] {
  const { limits } = settings
  const before = settings.spaceBeforeSummary ? ' ' : ''
  const examples: Example[] = []
  // A decoder alone tells the end of what it reads by the line end that its answer begins with.
  const renderRow =
    kind === 'encoder-decoder'
      ? ({ source, target }: SummarizationRow) =>
          [renderSource(tokenizer, source), renderTarget(tokenizer, `${before}${target}`)] as const
      : ({ source, target }: SummarizationRow) =>
          [renderPrompt(tokenizer, source), renderTarget(tokenizer, `\n${target}`)] as const
  rows.forEach((row, index) => {
    const [source, target] = renderRow(row)
    const place = { file, number: index + 1, line: index + 1 }
    if (source.length > limits.maxSourceTokens) {
      const detail = `${row.id}: ${source.length} tokens, data.limits.maxSourceTokens is ${limits.maxSourceTokens}`
      drops.drop({ ...place, reason: 'source-too-long', detail })
    } else if (target.length > limits.maxTargetTokens) {
      const detail = `${row.id}: ${target.length} tokens, data.limits.maxTargetTokens is ${limits.maxTargetTokens}`
      drops.drop({ ...place, reason: 'target-too-long', detail })
    } else {
      examples.push(asExample(source, target, kind))
    }
  })
  return examples
}

/** An encoder reads the source and the decoder writes the target; a decoder alone reads one and goes on with the other. */
function asExample(source: readonly number[], target: readonly number[], kind: ModelFamily['kind']): Example {
  if (kind === 'encoder-decoder') return { source: Int32Array.from(source), target: Int32Array.from(target) }
  return {
    source: new Int32Array(0),
    target: Int32Array.from([...source, ...target]),
    contextLength: source.length,
  }
}
