import { gelu, geluTanh } from '../engine/ops/gelu.ts'
import { relu } from '../engine/ops/relu.ts'
import { silu } from '../engine/ops/silu.ts'
import { squaredRelu } from '../engine/ops/squared-relu.ts'
import type { Tensor } from '../engine/tensor.ts'

/** Activation functions under the names that `config.json` files use. */
export const activations = {
  gelu,
  gelu_fast: geluTanh,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  relu2: squaredRelu,
  silu,
  swish: silu,
} satisfies Record<string, (x: Tensor) => Tensor>

export type Activation = keyof typeof activations
