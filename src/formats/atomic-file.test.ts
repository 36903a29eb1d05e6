import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { repairInterruptedWrites, writeFileAtomic, writeFolderAtomic } from './atomic-file.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return { ...real, rename: vi.fn<typeof real.rename>(real.rename) }
})

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-atomic-'))
  return () => rmSync(folder, { recursive: true })
})

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('writeFileAtomic', () => {
  it('writes text, bytes, iterables and asynchronous iterables', async () => {
    const path = join(folder, 'file')
    async function* asynchronous() {
      yield Buffer.from('육수 ')
      yield Buffer.from('🍲')
    }
    const text = '육수 🍲'
    for (const data of [text, Buffer.from(text), [Buffer.from(text)], asynchronous()]) {
      await writeFileAtomic(path, data)
      expect(readFileSync(path, 'utf8')).toBe(text)
      rmSync(path)
    }
  })

  it.each([
    ['ENOSPC', 'disk-full', /no room left/],
    ['EDQUOT', 'disk-full', /no room left/],
    ['EIO', 'cannot-write', /the disk reported an error/],
  ])('keeps the previous file and leaves nothing else after %s', async (code, expected, message) => {
    const path = join(folder, 'file')
    await writeFileAtomic(path, 'before')
    function* failing() {
      yield Buffer.alloc(1000)
      throw systemError(code)
    }
    await expect(writeFileAtomic(path, failing())).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(message),
    })
    expect(readFileSync(path, 'utf8')).toBe('before')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  it('lets an error that is not the system’s through and cleans up', async () => {
    function* failing(): Generator<Uint8Array> {
      yield Buffer.alloc(10)
      throw new RangeError('a bug')
    }
    await expect(writeFileAtomic(join(folder, 'file'), failing())).rejects.toThrow(RangeError)
    expect(readdirSync(folder)).toEqual([])
  })

  it('says what to do where the folder is missing, a folder is in the way, or the name is too long', async () => {
    mkdirSync(join(folder, 'taken', 'child'), { recursive: true })
    const cases: [string, RegExp][] = [
      [join(folder, 'none', 'file'), /create the folder first/],
      [join(folder, 'taken'), /a folder of that name is in the way/],
      [join(folder, '가'.repeat(200)), /the name is too long/],
    ]
    for (const [path, message] of cases) {
      await expect(writeFileAtomic(path, 'text')).rejects.toMatchObject({
        code: 'cannot-write',
        message: expect.stringMatching(message),
      })
    }
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  it('follows a symbolic link and takes the longest name the system allows', async () => {
    writeFileSync(join(folder, 'real'), 'before')
    symlinkSync('real', join(folder, 'link'))
    await writeFileAtomic(join(folder, 'link'), 'after')
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('after')
    const long = join(folder, '가'.repeat(85))
    await writeFileAtomic(long, 'long')
    expect(readFileSync(long, 'utf8')).toBe('long')
  })
})

describe('writeFolderAtomic', () => {
  const fill = (text: string) => async (temporary: string) => {
    await mkdir(join(temporary, 'deep'))
    await writeFile(join(temporary, 'deep', 'file'), text)
  }
  const content = (path: string) => readFileSync(join(path, 'deep', 'file'), 'utf8')

  it('creates a folder and replaces it whole', async () => {
    const path = join(folder, 'model')
    await writeFolderAtomic(path, fill('one'))
    writeFileSync(join(path, 'stale'), 'x')
    await writeFolderAtomic(path, fill('two'))
    expect(content(path)).toBe('two')
    expect(readdirSync(path)).toEqual(['deep'])
    expect(readdirSync(folder)).toEqual(['model'])
  })

  it('keeps the previous folder when filling fails', async () => {
    const path = join(folder, 'model')
    await writeFolderAtomic(path, fill('one'))
    const failing = writeFolderAtomic(path, async (temporary) => {
      await fill('half')(temporary)
      throw systemError('ENOSPC')
    })
    await expect(failing).rejects.toMatchObject({ code: 'disk-full' })
    expect(content(path)).toBe('one')
    expect(readdirSync(folder)).toEqual(['model'])
  })

  it('puts the previous folder back when its successor cannot take its place', async () => {
    const path = join(folder, 'model')
    await writeFolderAtomic(path, fill('one'))
    const real = vi.mocked(rename).getMockImplementation()!
    vi.mocked(rename).mockImplementationOnce(real).mockRejectedValueOnce(systemError('EIO'))
    await expect(writeFolderAtomic(path, fill('two'))).rejects.toMatchObject({ code: 'cannot-write' })
    expect(content(path)).toBe('one')
    expect(readdirSync(folder)).toEqual(['model'])
  })

  it('brings back the previous folder after a kill between the two renames', async () => {
    const left = join(folder, '.model.0123456789ab.previous')
    await writeFolderAtomic(left, fill('one'))
    const failing = writeFolderAtomic(join(folder, 'model'), () => Promise.reject(new Error('again')))
    await expect(failing).rejects.toThrow('again')
    expect(content(join(folder, 'model'))).toBe('one')
    expect(readdirSync(folder)).toEqual(['model'])
  })
})

describe('repairInterruptedWrites', () => {
  it('removes temporaries, restores what has no successor, and touches nothing else', async () => {
    const names = [
      '.a.0123456789ab.partial',
      '.b.0123456789ab.previous',
      '.c.0123456789ab.previous',
      'c',
      '.d.partial',
      'e',
    ]
    for (const name of names) mkdirSync(join(folder, 'checkpoints', name), { recursive: true })
    await repairInterruptedWrites(folder)
    expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['.d.partial', 'b', 'c', 'e'])
  })
})
