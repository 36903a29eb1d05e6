import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { displayWidth } from './display-width.ts'
import { createProgress } from './progress.ts'

function screen(isTTY: boolean, columns = 100) {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string) => written.push(text) }
}

let time: number
const now = () => time

beforeEach(() => {
  time = 1000
})
afterEach(() => vi.unstubAllEnvs())

describe('away from a terminal', () => {
  it('writes plain lines: the first after 2 s, then every 10 s, then the end', () => {
    const stream = screen(false)
    const progress = createProgress({ label: 'train', total: 1000, unit: 'steps', stream, now })
    const when: number[] = []
    for (let step = 1; step <= 300; step++) {
      time += 0.1
      const before = stream.written.length
      progress.update(step, { loss: 2.123456, batch: 8 })
      if (stream.written.length > before) when.push(Math.round(time - 1000))
    }
    expect(when).toEqual([2, 12, 22])
    expect(stream.written[1]).toBe(
      'train: 12% · 120/1k steps · 10 steps/s · 1 min 28 s left · loss 2.123 · batch 8\n',
    )
    progress.finish()
    progress.finish()
    expect(stream.written.slice(3)).toEqual(['train: 300 steps in 30 s\n'])
  })

  it('says only the end of short work', () => {
    const stream = screen(false)
    const progress = createProgress({ label: 'read', unit: 'rows', stream, now })
    progress.update(5)
    progress.finish('read 5 rows')
    expect(stream.written).toEqual(['read 5 rows\n'])
  })
})

describe('on a terminal', () => {
  it('rewrites one line at most ten times a second and leaves the last message', () => {
    vi.stubEnv('NO_COLOR', '')
    const stream = screen(true)
    const progress = createProgress({ label: '학습', total: 200, unit: 'steps', stream, now })
    for (let i = 1; i <= 100; i++) {
      time += 0.01
      progress.update(i)
    }
    expect(stream.written.length).toBeGreaterThanOrEqual(9)
    expect(stream.written.length).toBeLessThanOrEqual(11)
    for (const text of stream.written) {
      const line = text.replaceAll('\u001B', '^')
      expect(line).toMatch(/^\r\^\[2K학습 \^\[36m[█░]{20}\^\[39m /)
    }
    expect(stream.written.join('')).not.toContain('\n')
    progress.finish('끝')
    expect(stream.written.at(-1)).toBe('\r\u001B[2K끝\n')
  })

  it('has no colour with NO_COLOR', () => {
    vi.stubEnv('NO_COLOR', '1')
    const stream = screen(true)
    createProgress({ label: 'train', total: 2, stream, now }).update(1)
    expect(stream.written[0]).toBe('\r\u001B[2Ktrain ██████████░░░░░░░░░░ 50% · 1/2')
  })

  it('fits any width, Korean taking two columns a syllable', () => {
    vi.stubEnv('NO_COLOR', '1')
    for (let columns = 4; columns < 120; columns++) {
      const stream = screen(true, columns)
      const progress = createProgress({ label: '대화 요약 학습', total: 100, unit: '단계', stream, now })
      time += 1
      progress.update(50, { 손실: 2.5 })
      expect(displayWidth(stream.written[0]!.slice('\r\u001B[2K'.length))).toBeLessThan(columns)
    }
  })
})

describe('the rate', () => {
  const rateIn = (text: string) => Number(/ ([\d.]+) steps\/s/.exec(text)?.[1])

  it('leaves out what an earlier session did', () => {
    const stream = screen(false)
    const progress = createProgress({ label: 'train', total: 1100, unit: 'steps', start: 900, stream, now })
    time += 2
    progress.update(910)
    expect(stream.written[0]).toBe('train: 82% · 910/1.1k steps · 5 steps/s · 38 s left\n')
  })

  it('is steady over bursts and follows a lasting change within half a minute', () => {
    const stream = screen(false)
    const progress = createProgress({ label: 'train', unit: 'steps', stream, now })
    let done = 0
    const work = (seconds: number, perSecond: number) => {
      for (let i = 0; i < seconds; i++) {
        time += 1
        // Everything of five seconds arrives at once.
        if (i % 5 === 4) progress.update((done += 5 * perSecond))
      }
      return rateIn(stream.written.at(-1)!)
    }
    expect(work(60, 100)).toBeCloseTo(100, 0)
    const after = work(30, 10)
    expect(after).toBeGreaterThan(10)
    expect(after).toBeLessThan(35)
  })
})
