/** Thrown by `RequestQueue.enter` when no more requests may wait. */
export class QueueFullError extends Error {
  /** Seconds until a place is likely to be free. */
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('the queue is full')
    this.name = 'QueueFullError'
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Lets one request at a time through, in order of arrival, with a limit on how many may wait. */
export class RequestQueue {
  readonly #maxWaiting: number
  readonly #waiting: Array<() => void> = []
  #busy = false
  #meanSeconds = 1

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  get active(): number {
    return this.#busy ? 1 : 0
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for its turn and gives the function that ends it (calling it twice is harmless).
   *
   * @throws QueueFullError at once when `maxWaiting` requests already wait.
   * @throws the signal's reason when it is aborted while waiting; the place in the queue is given up.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#busy) {
      if (this.#waiting.length >= this.#maxWaiting)
        throw new QueueFullError(Math.max(1, Math.ceil(this.#meanSeconds * (this.#waiting.length + 1))))
      await this.#turn(signal)
    }
    this.#busy = true
    const start = performance.now()
    let left = false
    return () => {
      if (left) return
      left = true
      this.#meanSeconds = 0.8 * this.#meanSeconds + 0.2 * ((performance.now() - start) / 1000)
      const next = this.#waiting.shift()
      // The slot passes on without being free in between, so that nobody overtakes the one who waits.
      if (next) next()
      else this.#busy = false
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(proceed)
    })
  }
}
