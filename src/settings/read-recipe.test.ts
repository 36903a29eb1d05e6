import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRecipe } from './read-recipe.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-extends-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

describe('readRecipe', () => {
  it('joins sections key by key over those of the recipe it extends, through several', () => {
    write('base.yaml', 'seed: 1\ntrain: { steps: 3, rate: 1, names: [a, b] }\ndata: { train: x }\n')
    write('inner/middle.yaml', 'extends: ../base.yaml\ntrain: { rate: 2, names: [c] }\nmodel: { width: 8 }\n')
    const path = write(
      'top.yaml',
      'extends: inner/middle.yaml\ntrain: { steps: null, epochs: 4 }\ndata: null\n',
    )
    expect(readRecipe(path)).toEqual({
      seed: 1,
      train: { rate: 2, names: ['c'], epochs: 4 },
      model: { width: 8 },
    })
  })

  it('puts a section in place of a value and a value in place of a section', () => {
    write('base.yaml', 'a: 1\nb: { c: 2, d: { e: 3 } }\n')
    const path = write('top.yaml', 'extends: base.yaml\na: { x: { y: null, z: 1 } }\nb: 5\n')
    expect(readRecipe(path)).toEqual({ a: { x: { z: 1 } }, b: 5 })
  })

  it('leaves a recipe as it is that extends none', () => {
    expect(readRecipe(write('alone.yaml', 'a: null\nb: [1]\n'))).toEqual({ a: null, b: [1] })
    expect(readRecipe(write('empty.yaml', ''))).toEqual({})
    expect(readRecipe(write('list.yaml', '[1, 2]\n'))).toEqual([1, 2])
  })

  it('takes no key for more than a key', () => {
    write('base.yaml', 'train: { steps: 1 }\n')
    const path = write('top.yaml', 'extends: base.yaml\n__proto__: { polluted: true }\n')
    readRecipe(path)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it.each([
    ['extends: missing.yaml\n', /recipe .*missing\.yaml does not exist; check the path/],
    ['extends: top.yaml\n', /top\.yaml extends itself \(.*top\.yaml → .*top\.yaml\)/],
    ['extends: other.yaml\n', /extends itself \(.*top\.yaml → .*other\.yaml → .*top\.yaml\); take/],
    ['extends: list.yaml\n', /top\.yaml extends list\.yaml, which is no section of keys and values/],
    ['extends: [a.yaml]\n', /extends is \["a.yaml"\]; expected the path of another recipe/],
    ['extends:\n', /extends is null; expected the path/],
  ])('says in a line what is wrong with %j', (text, expected) => {
    write('other.yaml', 'extends: top.yaml\n')
    write('list.yaml', '[1, 2]\n')
    const path = write('top.yaml', text)
    expect(() => readRecipe(path)).toThrow(expected)
  })
})
