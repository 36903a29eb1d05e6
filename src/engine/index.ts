/** Tensor programs: trace functions over symbolic tensors, differentiate them, run them in ONNX Runtime. */
export { type Dimension, formatShape, product, type Shape } from './dimension.ts'
export { gradients } from './gradient.ts'
export { compile, type Program, type ProgramInput, type ProgramValue } from './lowering.ts'
export { type HostArray, HostMemory } from './memory.ts'
export { floats, type HostTensor, integers, Session, type SessionOptions } from './session.ts'
export {
  constant,
  type DataType,
  input,
  randomMask,
  record,
  type Recording,
  recordOne,
  scalar,
  stopGradient,
  type Tensor,
} from './tensor.ts'
export { add } from './ops/add.ts'
export { attention } from './ops/attention.ts'
export { concatenate } from './ops/concatenate.ts'
export { crossEntropy, type CrossEntropy } from './ops/cross-entropy.ts'
export { divide } from './ops/divide.ts'
export { embedding } from './ops/embedding.ts'
export { equal } from './ops/equal.ts'
export { errorFunction } from './ops/error-function.ts'
export { expand } from './ops/expand.ts'
export { exponential } from './ops/exponential.ts'
export { gelu, geluTanh } from './ops/gelu.ts'
export { lastPosition } from './ops/last-position.ts'
export { layerNormalization } from './ops/layer-normalization.ts'
export { linear } from './ops/linear.ts'
export { logarithm } from './ops/logarithm.ts'
export { matmul, type MatmulOptions } from './ops/matmul.ts'
export { multiply } from './ops/multiply.ts'
export { relu } from './ops/relu.ts'
export { reshape } from './ops/reshape.ts'
export { rmsNormalization } from './ops/rms-normalization.ts'
export { rotary } from './ops/rotary.ts'
export { scale } from './ops/scale.ts'
export { scatterAddLast } from './ops/scatter-add-last.ts'
export { sigmoid } from './ops/sigmoid.ts'
export { silu } from './ops/silu.ts'
export { slice } from './ops/slice.ts'
export { softmax } from './ops/softmax.ts'
export { squaredRelu } from './ops/squared-relu.ts'
export { subtract } from './ops/subtract.ts'
export { sum } from './ops/sum.ts'
export { takeRows } from './ops/take-rows.ts'
export { tanh } from './ops/tanh.ts'
export { transpose } from './ops/transpose.ts'
