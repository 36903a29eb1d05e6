/** The stages of a run's training, in their order; a new one is one file and one line here. */
import { minimumRisk } from './minimum-risk.ts'
import { pretraining } from './pretraining.ts'
import type { Stage } from './stage.ts'
import { training } from './training.ts'

export type { PreparedStage, Stage, StageContext } from './stage.ts'

export const stages: readonly Stage[] = [pretraining, training, minimumRisk]
