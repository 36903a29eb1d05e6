import type { GenerationOptions } from './options.ts'
import type { EngineOptions } from './program-runner.ts'
import { openTextModel } from './text-model.ts'

/** Opens a model folder for writing one text for each of several. */
export async function openSummarizer(folder: string, options: EngineOptions = {}) {
  // Nobody else has the model, so nobody can change it.
  const model = await openTextModel(folder, { ...options, fixedWeights: true })
  return {
    async summarize(texts: string[], options: GenerationOptions, signal: AbortSignal): Promise<string[]> {
      const written = await model.write(texts, options, { signal })
      return written.map(({ text }) => text)
    },
    check: (text: string) => model.check(text),
    close: () => model.release(),
  }
}
