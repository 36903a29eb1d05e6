import type { Language } from '../grammar.ts'
import { withParticle } from '../with-particle.ts'
import { friendsScenarios } from './friends.ts'
import { groups } from './groups.ts'
import { words } from './lexicon.ts'
import { serviceScenarios } from './service.ts'
import { bridges, closings, greetings, smallTalk } from './talk.ts'
import { workScenarios } from './work.ts'

export const korean: Language = {
  code: 'ko',
  words,
  names: { friends: 'person', service: 'formal', work: 'formal' },
  modify: withParticle,
  greetings,
  smallTalk,
  closings,
  bridges,
  scenarios: [...friendsScenarios, ...serviceScenarios, ...workScenarios],
  groups,
}
