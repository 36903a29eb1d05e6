import { YuksuError } from '../errors.ts'

/** What is sent to a thread that answers requests. */
export type ThreadCommand<Request> =
  | { readonly type: 'ask'; readonly id: number; readonly request: Request; readonly wantsNotices: boolean }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'close' }

/** What that thread says. */
export type ThreadReport<Description, Answer, Notice> =
  | { readonly type: 'opened'; readonly description: Description }
  | { readonly type: 'open-failed'; readonly error: SentError }
  | { readonly type: 'notice'; readonly id: number; readonly notice: Notice }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
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
