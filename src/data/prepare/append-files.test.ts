import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AppendFiles } from './append-files.ts'

let folder = ''
beforeEach(() => void (folder = join(mkdtempSync(join(tmpdir(), 'yuksu-append-')), 'files')))
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const text = (name: string) => readFileSync(join(folder, name), 'utf8')

it('opened again, has what the lengths say and nothing that came later', async () => {
  const files = await AppendFiles.open(folder)
  await files.write('a', Buffer.from('first '))
  await files.write('b', Buffer.from('other'))
  await files.sync()
  const { lengths } = files
  await files.write('a', Buffer.from('too late'))
  await files.write('c', Buffer.from('new'))
  await files.close()
  const again = await AppendFiles.open(folder, lengths)
  expect(readdirSync(folder).sort()).toEqual(['a', 'b'])
  await again.write('a', Buffer.from('second'))
  await again.close()
  expect([text('a'), text('b')]).toEqual(['first second', 'other'])
  expect(again.lengths).toEqual({ a: 12, b: 5 })
})

it('writes to more files than it holds open', async () => {
  const files = await AppendFiles.open(folder)
  for (let round = 0; round < 2; round++)
    for (let file = 0; file < 150; file++) await files.write(`f${file}`, Buffer.from(`${file} `))
  await files.sync()
  await files.close()
  for (let file = 0; file < 150; file++) expect(text(`f${file}`)).toBe(`${file} ${file} `)
})

it('refuses files that are not what they were', async () => {
  const files = await AppendFiles.open(folder)
  await files.write('a', Buffer.from('first'))
  await files.close()
  const lost = AppendFiles.open(folder, { a: 5, b: 3 })
  await expect(lost).rejects.toMatchObject({ code: 'damaged-work' })
  writeFileSync(join(folder, 'a'), 'less')
  await expect(AppendFiles.open(folder, { a: 5 })).rejects.toMatchObject({ code: 'damaged-work' })
})
