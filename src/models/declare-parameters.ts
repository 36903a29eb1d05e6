import type { ParameterSpecification } from './family.ts'

type Initialization = ParameterSpecification['initialization']

interface DenseOptions {
  readonly bias?: boolean
  readonly initialization?: Initialization
  /** Files hold the weight as `[in, out]`. */
  readonly storedTransposed?: boolean
}

/** Collects the parameters of a model in their order. Matrices begin as the given normal numbers where nothing else is said. */
export class ParameterList {
  readonly specifications: ParameterSpecification[] = []
  private readonly normal: Initialization

  constructor(deviation: number) {
    this.normal = { deviation }
  }

  /** A table of embeddings, `[rows, width]`. */
  table(name: string, rows: number, width: number): void {
    this.declare(`${name}.weight`, [rows, width], this.normal)
  }

  /** A linear layer: a weight of `[to, from]` and, unless it has none, a bias. */
  dense(name: string, from: number, to: number, options: DenseOptions = {}): void {
    const { bias = true, initialization = this.normal, storedTransposed = false } = options
    this.specifications.push({
      name: `${name}.weight`,
      shape: [to, from],
      initialization,
      trainable: true,
      ...(storedTransposed && { storedTransposed }),
    })
    if (bias) this.declare(`${name}.bias`, [to], 'zeros')
  }

  /** Layer normalization. */
  layerNorm(name: string, width: number): void {
    this.declare(`${name}.weight`, [width], 'ones')
    this.declare(`${name}.bias`, [width], 'zeros')
  }

  /** Root-mean-square normalization; `initialization` is zeros where a weight is stored one less than it is. */
  rmsNorm(name: string, width: number, initialization: 'ones' | 'zeros' = 'ones'): void {
    this.declare(`${name}.weight`, [width], initialization)
  }

  private declare(name: string, shape: readonly number[], initialization: Initialization): void {
    this.specifications.push({ name, shape, initialization, trainable: true })
  }
}
