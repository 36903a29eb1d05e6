import type { ChatMessage } from '../chat-model.ts'

export type PromptLanguage = 'ko' | 'en'

/** What is said to a model, with `{{name}}` where a text of the row goes. */
export interface PromptText {
  readonly system: string
  readonly user: string
}

/** A prompt in both languages. Its version goes up with every change of its words, since rows name it. */
export interface Prompt {
  readonly name: string
  readonly version: number
  readonly ko: PromptText
  readonly en: PromptText
}

/** Both turns of a prompt with the texts in their places; braces within those stay as they are. Throws where names do not match. */
export function fillPrompt(
  prompt: Prompt,
  language: PromptLanguage,
  values: Readonly<Record<string, string>>,
): ChatMessage[] {
  const used = new Set<string>()
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`the prompt ${prompt.name} has no value for ${name}`)
      used.add(name)
      return value
    })
  const { system, user } = prompt[language]
  const messages: ChatMessage[] = [
    { role: 'system', content: fill(system) },
    { role: 'user', content: fill(user) },
  ]
  const left = Object.keys(values).find((name) => !used.has(name))
  if (left !== undefined) throw new Error(`the prompt ${prompt.name} does not use ${left}`)
  return messages
}
