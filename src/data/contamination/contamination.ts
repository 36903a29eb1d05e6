import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type {
  CorpusContext,
  CorpusPlan,
  CorpusStepDefinition,
  DataRow,
  IndexedRow,
  RowOutcome,
  RowPlace,
  RowSource,
} from '../step.ts'
import { cutOut } from './cut-out.ts'
import { EvaluationIndex, type Overlap, type Stretch } from './evaluation-index.ts'
import { type EvaluationFile, evaluationRows } from './evaluation-rows.ts'
import { type CutText, overlapUnits, unitCutter } from './units.ts'

const path = () => z.string().min(1)
const evaluationFile = z.union([
  path(),
  z.strictObject({
    file: path().describe('The file.'),
    columns: z
      .array(path())
      .min(1)
      .optional()
      .describe('Columns that are looked for; without it, every text of a row.'),
  }),
])

/** Usual lengths of a stretch: GPT-3's 13 words, GPT-4's 50 characters, about as much Korean by morpheme. */
const usualLength = { word: 13, character: 50, morpheme: 20 } as const
/** A shorter evaluation text is looked for as a whole from this share of the length on: 8 of 13 words, as GPT-3. */
const shortestShare = 0.6

const options = z
  .strictObject({
    evaluation: z
      .union([evaluationFile, z.array(evaluationFile).min(1)])
      .describe(
        'Files of evaluation rows (.jsonl, .json, .csv, .tsv, each also compressed) that training rows must not hold.',
      ),
    unit: z
      .enum(overlapUnits)
      .default('word')
      .describe(
        'What is counted: `word` (as GPT-3; in Korean what stands between spaces), `character` (letters and digits, as GPT-4; best for Korean however it is spaced) or `morpheme` (Korean by garu-ko, about a thousand sentences a second). Always in normal form C and lower case, without punctuation.',
      ),
    length: z
      .int()
      .min(2)
      .max(255)
      .optional()
      .describe(
        'Units that must be the same one after another: without it, 13 words, 50 characters or 20 morphemes.',
      ),
    shortest: z
      .int()
      .min(1)
      .max(255)
      .optional()
      .describe(
        'An evaluation text shorter than `length` is looked for as a whole when it has at least so many units; without it, 60 % of `length`. What is shorter still goes unchecked and is counted.',
      ),
    minimumShare: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'Share of the stretches of an evaluation row that a training row must hold to count; 0: one is enough.',
      ),
    commonRows: z
      .int()
      .min(1)
      .default(50)
      .describe(
        'A stretch that stands in more evaluation rows than this is the common form of their questions and no evidence; such are counted.',
      ),
    columns: z
      .array(path())
      .min(1)
      .optional()
      .describe('Columns of the training rows that are searched; without it, all columns of text.'),
    action: z
      .enum(['drop', 'report', 'cut'])
      .default('drop')
      .describe(
        '`drop`: the row is left out. `report`: it goes on and is listed. `cut`: the passage is cut out of the text with `margin` characters on both sides, as GPT-3 did; a row with a summary is dropped, because the summary would no longer fit.',
      ),
    margin: z.int().min(0).default(200).describe('With `cut`: characters cut on both sides of a passage.'),
    minimumPiece: z
      .int()
      .min(1)
      .default(200)
      .describe(
        'With `cut`: pieces of fewer characters that are left are cut too; without a piece left, or with more than ten cuts, the row is dropped.',
      ),
  })
  .refine(({ unit, action }) => unit !== 'morpheme' || action !== 'cut', {
    error: 'morphemes have no place of their own that could be cut; choose the unit word or character',
    path: ['action'],
  })
  .refine(({ unit, length, shortest }) => (shortest ?? 1) <= (length ?? usualLength[unit]), {
    error: 'is more than the length of a stretch',
    path: ['shortest'],
  })

export type ContaminationOptions = z.infer<typeof options>

/** A training row and an evaluation row that share a passage: a line of `contamination.jsonl`. */
export interface ContaminationHit {
  readonly row: RowPlace
  readonly evaluation: { readonly file: string; readonly row: number }
  readonly unit: string
  /** Units of a stretch. */
  readonly length: number
  /** Stretches of the evaluation row that the training row holds, and their share of all it has. */
  readonly matched: number
  readonly share: number
  /** Share of the units of the training row that belong to passages of any evaluation row. */
  readonly rowShare: number
  /** The longest such passage as the training row has it, 200 characters at most. */
  readonly passage: string
}

/** The rows that were added to the index and where they came from. */
interface Evaluation {
  readonly index: EvaluationIndex
  readonly files: readonly string[]
  /** Of each row of the index: its file, by number, and its number in that file. */
  readonly fileOf: readonly number[]
  readonly numberOf: readonly number[]
  readonly unchecked: number
}

type Cutter = (text: string) => CutText

async function readEvaluation(
  settings: ContaminationOptions,
  length: number,
  cutter: Cutter,
): Promise<Evaluation> {
  const { evaluation, commonRows } = settings
  const shortest = settings.shortest ?? Math.min(length, Math.max(1, Math.round(length * shortestShare)))
  const index = new EvaluationIndex({ length, shortest, commonRows })
  const given = (Array.isArray(evaluation) ? evaluation : [evaluation]).map((entry): EvaluationFile =>
    typeof entry === 'string' ? { file: entry } : entry,
  )
  const [fileOf, numberOf]: [number[], number[]] = [[], []]
  let unchecked = 0
  for (const [file, entry] of given.entries()) {
    let checked = 0
    for await (const { number, texts } of evaluationRows(entry)) {
      fileOf.push(file)
      numberOf.push(number)
      if (index.add(texts.map((text) => cutter(text).units))) checked += 1
      else unchecked += 1
    }
    if (checked === 0) {
      throw new YuksuError(
        'nothing-to-check',
        `no row of the evaluation file ${entry.file} has a text of ${shortest} ${settings.unit}s, so that nothing would be checked; give its columns of text, or a smaller 'shortest'`,
      )
    }
  }
  index.finish()
  return { index, files: given.map(({ file }) => file), fileOf, numberOf, unchecked }
}

/** A training row that shares a passage with evaluation rows. */
interface Found {
  readonly hits: readonly ContaminationHit[]
  /** What is put in place of columns with `cut`; undefined where nothing worth keeping is left. */
  readonly cut?: { readonly values: Readonly<Record<string, string>>; readonly passages: number } | undefined
}

class ContaminationPlan implements CorpusPlan {
  private readonly settings: ContaminationOptions
  private readonly length: number
  private readonly evaluation: Evaluation
  private readonly cutter: Cutter
  private readonly found = new Map<number, Found>()

  constructor(settings: ContaminationOptions, length: number, evaluation: Evaluation, cutter: Cutter) {
    this.settings = settings
    this.length = length
    this.evaluation = evaluation
    this.cutter = cutter
  }

  check(row: IndexedRow): void {
    const overlaps = new Map<number, Overlap>()
    const names = this.settings.columns?.map((name) => name.normalize('NFC')) ?? row.columns.texts
    let units = 0
    let covered = 0
    let passage = ''
    const passages = new Map<string, { text: CutText; stretches: Stretch[] }>()
    for (const name of names) {
      const value = row.values[name]
      if (typeof value !== 'string' || value === '') continue
      const text = this.cutter(value)
      const stretches = this.evaluation.index.find(text.units, overlaps)
      units += text.units.length
      if (stretches.length === 0) continue
      passages.set(name, { text, stretches })
      for (const stretch of stretches) {
        covered += stretch.end - stretch.start
        const shared = passageOf(text, stretch)
        if (shared.length > passage.length) passage = shared
      }
    }
    if (overlaps.size === 0) return
    const { index, files, fileOf, numberOf } = this.evaluation
    const hits = [...overlaps.values()]
      .map(({ row: evaluated, places }): ContaminationHit => {
        const share = places.size / index.stretchesOf(evaluated)
        return {
          row: row.place,
          evaluation: { file: files[fileOf[evaluated]!]!, row: numberOf[evaluated]! },
          unit: this.settings.unit,
          length: this.length,
          matched: places.size,
          share: Number(share.toFixed(4)),
          rowShare: Number((covered / units).toFixed(4)),
          passage: passage.length > 200 ? `${passage.slice(0, 199)}…` : passage,
        }
      })
      .filter(({ share }) => share >= this.settings.minimumShare)
      .toSorted((a, b) => b.share - a.share)
    if (hits.length === 0) return
    const isCut = this.settings.action === 'cut' && row.columns.summary === undefined
    this.found.set(row.index, { hits, ...(isCut && { cut: cutOut(passages, this.settings) }) })
  }

  outcome(index: number, row: DataRow): RowOutcome {
    const found = this.found.get(index)
    if (found === undefined || this.settings.action === 'report') return undefined
    if (found.cut !== undefined) {
      const { values, passages } = found.cut
      return { values: { ...row.values, ...values }, changes: { 'contaminated-passage': passages } }
    }
    const [hit] = found.hits
    const { evaluation, unit, length, matched, share, rowShare } = hit!
    return {
      drop: 'contaminated',
      evidence: {
        evaluationFile: evaluation.file,
        evaluationRow: evaluation.row,
        unit,
        length,
        matched,
        share,
        rowShare,
        evaluationRows: found.hits.length,
      },
    }
  }

  get figures(): Record<string, number | string> {
    const { index, files, fileOf, unchecked } = this.evaluation
    const pairs = [...this.found.values()].flatMap(({ hits }) => hits)
    const foundRows = new Set(pairs.map(({ evaluation }) => `${evaluation.row} ${evaluation.file}`))
    const figures: Record<string, number | string> = {
      unit: this.settings.unit,
      length: this.length,
      action: this.settings.action,
      evaluationRows: index.rows,
      evaluationRowsTooShort: unchecked,
      evaluationRowsFound: foundRows.size,
      stretches: index.stretches,
      commonStretches: index.commonStretches,
      repeatedStretches: index.repeatedStretches,
      rowsFound: this.found.size,
      pairs: pairs.length,
    }
    for (const [number, file] of files.entries()) {
      const rows = fileOf.filter((own) => own === number).length
      const found = [...foundRows].filter((key) => key.slice(key.indexOf(' ') + 1) === file).length
      figures[`found in ${file}`] = `${found} of ${rows} rows`
    }
    return figures
  }

  get files(): NonNullable<CorpusPlan['files']> {
    return { 'contamination.jsonl': lines([...this.found.values()].flatMap(({ hits }) => hits)) }
  }
}

function passageOf({ text, units, starts, ends }: CutText, { start, end }: Stretch): string {
  if (starts === undefined || ends === undefined) return units.slice(start, end).join(' ')
  return text.slice(starts[start], ends[end - 1])
}

function* lines(hits: readonly ContaminationHit[]): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  for (const hit of hits) yield encoder.encode(`${JSON.stringify(hit)}\n`)
}

async function plan(
  rows: RowSource,
  settings: ContaminationOptions,
  context: CorpusContext,
): Promise<CorpusPlan> {
  const length = settings.length ?? usualLength[settings.unit]
  const cutter = await unitCutter(settings.unit)
  const evaluation = await readEvaluation(settings, length, cutter)
  const made = new ContaminationPlan(settings, length, evaluation, cutter)
  for await (const row of rows) {
    if (row.index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('looking for evaluation rows', row.index)
    }
    made.check(row)
  }
  return made
}

/**
 * Looks for rows of evaluation sets in the training rows by stretches of units that are the same (Brown et al. 2020,
 * "Language Models are Few-Shot Learners", appendix C). Every pair is listed in `contamination.jsonl`, and the figures say
 * what was checked, so that a score on that set can be read with them.
 */
export const contaminationStep: CorpusStepDefinition<ContaminationOptions> = {
  kind: 'corpus',
  name: 'contamination',
  description:
    'Finds rows that hold passages of evaluation sets, lists every pair, and drops, cuts or only reports them.',
  options,
  plan,
}
