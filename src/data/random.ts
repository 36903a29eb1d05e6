export * from '../random.ts'
