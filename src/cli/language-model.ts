import type { LanguageModelV3 } from '@ai-sdk/provider'
import type { ProductPrecision } from '../engine/product-precisions.ts'

/** What `serve` and `chat` need; `src/generate/language-model.ts` has it. */
export interface LanguageModelModule {
  openLanguageModel(
    folder: string,
    options?: { readonly precision?: ProductPrecision | undefined },
  ): Promise<LanguageModelV3 & { close(): Promise<void> }>
}
