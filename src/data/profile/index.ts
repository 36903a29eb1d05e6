/** What files of rows hold: lengths, columns, languages, copies, topics and terms, as data, as lines and as a page. */
export { profileFiles, type ProfileFilesOptions } from './profile-files.ts'
export { profilePage } from './profile-page.ts'
export type { ProfileReport } from './profile-report.ts'
export { profileStep } from './profile-step.ts'
export { profileLines } from './profile-summary.ts'
