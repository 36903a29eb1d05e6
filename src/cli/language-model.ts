import type { LanguageModelV3 } from '@ai-sdk/provider'

/** What `serve` and `chat` need; `src/generate/language-model.ts` has it. */
export interface LanguageModelModule {
  openLanguageModel(folder: string): Promise<LanguageModelV3 & { close(): Promise<void> }>
}
