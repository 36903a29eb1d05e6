import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ofUnitLength } from '../compare.ts'

/** The little that is used of node-llama-cpp. */
export interface LlamaModule {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<LlamaModel>
    dispose(): Promise<void>
  }>
}

interface LlamaModel {
  tokenize(text: string, specialTokens?: boolean): number[]
  createEmbeddingContext(options: object): Promise<{
    getEmbeddingFor(tokens: readonly number[]): Promise<{ readonly vector: readonly number[] }>
    dispose(): Promise<void>
  }>
  createContext(options: object): Promise<{
    getSequence(): {
      controlledEvaluate(
        input: readonly object[],
      ): Promise<({ next: { probabilities?: Map<number, number> } } | undefined)[]>
      clearHistory(): Promise<void>
    }
    dispose(): Promise<void>
  }>
  dispose(): Promise<void>
}

/** A GGUF file in llama.cpp. */
export interface LlamaCpp {
  /** Token ids of a text, without those that begin or end one. */
  tokenize(text: string): number[]
  /** The probabilities of every next token, `[prompt length, vocabulary]`; keys and values are in 16 bits there, which is a difference of its own. */
  probabilities(prompt: readonly number[]): Promise<Float32Array>
  /** The embedding of a text by an encoder, of length 1. */
  embedding(prompt: readonly number[]): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Opens a GGUF file with node-llama-cpp: the one in the folder that YUKSU_LLAMA_CPP names, or else an installed one; undefined where there is
 * none. It runs on the processor with what came with the package and builds nothing.
 */
export async function openLlamaCpp(path: string, vocabularySize: number): Promise<LlamaCpp | undefined> {
  const library = await findLlamaCpp()
  if (library === undefined) return undefined
  const llama = await library.getLlama({
    gpu: false,
    build: 'never',
    maxThreads: 2,
    logLevel: 'error',
    progressLogs: false,
  })
  const model = await llama.loadModel({ modelPath: resolve(path) })
  const threads = 2
  const contextSize = 256
  let context: Awaited<ReturnType<LlamaModel['createContext']>> | undefined
  let sequence: ReturnType<NonNullable<typeof context>['getSequence']> | undefined
  return {
    tokenize: (text) => [...model.tokenize(text, true)],
    async embedding(prompt) {
      const context = await model.createEmbeddingContext({ contextSize, batchSize: contextSize, threads })
      const { vector } = await context.getEmbeddingFor([...prompt])
      await context.dispose()
      return ofUnitLength(vector)
    },
    async probabilities(prompt) {
      context ??= await model.createContext({ contextSize, sequences: 1, threads })
      sequence ??= context.getSequence()
      await sequence.clearHistory()
      const settings = { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } }
      const found = await sequence.controlledEvaluate(
        prompt.map((token) => [token, { generateNext: settings }]),
      )
      const rows = new Float32Array(prompt.length * vocabularySize)
      for (const [position, result] of found.entries()) {
        for (const [token, probability] of result?.next.probabilities ?? [])
          rows[position * vocabularySize + token] = probability
      }
      return rows
    },
    async close() {
      await context?.dispose()
      await model.dispose()
      await llama.dispose()
    },
  }
}

/** The library, where it is there. */
export async function findLlamaCpp(): Promise<LlamaModule | undefined> {
  const folder = process.env.YUKSU_LLAMA_CPP
  try {
    if (folder === undefined) return (await import('node-llama-cpp' as string)) as LlamaModule
    const installed = createRequire(join(resolve(folder), 'package.json'))
    return (await import(pathToFileURL(installed.resolve('node-llama-cpp')).href)) as LlamaModule
  } catch (error) {
    if (['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes((error as { code?: string }).code ?? ''))
      return undefined
    throw error
  }
}
