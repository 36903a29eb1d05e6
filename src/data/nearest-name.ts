export { editDistance, nearest } from '../settings/nearest-name.ts'
