import type { Random } from '../../random.ts'
import type {
  Exchange,
  GroupScenario,
  Language,
  Line,
  Outcome,
  Role,
  Scenario,
  Setting,
  Split,
  Step,
} from './grammar.ts'
import { Slots } from './slots.ts'
import { splitOf } from './word-list.ts'

/** The longest dialogue, in turns. */
export const mostTurns = 60

export interface Composition {
  kinds: string[]
  dialogue: string
  summary: string
  turns: number
  speakers: number
  /** Words of open lists that the summary holds: all of them were said. */
  told: string[]
}

interface Turn {
  speaker: number
  text: string
}

/** One dialogue under construction: who spoke, what was said, who was introduced by name. */
class Conversation {
  readonly turns: Turn[] = []
  private readonly names: string[]
  private readonly introduced = new Set<number>()
  private readonly random: Random
  private readonly said = new Set<string>()
  private prefix = ''

  constructor(language: Language, random: Random, slots: Slots, setting: Setting, speakers: number) {
    this.random = random
    const list = language.names[setting]
    this.names = Array.from({ length: speakers }, () => slots.drawNew(list))
  }

  /** The speaker who said the last turn, or -1 before the first. */
  get last(): number {
    return this.turns.at(-1)?.speaker ?? -1
  }

  /** Text before the next turn's own, to lead over to a new subject. */
  leadOver(text: string): void {
    this.prefix = text
  }

  say(line: Line, roles: Partial<Record<Role, number>>, slots: Slots): void {
    const speaker = roles[line.role]
    if (speaker === undefined) throw new RangeError(`nobody has the role ${line.role}`)
    const unsaid = line.phrasings.filter((phrasing) => !this.said.has(phrasing))
    const phrasing = this.random.pick(unsaid.length > 0 ? unsaid : line.phrasings)
    this.said.add(phrasing)
    const text = this.prefix + slots.fill(phrasing, (role) => this.call(roles[role]))
    this.prefix = ''
    const previous = this.turns.at(-1)
    if (previous?.speaker === speaker) previous.text += ` ${text}`
    else this.turns.push({ speaker, text })
  }

  sayAll(steps: readonly Step[], roles: Partial<Record<Role, number>>, slots: Slots): void {
    for (const step of steps) {
      if (!('maybe' in step)) this.say(step, roles, slots)
      else if (this.random.chance(0.5)) for (const line of step.maybe) this.say(line, roles, slots)
    }
  }

  private call(speaker: number | undefined): string {
    if (speaker === undefined) throw new RangeError('a name is said of somebody who is not there')
    this.introduced.add(speaker)
    return this.names[speaker]!
  }

  /** Speakers are numbered in the order in which they first speak. */
  private mark(speaker: number): string {
    const order = [...new Set(this.turns.map((turn) => turn.speaker))]
    return `#Person${order.indexOf(speaker) + 1}#`
  }

  /** What a summary calls a speaker: the name, where it was said. */
  label(speaker: number): string {
    return this.introduced.has(speaker) ? this.names[speaker]! : this.mark(speaker)
  }

  text(): string {
    return this.turns.map((turn) => `${this.mark(turn.speaker)}: ${turn.text}`).join('\n')
  }

  speakers(): number {
    return new Set(this.turns.map((turn) => turn.speaker)).size
  }
}

/** How many exchanges of small talk: none or one mostly, with a long tail. */
function smallTalkCount(random: Random): number {
  const draw = random.fraction()
  if (draw < 0.6) return 0
  if (draw < 0.8) return 1
  if (draw < 0.9) return 2
  if (draw < 0.97) return 3 + random.below(4)
  return 7 + random.below(22)
}

/** Turns kept free for what is told in the summary and for the goodbye. */
const reserve = 12

class SmallTalk {
  private readonly left: Exchange[]
  private count: number
  private readonly conversation: Conversation
  private readonly slots: Slots

  constructor(
    language: Language,
    setting: Setting,
    conversation: Conversation,
    slots: Slots,
    random: Random,
  ) {
    this.left = random.shuffled(language.smallTalk[setting])
    this.count = smallTalkCount(random)
    this.conversation = conversation
    this.slots = slots
  }

  get wanted(): number {
    return this.count
  }

  /** Says up to `count` exchanges, begun by whoever did not speak last. */
  say(count: number, speakers: () => [number, number]): void {
    for (let index = 0; index < count && this.left.length > 0; index++) {
      if (this.conversation.turns.length > mostTurns - reserve) return
      const [first, second] = speakers()
      this.conversation.sayAll(this.left.pop()!, { a: first, b: second }, this.slots.fresh())
      this.count -= 1
    }
  }
}

/** Composes one dialogue and its summary; every choice comes from `random`. */
export function compose(language: Language, split: Split, random: Random): Composition {
  for (;;) {
    const slots = new Slots(language, split, random)
    const composition = random.chance(0.15)
      ? composeGroup(language, random, slots, random.pick(language.groups))
      : composePair(language, split, random, slots, random.pick(language.scenarios))
    if (composition.turns <= mostTurns) return composition
  }
}

function composePair(
  language: Language,
  split: Split,
  random: Random,
  slots: Slots,
  scenario: Scenario,
): Composition {
  const { setting } = scenario
  const conversation = new Conversation(language, random, slots, setting, 2)
  const people: [number, number] = [0, 1]
  const other = (): number => (conversation.last === 0 ? 1 : 0)
  const smallTalk = new SmallTalk(language, setting, conversation, slots, random)
  const summaries: (() => string)[] = []
  const kinds: string[] = []

  const discuss = (subject: Scenario, first: number): void => {
    const own = slots.fresh(subject.lists)
    const roles = { a: first, b: 1 - first }
    const outcome = random.pick(subject.outcomes)
    conversation.sayAll(subject.opening, roles, own)
    conversation.sayAll(outcome.steps, roles, own)
    summaries.push(() => tell(outcome, roles, own, conversation, random))
    kinds.push(subject.kind)
  }

  const greets = smallTalk.wanted > 0 || random.chance(0.65)
  if (greets) conversation.sayAll(random.pick(language.greetings[setting]), { a: 0, b: 1 }, slots.fresh())
  if (greets) smallTalk.say(smallTalk.wanted, () => (conversation.last === 0 ? [1, 0] : people))
  discuss(scenario, conversation.last === -1 ? 0 : other())

  // Which subjects may follow each other depends on the split: combinations are held out too.
  const more = language.scenarios.filter(
    (next) =>
      next.setting === setting &&
      next.kind !== scenario.kind &&
      splitOf(`${scenario.kind} ${next.kind}`) === split,
  )
  if (setting !== 'service' && more.length > 0 && random.chance(0.15)) {
    conversation.leadOver(random.pick(language.bridges[setting]))
    discuss(random.pick(more), other())
  }
  if (random.chance(0.5)) {
    const begun = conversation.last === 0 ? 'b' : 'a'
    const fitting = language.closings[setting].filter((exchange) => exchange[0]!.role === begun)
    conversation.sayAll(random.pick(fitting), { a: 0, b: 1 }, slots.fresh())
  }
  return finish(conversation, kinds, summaries, slots)
}

function composeGroup(
  language: Language,
  random: Random,
  slots: Slots,
  scenario: GroupScenario,
): Composition {
  const size = 3 + random.below(5)
  const conversation = new Conversation(language, random, slots, scenario.setting, size)
  const smallTalk = new SmallTalk(language, scenario.setting, conversation, slots, random)
  const members = random.shuffled(Array.from({ length: size - 1 }, (_, index) => index + 1))
  const shared = slots.fresh(scenario.lists)
  const summaries: (() => string)[] = []
  const anyTwo = (): [number, number] => {
    const [first, second] = random.shuffled(
      [0, ...members].filter((speaker) => speaker !== conversation.last),
    )
    return [first!, second!]
  }
  smallTalk.say(smallTalk.wanted, anyTwo)
  conversation.sayAll(scenario.opening, { a: 0 }, shared)
  for (const [index, member] of members.entries()) {
    const own = shared.fresh(scenario.lists)
    const outcome = random.pick(scenario.floor)
    // Whoever had the floor before, or has it next, may be spoken of.
    const roles = { a: 0, m: member, b: members[(index + 1) % members.length]! }
    conversation.sayAll(outcome.steps, roles, own)
    summaries.push(() => tell(outcome, roles, own, conversation, random))
  }
  conversation.sayAll(scenario.closing.steps, { a: 0, m: members[0]! }, shared)
  summaries.unshift(() => tell(scenario.closing, { a: 0 }, shared, conversation, random))
  return finish(conversation, [scenario.kind], summaries, slots)
}

function tell(
  outcome: Outcome,
  roles: Partial<Record<Role, number>>,
  slots: Slots,
  conversation: Conversation,
  random: Random,
): string {
  return slots.tell(random.pick(outcome.summaries), (role) => {
    const speaker = roles[role]
    if (speaker === undefined) throw new RangeError(`a summary speaks of ${role}, who is not there`)
    return conversation.label(speaker)
  })
}

function finish(
  conversation: Conversation,
  kinds: string[],
  summaries: (() => string)[],
  slots: Slots,
): Composition {
  const summary = summaries
    .map((write) => write())
    .filter((text) => text !== '')
    .join(' ')
  return {
    kinds,
    dialogue: conversation.text(),
    summary,
    turns: conversation.turns.length,
    speakers: conversation.speakers(),
    told: slots.told(),
  }
}
