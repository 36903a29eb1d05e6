/** Personal data: found with high precision, masked alike within a document or reason enough to drop it; counted, never repeated. */
export { findPersonalData, type FindOptions } from './find.ts'
export { type Finding, markNames, type PersonalDataKind, personalDataKinds } from './kinds.ts'
export { type MaskedTexts, maskPersonalData, type MaskOptions } from './mask.ts'
export { type PersonalDataOptions, personalDataOptionsSchema, personalDataStep } from './personal-data.ts'
