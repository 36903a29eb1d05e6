import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readParquet } from './parquet.ts'

const folder = join(import.meta.dirname, 'fixtures/parquet')
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, unknown>[]

async function slices(path: string) {
  const found = []
  for await (const rows of readParquet(path))
    found.push(rows.map((row) => ('values' in row ? row.values : row)))
  return found
}

async function refusal(content: Uint8Array) {
  const place = mkdtempSync(join(tmpdir(), 'yuksu-parquet-'))
  try {
    const path = join(place, 'bad.parquet')
    writeFileSync(path, content)
    return await slices(path).then(
      () => undefined,
      (error: unknown) => error,
    )
  } finally {
    rmSync(place, { recursive: true })
  }
}

describe('readParquet', () => {
  it.each(['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'])(
    'reads what pyarrow wrote with %s: texts, numbers, times, decimals, lists, objects',
    async (codec) => {
      const groups = await slices(join(folder, `${codec}.parquet`))
      expect(groups.map((rows) => rows.length)).toEqual([17, 17, 6])
      expect(groups.flat()).toEqual(expected)
      // Nothing that JSON would lose.
      expect(JSON.parse(JSON.stringify(groups.flat()))).toEqual(expected)
    },
  )

  it('reads one large group in slices that begin within it', async () => {
    const found = await slices(join(folder, 'slices.parquet'))
    expect(found.length).toBeGreaterThan(2)
    const rows = found.flat()
    expect(rows.length).toBe(20_000)
    expect(rows.every((row, i) => JSON.stringify(row) === JSON.stringify(pick(expected[i % 40]!)))).toBe(true)
  })

  const pick = ({ text, count, price, exact }: Record<string, unknown>) => ({ text, count, price, exact })

  it('names what is cut off, damaged or something else', async () => {
    const whole = readFileSync(join(folder, 'zstd.parquet'))
    expect(await refusal(whole.subarray(0, 5000))).toMatchObject({ code: 'truncated-parquet' })
    expect(await refusal(Buffer.from('{"a":1}\n{"a":2}\n'))).toMatchObject({ code: 'not-parquet' })
    expect(await refusal(Buffer.alloc(0))).toMatchObject({ code: 'empty-file' })
    const outcomes = new Set<string | undefined>()
    for (let at = 4; at < whole.length - 4; at += 97) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0xff
      outcomes.add(((await refusal(damaged)) as Error | undefined)?.name)
    }
    expect(outcomes).toEqual(new Set(['YuksuError', undefined]))
  })
})
