import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFileAtomic, writeFolderAtomic } from './atomic-file.ts'
import { JsonLinesWriter } from './json-lines-writer.ts'

/** A file system of one megabyte, where the machine lets us mount one. */
function mountSmallDisk(): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'yuksu-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
    return disk
  } catch {
    rmSync(disk, { recursive: true })
    return undefined
  }
}

const disk = mountSmallDisk()

describe.skipIf(disk === undefined)(
  'a disk that really fills up (skipped where tmpfs cannot be mounted)',
  () => {
    const path = join(disk ?? '', 'weights')
    const free = () => statfsSync(disk!).bavail

    beforeAll(() => writeFileAtomic(path, 'before'))
    afterAll(() => {
      // Lazily, so that a failed test with an open file does not leave the mount behind.
      execFileSync('umount', ['-l', disk!])
      rmSync(disk!, { recursive: true })
    })

    it('keeps the previous file and gives the room back', async () => {
      const before = free()
      const error = await writeFileAtomic(path, new Uint8Array(2 << 20)).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'disk-full' })
      expect((error as Error).message).not.toContain('\n')
      expect(readFileSync(path, 'utf8')).toBe('before')
      expect(readdirSync(disk!)).toEqual(['weights'])
      expect(free()).toBe(before)
    })

    it('keeps the previous folder and gives the room back', async () => {
      const model = join(disk!, 'model')
      await writeFolderAtomic(model, (temporary) => writeFile(join(temporary, 'file'), 'one'))
      const before = free()
      const failing = writeFolderAtomic(model, async (temporary) => {
        await writeFile(join(temporary, 'small'), 'x')
        await writeFileAtomic(join(temporary, 'file'), new Uint8Array(2 << 20))
      })
      await expect(failing).rejects.toMatchObject({ code: 'disk-full' })
      expect(readFileSync(join(model, 'file'), 'utf8')).toBe('one')
      expect(free()).toBe(before)
    })

    it('keeps the lines before the one that found no room, and goes on once there is some', () => {
      const filler = join(disk!, 'filler')
      writeFileSync(filler, Buffer.alloc(600_000))
      const lines = JsonLinesWriter.open(join(disk!, 'out.jsonl'))
      const row = { prediction: '가'.repeat(3000) }
      expect(() => {
        for (let i = 0; i < 200; i++) lines.write(row)
      }).toThrow(expect.objectContaining({ code: 'disk-full' }))
      const expected = `${JSON.stringify(row)}\n`.repeat(lines.rows)
      expect(lines.rows).toBeGreaterThan(10)
      expect(readFileSync(lines.path, 'utf8')).toBe(expected)
      rmSync(filler)
      lines.write({ last: true })
      lines.close()
      expect(readFileSync(lines.path, 'utf8')).toBe(`${expected}{"last":true}\n`)
    })
  },
)
