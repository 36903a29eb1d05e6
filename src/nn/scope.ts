import { YuksuError } from '../errors.ts'
import { input, type Tensor } from '../engine/tensor.ts'

/** What a scope must know of a parameter to make it a tensor. */
export interface ScopeParameter {
  readonly shape: readonly number[]
  readonly trainable: boolean
}

export interface ScopeOptions {
  /** Every parameter of the model by its full name. */
  readonly parameters: ReadonlyMap<string, ScopeParameter>
  /** Names that stand for another parameter, as a tied `lm_head.weight` does. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Dropout is applied only while training. */
  readonly training?: boolean
}

interface ScopeState extends ScopeOptions {
  readonly tensors: Map<string, Tensor>
  /** How many dropout masks were asked for under each path, so that each has a name of its own. */
  readonly masks: Map<string, number>
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
    return new Scope('', { ...options, tensors: new Map(), masks: new Map() })
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

  /** The parameter of this name here, the same tensor every time. Throws where the model has none. */
  parameter(name: string): Tensor {
    const full = this.resolve(name)
    const known = this.state.tensors.get(full)
    if (known !== undefined) return known
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

  /** The tensors of all trainable parameters read so far, by full name. */
  trainable(): Map<string, Tensor> {
    return new Map([...this.state.tensors].filter(([, tensor]) => tensor.requiresGradient))
  }

  private resolve(name: string): string {
    const full = this.path === '' ? name : `${this.path}.${name}`
    return this.state.aliases?.[full] ?? full
  }
}
