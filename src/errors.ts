/**
 * The base of every error this package raises on purpose. The message is one line for a person:
 * what was given, what was expected, what to do. The command line prints it without a stack.
 */
export class YuksuError extends Error {
  /** A stable machine-readable name of the cause, such as `missing-column`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'YuksuError'
    this.code = code
  }
}
