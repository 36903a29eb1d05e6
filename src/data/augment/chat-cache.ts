import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic } from '../../formats/atomic-file.ts'
import type { ChatAnswer, ChatMessage, ChatModel, ChatSettings } from './chat-model.ts'

export interface CachedChatModel extends ChatModel {
  /** Answers that were found and did not have to be asked for. */
  readonly found: number
}

/** Where answers are kept unless another folder is named: in the person's own cache folder. */
export function defaultChatCache(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'yuksu', 'chat')
}

/**
 * A model that keeps its answers in `folder`, one file each, so that a run that was cut off asks nothing twice, and one that is run again
 * gives the same. The name of a file is a hash of model, messages and settings; a file holds the answer alone. The folder can be read by its
 * owner only, as answers say what was asked.
 */
export function cachedChatModel(model: ChatModel, folder: string): CachedChatModel {
  /** Asked for at this moment. */
  const running = new Map<string, Promise<ChatAnswer>>()
  /** Settled when all that was asked so far has been looked up. */
  let lookedUp = Promise.resolve()
  let found = 0

  async function answer(
    path: string,
    messages: readonly ChatMessage[],
    settings: ChatSettings,
    signal: AbortSignal | undefined,
  ): Promise<ChatAnswer> {
    const [before, lookUp] = [lookedUp, readKept(path)]
    lookedUp = lookUp.then(() => before)
    // Files are read in any order; the model must be asked in that of the calls.
    await before
    const kept = await lookUp
    if (kept !== undefined) {
      found++
      return kept
    }
    const fresh = await model.chat(messages, settings, signal)
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, `${JSON.stringify(fresh)}\n`)
    return fresh
  }

  return {
    name: model.name,
    identity: model.identity,
    get found() {
      return found
    },
    chat(messages, settings, signal) {
      const key = keyOf(model, messages, settings)
      let one = running.get(key)
      if (one === undefined) {
        one = answer(join(folder, key.slice(0, 2), `${key}.json`), messages, settings, signal)
        running.set(key, one)
        const forget = () => void running.delete(key)
        one.then(forget, forget)
      }
      return one
    },
  }
}

function keyOf(model: ChatModel, messages: readonly ChatMessage[], settings: ChatSettings): string {
  const { temperature, topP, maxTokens, seed, stop } = settings
  const content = messages.map((message) => [message.role, message.content])
  const asked = [
    model.identity,
    content,
    [temperature, topP, maxTokens, seed, stop].map((value) => value ?? null),
  ]
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

/** Undefined where nothing is kept, or where what is there is damaged. */
async function readKept(path: string): Promise<ChatAnswer | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Partial<ChatAnswer>
    const { text, finishReason, inputTokens, outputTokens } = kept
    if (typeof text !== 'string' || finishReason === undefined) return undefined
    return { text, finishReason, inputTokens, outputTokens }
  } catch {
    return undefined
  }
}
