import { detectLanguage } from '../filter/index.ts'
import { documentText, type DataRow, type TextColumns } from '../step.ts'
import { ColumnCounts } from './column-counts.ts'
import { contentTerms } from './content-terms.ts'
import { CopyCounts } from './copy-counts.ts'
import { excerptOf, ExtremeRows } from './extreme-rows.ts'
import { LengthCounts } from './length-counts.ts'
import type { ColumnProfile, LengthProfile, OutlierProfile, ProfileReport } from './profile-report.ts'
import { TextSample } from './row-sample.ts'
import { textHash } from './text-hash.ts'
import {
  findTopicColumn,
  findTopics,
  type SampledDocument,
  sampleMatrix,
  topicColumnProfile,
} from './topics.ts'

export interface ProfilerOptions {
  /** Documents drawn for terms and topics. */
  readonly sample?: number
  readonly seed?: number
  /** Column of topics; found by its name without it. */
  readonly topic?: string | undefined
  /** Counts the tokens of a text. */
  readonly countTokens?: ((text: string) => number) | undefined
}

const extremesShown = 8
const copiesShown = 12
const cloudTerms = 120
/** A term in more of the documents than this share says nothing of a topic. */
const commonShare = 0.5
/** Longer documents are read this far for terms. */
const sampledLength = 20_000

/** What the profiler can say; the reader adds what it knows of the files. */
export type RowsProfile = Omit<ProfileReport, 'files' | 'unreadable' | 'faults' | 'tokenizer'>

/** Looks at one row after another in memory that hardly grows with them: about 24 bytes a row, to find copies. */
export class Profiler {
  rows = 0
  private withoutText = 0
  private readonly options: ProfilerOptions
  private readonly characters = new LengthCounts()
  private readonly words = new LengthCounts()
  private readonly tokens = new LengthCounts()
  private readonly summaryCharacters = new LengthCounts()
  private readonly summaryRatio = new LengthCounts()
  private summaryLonger = 0
  private readonly longest = new ExtremeRows(extremesShown, 'highest')
  private readonly shortest = new ExtremeRows(extremesShown, 'lowest')
  private readonly longSummaries = new ExtremeRows(extremesShown, 'highest')
  private readonly columns = new Map<string, ColumnCounts>()
  private readonly roles = new Map<string, ColumnProfile['role']>()
  private readonly languages = new Map<string, number>()
  private readonly copies = new CopyCounts()
  private readonly sample: TextSample<SampledDocument>
  private topic: string | undefined

  constructor(options: ProfilerOptions = {}) {
    this.options = options
    this.topic = options.topic?.normalize('NFC')
    this.sample = new TextSample(options.sample ?? 5000, options.seed ?? 0)
  }

  add(row: DataRow, columns: TextColumns): void {
    this.rows++
    this.countColumns(row, columns)
    const text = documentText(row, columns)
    if (!/\S/.test(text)) {
      this.withoutText++
      return
    }
    const characters = countCharacters(text)
    this.characters.add(characters)
    this.words.add(countWords(text))
    if (this.options.countTokens !== undefined) this.tokens.add(this.options.countTokens(text))
    this.longest.add(characters, row, text)
    this.shortest.add(characters, row, text)
    const { language } = detectLanguage(text)
    this.languages.set(language, (this.languages.get(language) ?? 0) + 1)
    const hash = textHash(text)
    const { file, number, line } = row.place
    this.copies.add(
      hash,
      () => excerptOf(text),
      () => ({ file, row: number, line }),
    )
    this.sample.add(hash, () => ({ text: text.slice(0, sampledLength), topic: this.topicOf(row) }))
    this.countSummary(row, columns, characters)
  }

  /** Names of the columns of the rows that were seen. */
  get columnNames(): string[] {
    return [...this.columns.keys()]
  }

  /** What was seen. */
  async report(): Promise<RowsProfile> {
    const { seed = 0 } = this.options
    const sample = this.sample.items()
    const termsOf = await contentTerms()
    const documents = sample.map(({ text }) => termsOf(text))
    const topics = this.topic === undefined ? undefined : this.columns.get(this.topic)
    const found = findTopics(sample, sampleMatrix(documents, commonShare), seed)
    const lengths = {
      characters: profileOf(this.characters),
      words: profileOf(this.words),
      tokens: profileOf(this.tokens),
    }
    return {
      rows: this.rows,
      withoutText: this.withoutText,
      columns: [...this.columns.values()].map((column) =>
        column.report(this.rows, this.roles.get(column.name) ?? 'other'),
      ),
      lengths: defined(lengths),
      ...(this.summaryCharacters.count > 0 && { summary: this.summary() }),
      outliers: this.characters.count === 0 ? [] : [this.outliers()],
      languages: [...this.languages]
        .toSorted(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
        .map(([language, rows]) => ({ language, rows, share: rows / (this.rows - this.withoutText) })),
      duplicates: {
        exact: { texts: this.copies.repeated, rows: this.copies.copies, most: this.copies.top(copiesShown) },
      },
      sample: { documents: sample.length, seed },
      ...(topics !== undefined &&
        topics.values.distinct > 1 && {
          topicColumn: topicColumnProfile(
            topics.name,
            topics.values,
            this.rows,
            sample,
            sampleMatrix(documents, 1),
          ),
        }),
      ...(found !== undefined && { foundTopics: found }),
      terms: frequentTerms(documents),
    }
  }

  private countColumns({ values }: DataRow, columns: TextColumns): void {
    for (const name in values) {
      let column = this.columns.get(name)
      if (column === undefined) {
        this.columns.set(name, (column = new ColumnCounts(name)))
        this.roles.set(name, roleOf(name, columns))
        if (this.options.topic === undefined) this.topic = findTopicColumn([...this.columns.keys()])
      }
      column.add(values[name])
    }
  }

  private topicOf({ values }: DataRow): string | undefined {
    const value = this.topic === undefined ? undefined : values[this.topic]
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
  }

  private countSummary(row: DataRow, { summary }: TextColumns, characters: number): void {
    const text = summary === undefined ? undefined : row.values[summary]
    if (typeof text !== 'string' || text === '') return
    const own = countCharacters(text)
    const ratio = Math.round((own / characters) * 1000)
    this.summaryCharacters.add(own)
    this.summaryRatio.add(ratio)
    if (own > characters) this.summaryLonger++
    this.longSummaries.add(ratio, row, text)
  }

  private summary(): NonNullable<ProfileReport['summary']> {
    return {
      ...defined({ characters: profileOf(this.summaryCharacters), ratio: profileOf(this.summaryRatio) }),
      longer: this.summaryLonger,
      examples: this.longSummaries.rows(),
    }
  }

  private outliers(): OutlierProfile {
    const { characters } = this
    const [low, high] = [0.25, 0.75].map((share) => Math.log(Math.max(1, characters.quantile(share))))
    const spread = 3 * Math.max(high! - low!, Math.log(1.2))
    const [below, above] = [Math.ceil(Math.exp(low! - spread)), Math.floor(Math.exp(high! + spread))]
    return {
      unit: 'characters',
      belowFence: { fence: below, rows: characters.between(0, below) },
      aboveFence: { fence: above, rows: characters.between(above + 1, Infinity) },
      longest: this.longest.rows(),
      shortest: this.shortest.rows(),
    }
  }
}

function roleOf(name: string, { document, summary, texts }: TextColumns): ColumnProfile['role'] {
  if (document.includes(name)) return 'document'
  if (name === summary) return 'summary'
  return texts.includes(name) ? 'text' : 'other'
}

function profileOf(counts: LengthCounts): LengthProfile | undefined {
  const summary = counts.summary()
  return summary === undefined ? undefined : { ...summary, histogram: counts.histogram() }
}

/** Without the keys that have no value. */
function defined<Value extends object>(values: Value): { [Key in keyof Value]?: NonNullable<Value[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Value]?: NonNullable<Value[Key]>
  }
}

function frequentTerms(documents: readonly (readonly string[])[]): ProfileReport['terms'] {
  const counts = new Map<string, number>()
  for (const document of documents)
    for (const term of new Set(document)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return [...counts]
    .map(([term, documents]) => ({ term, documents }))
    .toSorted((a, b) => b.documents - a.documents || (a.term < b.term ? -1 : 1))
    .slice(0, cloudTerms)
}

const surrogate = /[\ud800-\udbff]/

/** Code points. */
function countCharacters(text: string): number {
  if (!surrogate.test(text)) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}

/** Stretches without white space, as `wc -w` counts them; in Korean eojeol. */
function countWords(text: string): number {
  let count = 0
  let inside = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isSpace =
      code <= 0x20
        ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
        : code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200a)
    if (!isSpace && !inside) count++
    inside = !isSpace
  }
  return count
}
