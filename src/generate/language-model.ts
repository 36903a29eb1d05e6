import { randomUUID } from 'node:crypto'
import type {
  LanguageModelV3,
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from '@ai-sdk/provider'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { toWriteRequest } from './call-settings.ts'
import { modelNameOf } from './model-name.ts'
import type { TextWriter, WrittenAnswer } from './text-writer.ts'
import { openWorkerWriter } from './worker-writer.ts'

/** A chat model for the AI SDK, the server and everything else that speaks to one. */
export interface OpenLanguageModel extends LanguageModelV3 {
  /** Ends what is being written and frees the model. */
  close(): Promise<void>
}

/**
 * Opens a model folder, or a model by its name on the hub, as a chat model. The model lives in a thread of its own, so that a server stays responsive.
 *
 * An encoder–decoder (a summariser) reads the text of the last user message; a decoder-only model reads the conversation
 * through the folder's chat template, or all texts in lines where it has none. Streaming with beams gives the
 * same answer as without streaming: the words come in pieces once the search has ended.
 */
export async function openLanguageModel(
  nameOrFolder: string,
  options: { readonly precision?: ProductPrecision | undefined } = {},
): Promise<OpenLanguageModel> {
  // Fetched here, so that the thread finds a folder.
  const folder = await resolveModelFolder(nameOrFolder)
  const writer = await openWorkerWriter(folder, options)
  return languageModel(writer, modelNameOf(nameOrFolder, folder === nameOrFolder))
}

/** The same over a writer that is open already, in whichever thread. */
export function languageModel(writer: TextWriter, modelId: string): OpenLanguageModel {
  const metadata = () => ({ id: randomUUID(), timestamp: new Date(), modelId })
  return {
    specificationVersion: 'v3',
    provider: 'yuksu',
    modelId,
    supportedUrls: {},
    async doGenerate(call) {
      const { request, warnings } = toWriteRequest(call, writer.description)
      const answer = await writer.write(request, { signal: call.abortSignal })
      return {
        content: [{ type: 'text', text: answer.text }],
        finishReason: finishReasonOf(answer),
        usage: usageOf(answer),
        response: metadata(),
        warnings,
      }
    },
    async doStream(call) {
      const { request, warnings } = toWriteRequest(call, writer.description)
      const left = new AbortController()
      const signal = call.abortSignal ? AbortSignal.any([call.abortSignal, left.signal]) : left.signal
      const id = randomUUID()
      const stream = new ReadableStream<LanguageModelV3StreamPart>({
        start(controller) {
          controller.enqueue({ type: 'stream-start', warnings })
          controller.enqueue({ type: 'response-metadata', ...metadata() })
          let begun = false
          const onText = (delta: string) => {
            if (!begun) controller.enqueue({ type: 'text-start', id })
            begun = true
            controller.enqueue({ type: 'text-delta', id, delta })
          }
          writer.write(request, { signal, onText }).then(
            (answer) => {
              if (begun) controller.enqueue({ type: 'text-end', id })
              controller.enqueue({
                type: 'finish',
                finishReason: finishReasonOf(answer),
                usage: usageOf(answer),
              })
              controller.close()
            },
            (error: unknown) => {
              if (left.signal.aborted) return
              if (signal.aborted) controller.error(signal.reason)
              else {
                controller.enqueue({ type: 'error', error })
                controller.close()
              }
            },
          )
        },
        cancel: () => left.abort(),
      })
      return { stream }
    },
    close: () => writer.close(),
  }
}

function finishReasonOf({ finishReason }: WrittenAnswer): LanguageModelV3FinishReason {
  return { unified: finishReason === 'length' ? 'length' : 'stop', raw: finishReason }
}

function usageOf({ inputTokens, outputTokens }: WrittenAnswer): LanguageModelV3Usage {
  return {
    inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
  }
}
