/** Work in a thread of its own: requests go there, answers, notices and errors come back. */
export { type AskHooks, type RequestThread, startRequestThread } from './request-thread.ts'
export { type Answering, serveRequests } from './serve-requests.ts'
