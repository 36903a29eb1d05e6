import { YuksuError } from '../errors.ts'

/** The `error` object of the OpenAI API. */
export interface ApiErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** An error that a client may see, with its HTTP status. */
export class ApiError extends Error {
  readonly status: number
  readonly body: ApiErrorBody
  readonly headers: Record<string, string>

  constructor(
    status: number,
    message: string,
    details: { type?: string; param?: string; code?: string; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    const type = details.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
    this.body = { error: { message, type, param: details.param ?? null, code: details.code ?? null } }
    this.headers = details.headers ?? {}
  }

  toResponse(): Response {
    return Response.json(this.body, { status: this.status, headers: this.headers })
  }
}

/** Codes of a `YuksuError` that a request, not the server, is the cause of. */
const causedByRequest: Record<string, { param: string; code: string }> = {
  'context-length-exceeded': { param: 'messages', code: 'context_length_exceeded' },
  'invalid-prompt': { param: 'messages', code: 'invalid_value' },
  'unsupported-setting': { param: 'messages', code: 'unsupported_value' },
}

/**
 * What a client is told about a failure inside the model. Only the causes that the client can mend keep their
 * message; everything else is a 500 that gives nothing away (the server's log has the rest).
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const known = error instanceof YuksuError ? causedByRequest[error.code] : undefined
  if (known) return new ApiError(400, (error as YuksuError).message, known)
  if (error instanceof Error && error.name === 'AI_UnsupportedFunctionalityError')
    return new ApiError(400, error.message, { code: 'unsupported_value' })
  return new ApiError(500, 'The server failed while answering this request; its log has the cause.', {
    code: 'internal_error',
  })
}
