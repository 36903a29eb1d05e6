import type { Language } from '../grammar.ts'
import { friendsScenarios } from './friends.ts'
import { groups } from './groups.ts'
import { words } from './lexicon.ts'
import { serviceScenarios } from './service.ts'
import { bridges, closings, greetings, smallTalk } from './talk.ts'
import { workScenarios } from './work.ts'

function modify(word: string, modifier: string): string {
  if (modifier === 'a') return /^[aeiou]/i.test(word) ? `an ${word}` : `a ${word}`
  if (modifier === 'upper') return word.charAt(0).toUpperCase() + word.slice(1)
  throw new RangeError(`English has no modifier ${modifier}`)
}

export const english: Language = {
  code: 'en',
  words,
  names: { friends: 'person', service: 'formal', work: 'person' },
  modify,
  greetings,
  smallTalk,
  closings,
  bridges,
  scenarios: [...friendsScenarios, ...serviceScenarios, ...workScenarios],
  groups,
}
