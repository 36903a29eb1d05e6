import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { english } from './english/english.ts'
import { korean } from './korean/korean.ts'
import { Slots } from './slots.ts'

const nobody = (): string => {
  throw new Error('no name was asked for')
}

describe('Slots', () => {
  it('keeps a word once drawn, and draws another for another digit or another subject', () => {
    for (let seed = 0; seed < 50; seed++) {
      const slots = new Slots(english, 'train', randomStream(seed, 0), { color: ['red', 'blue', 'green'] })
      const [first, again, second] = slots.fill('{color} {color} {color2}', nobody).split(' ')
      expect(again).toBe(first)
      const third = slots.fresh({ color: ['red', 'blue', 'green'] }).fill('{color3}', nobody)
      expect(new Set([first, second, third]).size).toBe(3)
    }
  })

  it('says the first form of an entry, tells the second, and adds what stands after the colon', () => {
    const slots = new Slots(korean, 'train', randomStream(1, 0), { state: ['아파요|아프다'], tea: ['물'] })
    expect(slots.fill('{state}. {tea:을/를} {tea:으로/로}', nobody)).toBe('아파요. 물을 물로')
    expect(slots.tell('{a:은/는} {state.2}', () => '#Person2#')).toBe('#Person2#는 아프다')
    expect(
      new Slots(english, 'train', randomStream(1, 0), { thing: ['oven'] }).fill('{thing:a}', nobody),
    ).toBe('an oven')
  })

  it('refuses to tell what was not said', () => {
    const slots = new Slots(english, 'train', randomStream(1, 0))
    expect(() => slots.tell('They meet at {place}.', nobody)).toThrow('nobody spoke of {place}')
    expect(() => slots.fill('{nothing}', nobody)).toThrow('there is no word list nothing')
  })

  it('remembers the names and open words that were told', () => {
    const slots = new Slots(english, 'test', randomStream(1, 0))
    const place = slots.fill('{place}', nobody)
    slots.fill('{day}', nobody)
    slots.tell('{a} and {b} meet on {day} at {place}.', (role) => (role === 'a' ? 'Ada' : '#Person2#'))
    expect(slots.told()).toEqual(['Ada', place])
  })
})
