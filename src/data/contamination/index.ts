export { type ContaminationHit, type ContaminationOptions, contaminationStep } from './contamination.ts'
