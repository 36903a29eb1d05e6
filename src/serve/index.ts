/** An OpenAI-compatible server over any chat model. */
export { ApiError, type ApiErrorBody } from './api-error.ts'
export { type Application, type ApplicationOptions, createApplication } from './application.ts'
export { type ChatServer, createServer, type ServerOptions } from './server.ts'
