import { createTextModel } from '../../generate/text-model.ts'
import type { Evaluation } from '../../train/trainer.ts'
import type { ValidationLoss } from '../../train/validation-loss.ts'
import { scorePredictions, writePredictions } from '../score-rows.ts'
import type { StageContext } from './stage.ts'

/**
 * Scores the model as it is: the loss of all validation examples, and ROUGE of the first rows, written greedily. Beams
 * take several times as long and seldom change which checkpoint is best.
 */
export async function evaluate(
  { recipe, model, tokenizer, validation, generation, promptOf, signal, say }: StageContext,
  loss: ValidationLoss,
): Promise<Evaluation> {
  const rows = validation.rows.slice(0, recipe.evaluation.rows)
  const text = createTextModel(model, tokenizer, generation)
  try {
    const measured = await loss.measure(signal)
    const options = { options: { numBeams: 1 }, ...(signal && { signal }) }
    const predictions = await writePredictions(text, rows.map(promptOf), options)
    const { rouge1, rouge2, rougeL } = await scorePredictions(rows, predictions, recipe)
    const rouge = { rouge1: rouge1.f1, rouge2: rouge2.f1, rougeL: rougeL.f1 }
    const shown = Object.values(rouge).map((score) => (score * 100).toFixed(1))
    const lossShown = measured === undefined ? '' : `; loss ${measured.toFixed(3)}`
    say(`scored ${rows.length} rows, greedy: ROUGE-1/2/L ${shown.join(' / ')}${lossShown}`)
    const metric = recipe.train.metricForBestModel
    const value = metric === 'loss' ? -(measured ?? Number.POSITIVE_INFINITY) : rouge[metric]
    return { value, scores: { ...rouge, ...(measured !== undefined && { loss: measured }) } }
  } finally {
    await text.release()
  }
}
