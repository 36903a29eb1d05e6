import type { LlamaConfiguration } from '../configuration.ts'
import type { Layout } from '../layout.ts'

/** One value of `model_type`: how its `config.json` reads, and what its checkpoints are like. */
export interface ModelType {
  readonly modelType: string
  readonly layout: Layout
  /** Throws YuksuError naming the first field that is missing, wrong or not supported. */
  readonly parse: (json: Readonly<Record<string, unknown>>) => LlamaConfiguration
  /** The fields of `config.json` but `architectures`. */
  readonly format: (configuration: LlamaConfiguration) => Record<string, unknown>
}
