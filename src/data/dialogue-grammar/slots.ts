import type { Random } from '../../random.ts'
import type { Language, Role, Split } from './grammar.ts'

const slotPattern = /\{([A-Za-z]+?)(\d*)(?:\.(\d))?(?::([^}]+))?\}/g

interface Word {
  forms: readonly string[]
  open: boolean
}

/** What all slots of one dialogue share: no word is drawn twice. */
interface Drawn {
  used: Set<string>
  told: Set<string>
}

/** The words that stand in the slots of one subject of a dialogue. */
export class Slots {
  private readonly words = new Map<string, Word>()
  private readonly language: Language
  private readonly split: Split
  private readonly random: Random
  private readonly lists: Readonly<Record<string, readonly string[]>>
  private readonly parent: Slots | undefined
  private readonly drawn: Drawn

  constructor(
    language: Language,
    split: Split,
    random: Random,
    lists: Readonly<Record<string, readonly string[]>> = {},
    parent?: Slots,
  ) {
    this.language = language
    this.split = split
    this.random = random
    this.lists = lists
    this.parent = parent
    this.drawn = parent?.drawn ?? { used: new Set(), told: new Set() }
  }

  /** Slots for another subject or speaker: filled ones stay, new ones draw words not drawn before in this dialogue. */
  fresh(lists?: Readonly<Record<string, readonly string[]>>): Slots {
    return new Slots(this.language, this.split, this.random, lists, this)
  }

  /** A word of the list that was not drawn before in this dialogue. */
  drawNew(kind: string): string {
    return this.draw(kind).forms[0]!
  }

  private find(key: string): Word | undefined {
    return this.words.get(key) ?? this.parent?.find(key)
  }

  private draw(kind: string): Word {
    const list = this.lists[kind] ?? this.language.words[kind]?.words[this.split]
    if (list === undefined) throw new RangeError(`${this.language.code}: there is no word list ${kind}`)
    const open = this.lists[kind] === undefined && this.language.words[kind]!.open
    for (let attempt = 0; attempt < 200; attempt++) {
      const entry = this.random.pick(list)
      if (this.drawn.used.has(entry)) continue
      this.drawn.used.add(entry)
      return { forms: entry.split('|'), open }
    }
    // A short list is used up: a word comes a second time.
    return { forms: this.random.pick(list).split('|'), open }
  }

  /** A turn: slots that are empty yet are drawn, `{A}` `{B}` `{M}` are names. */
  fill(template: string, name: (role: Role) => string): string {
    return this.replace(template, (kind, key) => {
      if (/^[ABM]$/.test(key)) return { forms: [name(key.toLowerCase() as Role)], open: true }
      let word = this.find(key)
      if (word === undefined) this.words.set(key, (word = this.draw(kind)))
      return word
    })
  }

  /** A summary: `{a}` `{b}` `{m}` are what speakers are called; a slot that no turn filled is an error. */
  tell(template: string, label: (role: Role) => string): string {
    return this.replace(template, (_, key, form) => {
      if (/^[abm]$/.test(key)) {
        const text = label(key as Role)
        if (!text.startsWith('#')) this.drawn.told.add(text)
        return { forms: [text], open: true }
      }
      const word = this.find(key)
      if (word === undefined) throw new RangeError(`nobody spoke of {${key}}: ${template}`)
      if (word.open) this.drawn.told.add(word.forms[form]!)
      return word
    })
  }

  private replace(template: string, find: (kind: string, key: string, form: number) => Word): string {
    return template.replace(
      slotPattern,
      (whole, kind: string, digits: string, chosen: string | undefined, modifier: string | undefined) => {
        const form = Number(chosen ?? 1) - 1
        const text = find(kind, kind + digits, form).forms[form]
        if (text === undefined) throw new RangeError(`${whole} has no form ${form + 1}`)
        return modifier === undefined ? text : this.language.modify(text, modifier)
      },
    )
  }

  /** Words of open lists, names of speakers among them, that summaries of this dialogue told. */
  told(): string[] {
    return [...this.drawn.told]
  }
}
