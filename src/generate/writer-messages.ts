import { YuksuError } from '../errors.ts'
import type { WriteRequest, WriterDescription, WrittenAnswer } from './text-writer.ts'

/** What is sent to the thread that hosts a model. */
export type WriterCommand =
  | { readonly type: 'write'; readonly id: number; readonly request: WriteRequest; readonly streams: boolean }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'close' }

/** What that thread says. */
export type WriterReport =
  | { readonly type: 'opened'; readonly description: WriterDescription }
  | { readonly type: 'open-failed'; readonly error: SentError }
  | { readonly type: 'text'; readonly id: number; readonly piece: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: WrittenAnswer }
  | { readonly type: 'failed'; readonly id: number; readonly error: SentError }

/** An error as plain data: a thread's own copying drops the code. */
export interface SentError {
  readonly message: string
  readonly code?: string
  readonly stack?: string
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error) }
  return {
    message: error.message,
    ...(error instanceof YuksuError && { code: error.code }),
    ...(error.stack !== undefined && { stack: error.stack }),
  }
}

export function receiveError({ message, code, stack }: SentError): Error {
  const error = code === undefined ? new Error(message) : new YuksuError(code, message)
  if (stack !== undefined) error.stack = stack
  return error
}
