import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { printFields } from './output.ts'

let written = ''
beforeEach(() => {
  written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((written += String(text))))
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('fields for people', () => {
  it('tell large numbers of bytes in units too, and small numbers as they are', () => {
    printFields({ memory: { runBytes16: 13_476_831_232, cacheBytesPerToken: 1_048_576, smallBytes: 640 } })
    expect(written).toContain('13,476,831,232  (12.6 GiB)')
    expect(written).toContain('1,048,576  (1 MiB)')
    expect(written).toMatch(/smallBytes +640\n/)
    printFields({ normEpsilon: 1e-6, share: 0.25, none: 0 })
    expect(written).toMatch(/normEpsilon +0\.000001\n/)
    expect(written).toMatch(/share +0\.25\nnone +0\n/)
  })
})
