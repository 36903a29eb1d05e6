import { createColors } from 'picocolors'
import { cutToWidth, displayWidth } from './display-width.ts'
import { formatCount, formatDuration } from './format-units.ts'

export { formatCount, formatDuration } from './format-units.ts'

/** Where progress is shown; `process.stderr` satisfies it. */
export interface ProgressStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface ProgressOptions {
  readonly label: string
  /** How many units there will be; without it neither share nor time left is shown. */
  readonly total?: number
  /** What is counted, in the plural: `steps`, `rows`, `tokens`. */
  readonly unit?: string
  /** Units that an earlier session did: they count as done and not towards the rate. */
  readonly start?: number
  readonly stream?: ProgressStream
  /** Seconds that only ever grow; a test's own clock. */
  readonly now?: () => number
}

export interface Progress {
  /** `done` units so far; `fields` are shown as they are, numbers with four significant digits. */
  update(done: number, fields?: Readonly<Record<string, string | number>>): void
  /** Ends with a line that stays: `message`, or how much was done in which time. */
  finish(message?: string): void
}

/** Seconds: ten rewrites a second are smooth; a log wants a line when work begins and now and then. */
const redrawEvery = 0.1
const firstLineAfter = 2
const lineEvery = 10
/** Over so many seconds the rate forgets. */
const rateMemory = 15
const barWidth = 20

/**
 * Shows the progress of long work: on a terminal one line that is rewritten, with a bar, the share done,
 * the rate, the time left and `fields`; elsewhere plain lines, the first after 2 s, then every 10 s.
 * Colour only on a terminal and without NO_COLOR (https://no-color.org).
 */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, unit = '', start = 0, stream = process.stderr } = options
  const now = options.now ?? (() => performance.now() / 1000)
  const isTerminal = stream.isTTY === true
  const colors = createColors(isTerminal && !process.env.NO_COLOR)
  const began = now()
  const rate = smoothedRate(began, start)
  let shown = isTerminal ? Number.NEGATIVE_INFINITY : began + firstLineAfter - lineEvery
  let done = start
  let lastFields: Readonly<Record<string, string | number>> = {}
  let drawnLine = false
  let finished = false

  function parts(time: number): { before: string; bar: string; after: string } {
    const share = total === undefined || total <= 0 ? undefined : Math.min(1, done / total)
    const perSecond = rate.value(time)
    const counted = total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`
    const after = [
      share === undefined ? '' : `${Math.floor(share * 100)}%`,
      unit === '' ? counted : `${counted} ${unit}`,
      perSecond > 0 ? `${formatCount(perSecond)}${unit === '' ? '' : ` ${unit}`}/s` : '',
      total !== undefined && perSecond > 0 && done < total
        ? `${formatDuration((total - done) / perSecond)} left`
        : '',
      ...Object.entries(lastFields).map(([name, value]) => `${name} ${formatValue(value)}`),
    ]
    return {
      before: label,
      bar: share === undefined ? '' : bar(share),
      after: after.filter(Boolean).join(' · '),
    }
  }

  function draw(time: number): void {
    const { before, bar, after } = parts(time)
    // The last column stays free: some terminals wrap as soon as it is written.
    const columns = (stream.columns || 80) - 1
    const withBar = displayWidth(before) + 1 + barWidth + 1 + displayWidth(after) <= columns
    const line =
      withBar && bar !== ''
        ? `${before} ${colors.cyan(bar)} ${after}`
        : cutToWidth(`${before} ${after}`, columns)
    stream.write(`\r\u001B[2K${line}`)
    drawnLine = true
  }

  return {
    update(count, fields) {
      if (finished) return
      const time = now()
      done = count
      if (fields) lastFields = fields
      rate.add(time, count)
      if (time - shown < (isTerminal ? redrawEvery : lineEvery)) return
      shown = time
      if (isTerminal) return draw(time)
      const { before, after } = parts(time)
      stream.write(`${before}: ${after}\n`)
    },
    finish(message) {
      if (finished) return
      finished = true
      const seconds = now() - began
      const counted = `${formatCount(done)}${unit === '' ? '' : ` ${unit}`} in ${formatDuration(seconds)}`
      const text = message ?? `${label}: ${counted}`
      stream.write(`${drawnLine ? '\r\u001B[2K' : ''}${text}\n`)
    },
  }
}

/**
 * Units a second, each second counting less the longer ago it is (with weight e^(−age/15 s)), so that
 * bursts even out and a lasting change of speed shows within half a minute.
 */
function smoothedRate(began: number, start: number) {
  let units = 0
  let seconds = 0
  let lastTime = began
  let lastCount = start
  return {
    add(time: number, count: number): void {
      const passed = time - lastTime
      if (passed <= 0) return
      const kept = Math.exp(-passed / rateMemory)
      units = units * kept + Math.max(0, count - lastCount)
      seconds = seconds * kept + passed
      lastTime = time
      lastCount = count
    },
    value: (time: number): number =>
      seconds + time - lastTime > 0 ? units / (seconds + time - lastTime) : 0,
  }
}

function bar(share: number): string {
  const full = Math.floor(share * barWidth)
  return '█'.repeat(full) + '░'.repeat(barWidth - full)
}

function formatValue(value: string | number): string {
  if (typeof value === 'string') return value
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}
