export { type CurriculumOptions, curriculumStep } from './curriculum.ts'
export { type MixOptions, mixStep } from './mix.ts'
export { type SplitOptions, splitStep } from './split.ts'
