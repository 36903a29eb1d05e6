import type { HistogramBin } from '../report/index.ts'
import type { RepeatedText } from './copy-counts.ts'
import type { LengthSummary } from './length-counts.ts'

/** A row of the files, as a person finds it. */
export interface NamedExcerpt {
  readonly file: string
  readonly row: number
  /** 0 where a file has no lines. */
  readonly line: number
  readonly value: number
  /** The beginning of its text, in one line. */
  readonly excerpt: string
}

/** Lengths of a text in one unit. */
export interface LengthProfile extends LengthSummary {
  readonly histogram: { readonly axis: 'linear' | 'logarithmic'; readonly bins: readonly HistogramBin[] }
}

/** Rows whose length is far from the others': beyond three times the middle half, measured in logarithms (Tukey 1977). */
export interface OutlierProfile {
  readonly unit: string
  readonly belowFence: { readonly fence: number; readonly rows: number }
  readonly aboveFence: { readonly fence: number; readonly rows: number }
  /** The longest and shortest rows, whether they are outliers or not. */
  readonly longest: readonly NamedExcerpt[]
  readonly shortest: readonly NamedExcerpt[]
}

export interface ColumnProfile {
  readonly name: string
  /** Whether it is running text, part of the document, or the summary. */
  readonly role: 'document' | 'summary' | 'text' | 'other'
  /** Rows that have a value, that have none or null, and that have an empty text. */
  readonly filled: number
  readonly missing: number
  readonly empty: number
  /** Values by their type in JSON; texts that are all numbers are numbers. */
  readonly types: Readonly<Record<string, number>>
  readonly distinct: number
  /** Whether `distinct` and `values` were counted, not estimated. */
  readonly isExact: boolean
  /** The most frequent values of a column that repeats some. */
  readonly values: readonly { readonly value: string; readonly count: number }[]
  readonly numbers?: { readonly min: number; readonly max: number; readonly mean: number }
}

export interface TopicTerm {
  readonly term: string
  readonly weight: number
}

/** How rows spread over the values of a column. */
export interface TopicColumnProfile {
  readonly column: string
  readonly topics: number
  readonly rows: number
  /** Topics that one row has. */
  readonly single: number
  readonly largestShare: number
  /** e^H of the shares: so many topics of equal size would spread as evenly. */
  readonly effective: number
  /** H / ln(topics): 1 where all are alike. */
  readonly evenness: number
  /** The most frequent, with the terms whose mean TF-IDF among the sampled rows of each is most above that of all. */
  readonly largest: readonly {
    readonly name: string
    readonly rows: number
    readonly share: number
    readonly terms: readonly TopicTerm[]
  }[]
}

/** Topics that were found by non-negative factorization of the TF-IDF matrix of the sampled rows. */
export interface FoundTopics {
  readonly documents: number
  readonly topics: readonly {
    readonly share: number
    readonly terms: readonly TopicTerm[]
    readonly example: string
  }[]
}

export interface DuplicatesProfile {
  /** Texts that come more than once, and the rows that could go if each came once. */
  readonly exact: { readonly texts: number; readonly rows: number; readonly most: readonly RepeatedText[] }
  /** By words of five; undefined where it was not looked for. */
  readonly near?:
    | {
        readonly threshold: number
        readonly shingle: string
        readonly pairs: number
        readonly clusters: number
        readonly rows: number
      }
    | undefined
}

/** What `yuksu profile` says of files of rows. */
export interface ProfileReport {
  readonly files: readonly {
    readonly file: string
    readonly rows: number
    readonly unreadable: number
    readonly bytes?: number
    readonly document: readonly string[]
    readonly summary?: string
  }[]
  readonly rows: number
  readonly unreadable: { readonly rows: number; readonly reasons: Readonly<Record<string, number>> }
  readonly faults: readonly { readonly file: string; readonly reason: string; readonly detail: string }[]
  /** Rows whose document has no character that is no space. */
  readonly withoutText: number
  readonly columns: readonly ColumnProfile[]
  /** Of documents. */
  readonly lengths: {
    readonly characters?: LengthProfile
    readonly words?: LengthProfile
    readonly tokens?: LengthProfile
  }
  readonly tokenizer?: string
  /** Of summaries: characters, and in thousandths of the characters of the document. */
  readonly summary?: {
    readonly characters?: LengthProfile
    readonly ratio?: LengthProfile
    /** Rows whose summary is longer than their document. */
    readonly longer: number
    readonly examples: readonly NamedExcerpt[]
  }
  readonly outliers: readonly OutlierProfile[]
  /** By ISO 639-1, the most frequent first. */
  readonly languages: readonly { readonly language: string; readonly rows: number; readonly share: number }[]
  readonly duplicates: DuplicatesProfile
  readonly sample: { readonly documents: number; readonly seed: number }
  readonly topicColumn?: TopicColumnProfile
  readonly foundTopics?: FoundTopics
  /** The terms in most of the sampled documents. */
  readonly terms: readonly { readonly term: string; readonly documents: number }[]
}
