import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { repairMojibake } from './mojibake.ts'

interface Fixture {
  sound: string[]
  soundButChangedByFtfy: string[]
  cases: { language: string; how: string; broken: string; sentence: string; ftfy?: string }[]
  korean: { how: string; broken: string; sentence: string }[]
}

/** Made by `oracles/mojibake.py` with ftfy 6.3.1. */
const { sound, cases, korean } = JSON.parse(
  readFileSync(new URL('fixtures/mojibake.json', import.meta.url), 'utf8'),
) as Fixture

describe('repairMojibake', () => {
  it('changes no sound text', () => {
    for (const text of sound) {
      const changes: Changes = {}
      expect(repairMojibake(text, changes)).toBe(text)
      expect(changes).toEqual({})
    }
  })

  it('restores every text that ftfy restores, and makes no other text of any', () => {
    for (const { how, broken, sentence, ftfy } of cases) {
      const right = ftfy === undefined ? [sentence] : [broken, ftfy, sentence]
      expect({ how, repaired: repairMojibake(broken), right }).toSatisfy(
        ({ repaired }: { repaired: string }) => right.includes(repaired),
      )
    }
    expect(cases.filter(({ ftfy }) => ftfy === undefined).length).toBeGreaterThan(130)
  })

  it('restores Korean in CP949 read as Latin-1, and UTF-8 read as CP949 where no byte was lost', () => {
    for (const { how, broken, sentence } of korean) {
      expect([how, repairMojibake(broken)]).toEqual([how, sentence])
    }
  })

  it('restores a broken stretch between sound Korean', () => {
    const changes: Changes = {}
    expect(repairMojibake('이 cafÃ© 정말 â€œ좋다â€\u009d', changes)).toBe('이 café 정말 “좋다”')
    expect(changes).toEqual({ mojibake: 3 })
  })

  it('takes a no-break space that became a plain one for what it was', () => {
    expect(repairMojibake('When I firstÂ saw it')).toBe('When I first saw it')
    expect(repairMojibake('voilÃ  tout')).toBe('voilà tout')
    expect(repairMojibake('SÃO PAULO, Ã la')).toBe('SÃO PAULO, Ã la')
  })

  it('leaves what is not sure', () => {
    for (const text of ['AÃ±O PERÃº', 'AÂ·Â·B', 'ê°’', '¿É ¿É']) expect(repairMojibake(text)).toBe(text)
  })

  it('leaves what a decoder replaced', () => {
    for (const text of ['占쏙옙', '�븞�뀞', 'ìë', 'Ã', 'â€']) expect(repairMojibake(text)).toBe(text)
  })
})
