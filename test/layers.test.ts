import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** A folder imports only from folders on earlier lines; files at the root of `src` named here come first. */
const layers = [
  ['errors.ts', 'random.ts'],
  ['threads', 'settings'],
  ['engine', 'formats'],
  ['nn', 'tokenizers', 'runs'],
  ['models', 'data'],
  ['adapters', 'quantize', 'generate'],
  ['evaluate', 'export'],
  ['train', 'retrieve', 'prompt', 'merge'],
  ['tune', 'agent'],
  ['serve'],
  ['recipes', 'cluster'],
  ['cli'],
  ['index.ts'],
]

const source = resolve(import.meta.dirname, '../src')

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return files(path)
    return /\.tsx?$/.test(name) ? [path] : []
  })
}

function part(path: string): string {
  return relative(source, path).split('/')[0]!
}

function level(name: string): number {
  return layers.findIndex((line) => line.includes(name))
}

function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)
  return [...found]
    .map((match) => resolve(dirname(path), match[1]!))
    .filter((target) => target.startsWith(source))
}

export function violation(from: string, to: string): string | undefined {
  if (from === to) return undefined
  if (level(from) < 0) return `${from} is in no layer`
  if (level(to) < 0) return `${to} is in no layer`
  return level(to) < level(from) ? undefined : `${from} may not import from ${to}`
}

describe('layers', () => {
  it('refuses an import from the same or a later line', () => {
    expect(violation('engine', 'formats')).toBeDefined()
    expect(violation('models', 'train')).toBeDefined()
    expect(violation('train', 'models')).toBeUndefined()
  })

  it('lets every folder import only from folders below it', () => {
    const found = files(source)
      // A test may set up the layers above to check what it tests against them.
      .filter((path) => !path.includes('/assembly/') && !path.endsWith('.test.ts'))
      .flatMap((path) => imports(path).map((target) => violation(part(path), part(target))))
      .filter((message) => message !== undefined)
    expect([...new Set(found)]).toEqual([])
  })
})
