export { YuksuError } from './errors.ts'
