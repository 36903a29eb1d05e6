/** Tensor programs: trace functions over symbolic tensors, differentiate them, run them in ONNX Runtime. */
export { type Dimension, formatShape, product, type Shape } from './dimension.ts'
export { gradients } from './gradient.ts'
export {
  compile,
  type Program,
  type ProgramInput,
  type ProgramOperation,
  type ProgramValue,
} from './lowering.ts'
export { type HostArray, HostMemory } from './memory.ts'
export { type OperationTime, type ProgramProfile } from './profile.ts'
export {
  dequantize,
  quantizeInt4Blocks,
  quantizeInt8,
  quantizeNf4,
  type QuantizedWeight,
} from './quantized.ts'
export { floats, type HostTensor, integers, Session, type SessionOptions } from './session.ts'
export { SessionThread, type SessionThreadOptions } from './session-thread.ts'
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
export { absolute } from './ops/absolute.ts'
export { add } from './ops/add.ts'
export { attention, type AttentionOptions } from './ops/attention.ts'
export {
  causalConvolution,
  type CausalConvolution,
  type CausalConvolutionOptions,
} from './ops/causal-convolution.ts'
export { clip } from './ops/clip.ts'
export { greater, greaterOrEqual, less, lessOrEqual } from './ops/comparisons.ts'
export { concatenate } from './ops/concatenate.ts'
export { convolution, type ConvolutionOptions } from './ops/convolution.ts'
export { cosine } from './ops/cosine.ts'
export { crossEntropy, type CrossEntropy, type CrossEntropyOptions } from './ops/cross-entropy.ts'
export { cumulativeSum, type CumulativeSumOptions } from './ops/cumulative-sum.ts'
export { divide } from './ops/divide.ts'
export { embedding } from './ops/embedding.ts'
export { equal } from './ops/equal.ts'
export { errorFunction } from './ops/error-function.ts'
export { expand } from './ops/expand.ts'
export { exponential } from './ops/exponential.ts'
export { gather } from './ops/gather.ts'
export { gatedSilu } from './ops/gated-silu.ts'
export { gelu, geluTanh } from './ops/gelu.ts'
export { groupNormalization } from './ops/group-normalization.ts'
export { hinge } from './ops/hinge.ts'
export { indicator } from './ops/indicator.ts'
export { keyDistances } from './ops/key-distances.ts'
export { klDivergence } from './ops/kl-divergence.ts'
export { lastPosition } from './ops/last-position.ts'
export { layerNormalization } from './ops/layer-normalization.ts'
export { linear } from './ops/linear.ts'
export { linearCrossEntropy, type LinearCrossEntropyOptions } from './ops/linear-cross-entropy.ts'
export { logSigmoid } from './ops/log-sigmoid.ts'
export { logSoftmax } from './ops/log-softmax.ts'
export { logSumExp } from './ops/log-sum-exp.ts'
export { logarithm } from './ops/logarithm.ts'
export { matmul, type MatmulOptions } from './ops/matmul.ts'
export { maximum, minimum } from './ops/maximum.ts'
export { mean } from './ops/mean.ts'
export { meanSquaredError } from './ops/mean-squared-error.ts'
export { mixExperts } from './ops/mix-experts.ts'
export { multiply } from './ops/multiply.ts'
export { oneHot } from './ops/one-hot.ts'
export { pad, type Padding } from './ops/pad.ts'
export { power } from './ops/power.ts'
export { quantizedLinear, type QuantizedLinearOptions } from './ops/quantized-linear.ts'
export { reduceMaximum, reduceMinimum } from './ops/reduce-maximum.ts'
export { relu } from './ops/relu.ts'
export { reshape } from './ops/reshape.ts'
export { rmsNormalization } from './ops/rms-normalization.ts'
export { rotary, type RotaryLayout } from './ops/rotary.ts'
export { routeToExperts, type Routing, type RoutingOptions } from './ops/route-to-experts.ts'
export { scale } from './ops/scale.ts'
export { scatterAdd } from './ops/scatter-add.ts'
export { selectiveScan, type SelectiveScan, type SelectiveScanInputs } from './ops/selective-scan.ts'
export { sigmoid } from './ops/sigmoid.ts'
export { sign } from './ops/sign.ts'
export { silu } from './ops/silu.ts'
export { sine } from './ops/sine.ts'
export { slice } from './ops/slice.ts'
export { softCap } from './ops/soft-cap.ts'
export { softmax } from './ops/softmax.ts'
export { softplus } from './ops/softplus.ts'
export { split } from './ops/split.ts'
export { squareRoot } from './ops/square-root.ts'
export { squaredRelu } from './ops/squared-relu.ts'
export { straightThroughRound } from './ops/straight-through-round.ts'
export { subtract } from './ops/subtract.ts'
export { sum } from './ops/sum.ts'
export { takeRows } from './ops/take-rows.ts'
export { tanh } from './ops/tanh.ts'
export { toIntegers } from './ops/to-integers.ts'
export { topK, type TopK } from './ops/top-k.ts'
export { transpose } from './ops/transpose.ts'
export { variance, type VarianceOptions } from './ops/variance.ts'
export { where } from './ops/where.ts'
export { zeros } from './ops/zeros.ts'
