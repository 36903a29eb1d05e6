/** Models with weights in few bits. */
export { openQuantizedModel, quantizeModel, type QuantizeOptions } from './quantize-model.ts'
