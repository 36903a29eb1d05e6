/** Pieces of a report that is one HTML page: pictures as SVG, tables, the frame of the page. */
export { type Bar, barChart, type BarsOptions, type Tone } from './bars.ts'
export { type CloudWord, placeWords, wordCloud } from './cloud.ts'
export { flowChart, type FlowStage } from './flow.ts'
export { histogram, type HistogramBin, type HistogramOptions } from './histogram.ts'
export { escapeMarkup, Markup, markup, type MarkupValue } from './markup.ts'
export { formatNumber, formatShare, formatShort, niceTicks } from './numbers.ts'
export { type PageCard, type PageFact, type PageSection, reportPage, type ReportPage } from './page.ts'
export { tableOf, type TableColumn } from './table.ts'
