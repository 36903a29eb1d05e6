import { YuksuError } from '../errors.ts'
import type { QuantizedLinearOptions } from '../engine/ops/quantized-linear.ts'
import type { QuantizedWeight } from '../engine/quantized.ts'
import { input, type Tensor } from '../engine/tensor.ts'

/** What a scope must know of a parameter to make it a tensor. */
export interface ScopeParameter {
  readonly shape: readonly number[]
  readonly trainable: boolean
}

/** The weight of a linear layer in few bits: a constant of the program in place of a parameter, and never trained. */
export interface StoredWeight {
  readonly weight: QuantizedWeight
  /** How activations meet it where nothing is trained, 'dequantize' by default, which is what a training program always does. */
  readonly product?: QuantizedLinearOptions['product']
}

/**
 * What stands around a linear layer, as an adapter does: of what the layer is to read, `[…, in]`, and the layer itself it makes what comes
 * out, `[…, out]`. It may change either side, or add to it. Parameters of its own are below the layer's scope.
 */
export type LinearAttachment = (scope: Scope, x: Tensor, layer: (x: Tensor) => Tensor) => Tensor

export interface ScopeOptions {
  /** Every parameter of the model by its full name. */
  readonly parameters: ReadonlyMap<string, ScopeParameter>
  /** Names that stand for another parameter, as a tied `lm_head.weight` does. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Dropout is applied only while training. */
  readonly training?: boolean
  /** Weights in few bits, by the full names of the parameters that they stand for. */
  readonly quantized?: ReadonlyMap<string, StoredWeight>
  /** Weights, by the full names of their parameters, that meet activations in 8 bits while training, and so their gradients. */
  readonly int8Products?: ReadonlySet<string>
  /** What stands around the linear layer of a path, the innermost first. */
  readonly attachments?: (path: string) => readonly LinearAttachment[]
}

interface ScopeState extends ScopeOptions {
  readonly tensors: Map<string, Tensor>
  /** How many dropout masks were asked for under each path, so that each has a name of its own. */
  readonly masks: Map<string, number>
  readonly boundaries: Tensor[]
}

/**
 * A place in the tree of a model's parameters. A family reads its weights through scopes under the names that published
 * checkpoints use, and never holds a weight itself: how one is stored and what is attached to it is the scope's matter.
 */
export class Scope {
  readonly path: string
  private readonly state: ScopeState

  private constructor(path: string, state: ScopeState) {
    this.path = path
    this.state = state
  }

  static root(options: ScopeOptions): Scope {
    return new Scope('', { ...options, tensors: new Map(), masks: new Map(), boundaries: [] })
  }

  get training(): boolean {
    return this.state.training ?? false
  }

  /** The scope below this one: `scope.at('model.layers', 3, 'self_attn')`. */
  at(...path: readonly (string | number)[]): Scope {
    return new Scope([...(this.path === '' ? [] : [this.path]), ...path].join('.'), this.state)
  }

  /** The numbered scopes `path.0`, `path.1`, … */
  each(path: string, count: number): Scope[] {
    return Array.from({ length: count }, (_, index) => this.at(path, index))
  }

  has(name: string): boolean {
    return this.state.parameters.has(this.resolve(name))
  }

  /** The weight of this name here, where it is in few bits. */
  quantized(name: string): StoredWeight | undefined {
    return this.state.quantized?.get(this.resolve(name))
  }

  /** Whether the weight of this name here meets activations in 8 bits: in training alone. */
  hasInt8Product(name: string): boolean {
    return this.training && this.state.int8Products?.has(this.resolve(name)) === true
  }

  /** What stands around the linear layer here, the innermost first. */
  attachments(): readonly LinearAttachment[] {
    return this.state.attachments?.(this.path) ?? []
  }

  /** The parameter of this name here, the same tensor every time. Throws where the model has none. */
  parameter(name: string): Tensor {
    const full = this.resolve(name)
    const known = this.state.tensors.get(full)
    if (known !== undefined) return known
    const stored = this.state.quantized?.get(full)
    if (stored !== undefined) {
      throw new YuksuError(
        'quantized-parameter',
        `'${full}' is in ${stored.weight.format} and was asked for in f32; read it by linear(scope, x), or leave it out when the model is quantized`,
      )
    }
    const parameter = this.state.parameters.get(full)
    if (parameter === undefined) {
      throw new YuksuError(
        'missing-parameter',
        `the model has no parameter '${full}'; its family declares none`,
      )
    }
    const tensor = input(full, parameter.shape, 'float32', parameter.trainable)
    this.state.tensors.set(full, tensor)
    return tensor
  }

  /** A name that no other dropout mask of the program has. */
  maskName(): string {
    const count = this.state.masks.get(this.path) ?? 0
    this.state.masks.set(this.path, count + 1)
    return `dropout:${this.path}#${count}`
  }

  /**
   * Marks the place between two parts of a model, such as two layers, where all that the next part needs is this value and what was marked
   * before. A program may be cut there, so that one part at a time is in memory. Returns the value.
   */
  boundary(x: Tensor): Tensor {
    this.state.boundaries.push(x)
    return x
  }

  /** What was marked, in order. */
  get boundaries(): readonly Tensor[] {
    return this.state.boundaries
  }

  /** The tensors of all trainable parameters read so far, by full name. */
  trainable(): Map<string, Tensor> {
    return new Map([...this.state.tensors].filter(([, tensor]) => tensor.requiresGradient))
  }

  /** The full name of the parameter that this name stands for here. */
  resolve(name: string): string {
    const full = this.path === '' ? name : `${this.path}.${name}`
    return this.state.aliases?.[full] ?? full
  }
}
