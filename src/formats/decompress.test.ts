import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Compression, decompress } from './decompress.ts'

const folder = join(import.meta.dirname, 'fixtures/compressed')
const packed = {
  '.zst': readFileSync(join(folder, 'rows.jsonl.zst')),
  '.bz2': readFileSync(join(folder, 'rows.jsonl.bz2')),
}
const { rows, bytes } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  rows: number
  bytes: number
}
const text = Array.from(
  { length: rows },
  (_, i) => `{"i": ${i}, "text": "${'육수 '.repeat(i % 11)}"}\n`,
).join('')

async function* inPieces(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

async function unpacked(compression: Compression, content: Uint8Array, size = 1 << 16): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of decompress(`rows${compression}`, compression, inPieces(content, size)))
    pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

describe.each(['.zst', '.bz2'] as const)('%s', (compression) => {
  const content = packed[compression]

  it('gives what the reference packed, over several frames, wherever the pieces begin', async () => {
    expect(Buffer.byteLength(text)).toBe(bytes)
    for (const size of [1 << 16, 1000, 7])
      expect((await unpacked(compression, content, size)) === text).toBe(true)
  })

  it('names what is cut off or damaged, wherever it is', async () => {
    const name = compression === '.zst' ? 'zstandard' : 'bzip2'
    for (const length of [2, 9, 500, content.length >> 1, content.length - 3]) {
      await expect(unpacked(compression, content.subarray(0, length))).rejects.toMatchObject({
        code: `truncated-${name}`,
      })
    }
    await expect(unpacked(compression, Buffer.from('not packed at all'))).rejects.toMatchObject({
      code: `corrupt-${name}`,
    })
    let refused = 0
    for (let at = 0; at < content.length; at += 211) {
      const damaged = Buffer.from(content)
      damaged[at]! ^= 0x55
      const error: unknown = await unpacked(compression, damaged).catch((error: unknown) => error)
      if (typeof error === 'string') continue
      expect(error).toMatchObject({ code: expect.stringMatching(/^(corrupt|truncated)-/) })
      refused++
    }
    // fzstd does not look at checksums: not every damage shows.
    expect(refused).toBeGreaterThan(compression === '.bz2' ? content.length / 211 - 1 : 0)
  })
})

it('bzip2 with another checksum of the whole is refused', async () => {
  const damaged = Buffer.from(packed['.bz2'])
  damaged[damaged.length - 3]! ^= 0xff
  await expect(unpacked('.bz2', damaged)).rejects.toMatchObject({ code: 'corrupt-bzip2' })
})

describe('Zstandard', () => {
  it('of nothing is nothing', async () => {
    expect(await unpacked('.zst', readFileSync(join(folder, 'empty.jsonl.zst')))).toBe('')
  })

  it('that asks for more memory than is given is refused before it has it', async () => {
    // A window of 2^30, and one block of a single byte repeated.
    const greedy = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x03 | (1 << 3), 0x00, 0x00, 0x61])
    await expect(unpacked('.zst', greedy)).rejects.toThrow(/1024 MiB/)
  })

  it('a bomb of repeated blocks is left at the limit', async () => {
    const block = Buffer.from([
      0x02 | (((1 << 17) << 3) & 255),
      ((1 << 20) >> 8) & 255,
      (1 << 20) >> 16,
      0x61,
    ])
    const bomb = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]),
      ...Array.from({ length: 3000 }, () => block),
    ])
    await expect(unpacked('.zst', bomb)).rejects.toMatchObject({ code: 'zip-bomb' })
  })
})
