/** How well labels were foretold. */
export interface ClassificationMeasures {
  readonly accuracy: number
  /** The mean of the F1 of each label that occurs. */
  readonly macroF1: number
  readonly f1: Readonly<Record<string, number>>
}

/** Accuracy and F1 of foretold labels beside the true ones. */
export function measureClassification(
  truth: readonly string[],
  foretold: readonly string[],
): ClassificationMeasures {
  const labels = [...new Set([...truth, ...foretold])].sort()
  const right = truth.filter((label, index) => label === foretold[index]).length
  const f1 = Object.fromEntries(
    labels.map((label) => {
      const hits = truth.filter((own, index) => own === label && foretold[index] === label).length
      const either =
        truth.filter((own) => own === label).length + foretold.filter((own) => own === label).length
      return [label, (2 * hits) / either]
    }),
  )
  const all = Object.values(f1)
  return {
    accuracy: right / truth.length,
    macroF1: all.reduce((sum, value) => sum + value, 0) / all.length,
    f1,
  }
}

/**
 * Area under the ROC curve: the chance that a text of the class scores above one that is not of it, a tie counting half (the
 * Mann-Whitney statistic). NaN where all are of one class.
 */
export function areaUnderCurve(scores: ArrayLike<number>, isPositive: ArrayLike<boolean>): number {
  const order = Array.from({ length: scores.length }, (_, index) => index)
  order.sort((a, b) => scores[a]! - scores[b]!)
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    for (let i = start; i < end; i++) {
      if (!isPositive[order[i]!]) continue
      positives++
      rankSum += (start + end + 1) / 2
    }
    start = end
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
