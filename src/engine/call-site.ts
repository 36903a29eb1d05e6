import { YuksuError } from '../errors.ts'

/** Frames looked through: an operation made of others, within layers, within a model. */
const depth = 32

/** Folders whose functions are asked by others: the line that matters is the first outside of them. */
const library = ['./', '../nn/'].map((folder) => new URL(folder, import.meta.url).href)

/**
 * The line of a model that asked for an operation. Taking one costs microseconds, because an engine formats a stack only when it is
 * looked at.
 */
export class CallSite {
  private readonly stack: Error

  constructor() {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = depth
    this.stack = new Error()
    Error.stackTraceLimit = stackTraceLimit
  }

  /** `models/llama.ts:210`, the file relative to the folder that holds the engine or else to the current one; undefined where nothing is known. */
  get line(): string | undefined {
    const frames = (this.stack.stack ?? '').split('\n').flatMap(frame)
    // What only the library itself asked for is still told by the outermost that did.
    const found = frames.find(({ url }) => !isLibrary(url)) ?? frames.at(-1)
    return found && `${shorten(found.url)}:${found.line}`
  }
}

let inherited: CallSite | undefined

/** Who asks now: the line of a model, or while a gradient is recorded the line whose gradient it is. */
export function callSite(): { readonly site: CallSite; readonly backward: boolean } {
  return { site: inherited ?? new CallSite(), backward: inherited !== undefined }
}

/** Runs what records the gradient of something that `site` asked for. */
export function recordingGradientOf<T>(site: CallSite, work: () => T): T {
  const outer = inherited
  inherited = site
  try {
    return work()
  } finally {
    inherited = outer
  }
}

function frame(text: string): { url: string; line: number }[] {
  const match = /^\s*at (?:.*\()?((?:file:\/\/)?\/?[^()]+?):(\d+):\d+\)?$/.exec(text)
  if (match === null || match[1]!.startsWith('node:')) return []
  const url = match[1]!.includes('://') ? match[1]! : new URL(match[1]!, 'file:///').href
  return [{ url, line: Number(match[2]) }]
}

function isLibrary(url: string): boolean {
  return library.some((folder) => url.startsWith(folder)) && !/\.test\.[jt]s$/.test(url)
}

function shorten(url: string): string {
  const source = new URL('../', import.meta.url).href
  const here = typeof process === 'undefined' ? undefined : new URL(`${process.cwd()}/`, 'file:///').href
  const base = [source, here].find((folder) => folder !== undefined && url.startsWith(folder))
  return base === undefined ? url.replace(/^file:\/\//, '') : url.slice(base.length)
}

/** Operands that do not fit an operation; the line of the model that asked is added to the message. */
export function shapeError(message: string, code = 'shape'): YuksuError {
  const { line } = callSite().site
  return new YuksuError(code, line === undefined ? message : `${message} (${line})`)
}
