import type { LogitsProcessor } from '../logits-processor.ts'

/** scores / temperature. Below 1 sharpens the distribution, above 1 flattens it. */
export function temperatureProcessor(temperature: number, vocabularySize: number): LogitsProcessor {
  return (scores, offset) => {
    for (let index = offset; index < offset + vocabularySize; index++) scores[index]! /= temperature
  }
}
