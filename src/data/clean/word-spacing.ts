import type { WordSpacer } from './clean-text.ts'

export async function createWordSpacer(): Promise<WordSpacer> {
  return (text) => text
}
