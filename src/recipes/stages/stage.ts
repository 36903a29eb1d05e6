import type { GenerationOptions } from '../../generate/options.ts'
import type { Model } from '../../models/model.ts'
import type { DropReport } from '../../runs/dropped-rows.ts'
import type { Run } from '../../runs/run.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import type { Example } from '../../train/objectives/objective.ts'
import type { TrainerOptions } from '../../train/trainer.ts'
import type { StageMemory } from '../memory-plan.ts'
import type { RecipeRow } from '../recipe-rows.ts'
import type { Recipe } from '../schema.ts'

/** What every stage of a run works with. */
export interface StageContext {
  readonly recipe: Recipe
  readonly run: Run
  readonly model: Model
  readonly tokenizer: Tokenizer
  /** The training rows as they were read, and as the model learns them. */
  readonly rows: readonly RecipeRow[]
  readonly examples: readonly Example[]
  readonly validation: Validation
  /** What the model goes on from where the answer of a row is to be written. */
  readonly promptOf: (row: RecipeRow) => string | readonly number[]
  /** How text is written. */
  readonly generation: GenerationOptions
  /** Where texts that a stage has to leave out are counted. */
  readonly drops: DropReport
  /** Adds the tokenizer and the generation settings to a model's folder. */
  readonly writeExtras: (folder: string) => Promise<void>
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

/** What a stage is judged by while it trains. */
export interface Validation {
  /** The first of them, as many as the recipe says, are written and scored. */
  readonly rows: readonly RecipeRow[]
  /** Those within the recipe's limits on length, whose loss is measured. */
  readonly examples: readonly Example[]
}

/** One part of a run's training, with a section of the recipe, checkpoints and events of its own. */
export interface Stage {
  /** The folder of its checkpoints, and its name in the events. */
  readonly name: string
  /** Makes ready to train the context's model, without using it yet. Undefined where the recipe has no such stage. */
  prepare(context: StageContext): Promise<PreparedStage | undefined>
}

/** A stage that can be planned, and then trained. */
export interface PreparedStage {
  /** What it is called on the terminal. */
  readonly label: string
  readonly options: TrainerOptions
  readonly memory: StageMemory
  /** Frees what it holds. */
  release(): Promise<void>
}
