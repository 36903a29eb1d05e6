import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A program that does one piece of work each time it is told to, so that two can take turns. */
export interface Contender {
  readonly name: string
  /** Command and arguments of a child that speaks the protocol below. */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What a person does where it cannot start. */
  readonly install: string
}

/** What the child answers to a line: a piece of work done. */
export interface Work {
  readonly seconds: number
  /** Seconds of the processor, all threads together, preparations of the work included. */
  readonly processor: number
  /** What it came to, to see that both do the same: a loss, or nothing. */
  readonly value?: number
  readonly peakBytes: number
}

/**
 * A running contender. Its child writes a line of JSON when it is ready, `{"ready": true}`, and another for each line it reads: the work
 * it did. It ends when its input ends.
 */
export class RunningContender {
  readonly contender: Contender
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>
  private complaint = ''

  private constructor(contender: Contender) {
    this.contender = contender
    const [command, ...rest] = contender.command
    this.child = spawn(command!, rest, {
      env: { ...process.env, ...contender.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.on('error', (error) => (this.complaint += error.message))
    this.child.stderr!.on('data', (text: Buffer) => (this.complaint = (this.complaint + text).slice(-2000)))
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  /** Starts it and waits until it is ready. Throws with its last words where it does not get there. */
  static async start(contender: Contender): Promise<RunningContender> {
    const running = new RunningContender(contender)
    await running.answer()
    return running
  }

  async work(): Promise<Work> {
    this.child.stdin!.write('\n')
    return (await this.answer()) as Work
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve))
    this.child.stdin!.end()
    await ended
  }

  /** The line of its complaint that names an error. */
  private lastWords(): string {
    const lines = this.complaint.trim().split('\n')
    return lines.findLast((line) => /Error\b/.test(line)) ?? (lines.at(-1) || `${this.contender.name} ended`)
  }

  private async answer(): Promise<unknown> {
    for (;;) {
      const { value, done } = await this.lines.next()
      if (done) throw new Error(this.lastWords())
      // Libraries print lines of their own.
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
}

/** Answers lines with the work they ask for, until there are no more. */
export async function serveWork(work: () => Promise<Omit<Work, 'peakBytes' | 'processor'>>): Promise<void> {
  process.stdout.write('{"ready": true}\n')
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  while (!(await lines.next()).done) {
    const before = process.cpuUsage()
    const done = await work()
    const { user, system } = process.cpuUsage(before)
    const peakBytes = process.resourceUsage().maxRSS * 1024
    process.stdout.write(`${JSON.stringify({ ...done, processor: (user + system) / 1e6, peakBytes })}\n`)
  }
}
