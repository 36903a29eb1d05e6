import { z } from 'zod'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import type { CorpusStepDefinition } from '../step.ts'
import { profilePage } from './profile-page.ts'
import type { ProfileReport } from './profile-report.ts'
import { Profiler } from './profiler.ts'

const options = z.strictObject({
  topic: z
    .string()
    .min(1)
    .optional()
    .describe('Column of topics; without it, one that is called so (`topic`, `category`, `label`, …).'),
  tokenizer: z.string().min(1).optional().describe('Folder or model whose tokens are counted.'),
  sample: z.int().min(1).default(5000).describe('Documents drawn at random for terms and topics.'),
})

type ProfileOptions = z.infer<typeof options>

/** Looks at the rows as they are at this place of the preparation and changes none. */
export const profileStep: CorpusStepDefinition<ProfileOptions> = {
  kind: 'corpus',
  name: 'profile',
  description:
    'Describes the rows that reach it in `profile.html` and `profile.json`: lengths, languages, copies, topics and terms; all go on.',
  options,
  async plan(rows, { topic, tokenizer: name, sample }, context) {
    const tokenizer = name === undefined ? undefined : await loadTokenizer(name)
    const profiler = new Profiler({
      topic,
      sample,
      seed: context.seed,
      countTokens: tokenizer === undefined ? undefined : (text) => tokenizer.encode(text).length,
    })
    const files = new Map<string, ProfileReport['files'][number] & { rows: number }>()
    for await (const row of rows) {
      if (row.index % 1000 === 0) {
        context.signal?.throwIfAborted()
        context.progress('profiling', row.index)
      }
      profiler.add(row, row.columns)
      const { file } = row.place
      const { document, summary } = row.columns
      const known = files.get(file)
      if (known === undefined)
        files.set(file, { file, rows: 1, unreadable: 0, document, ...(summary !== undefined && { summary }) })
      else known.rows++
    }
    const profile = await profiler.report()
    const report: ProfileReport = {
      files: [...files.values()],
      ...profile,
      unreadable: { rows: 0, reasons: {} },
      faults: [],
      ...(name !== undefined && { tokenizer: name }),
    }
    const encoder = new TextEncoder()
    return {
      outcome: () => undefined,
      figures: {
        rows: profile.rows,
        characters: profile.lengths.characters?.sum ?? 0,
        words: profile.lengths.words?.sum ?? 0,
        ...(profile.lengths.tokens !== undefined && { tokens: profile.lengths.tokens.sum }),
        copies: profile.duplicates.exact.rows,
      },
      files: {
        'profile.html': [encoder.encode(profilePage(report))],
        'profile.json': [encoder.encode(`${JSON.stringify(report)}\n`)],
      },
    }
  },
}
