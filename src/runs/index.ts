/** The record of a run: its folder, events, lineage and progress. */
export { createDropReport, type DroppedRow, type DropReport } from './dropped-rows.ts'
export { hashFile, readLineage, type RecordedFile, recordInLineage } from './lineage.ts'
export { createProgress, type Progress, type ProgressOptions } from './progress.ts'
export { createRun, isRun, openRun, readEvents, type Run, type RunEvent, type RunSettings } from './run.ts'
