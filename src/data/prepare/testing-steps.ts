import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { CorpusStepDefinition, RowStepDefinition, StepDefinition } from '../step.ts'

/** Steps as small as can be, one for each thing that may become of a row. */

const none = z.strictObject({})

const textOf = (values: Readonly<Record<string, unknown>>, column = 'text') => String(values[column] ?? '')

export const shout: RowStepDefinition<{ mark: string }> = {
  kind: 'row',
  name: 'shout',
  description: 'Puts a mark behind texts that have none.',
  options: z.strictObject({ mark: z.string().default('!').describe('What is put there.') }),
  create({ mark }) {
    return {
      apply({ values }, { texts }) {
        const changed = texts.filter((name) => !textOf(values, name).endsWith(mark))
        if (changed.length === 0) return undefined
        const more = Object.fromEntries(changed.map((name) => [name, `${textOf(values, name)}${mark}`]))
        return { values: { ...values, ...more }, changes: { mark: changed.length } }
      },
    }
  },
}

export const short: RowStepDefinition<{ atLeast: number }> = {
  kind: 'row',
  name: 'short',
  description: 'Drops short texts.',
  options: z.strictObject({ atLeast: z.int().min(1).default(4).describe('Characters.') }),
  create({ atLeast }) {
    return {
      apply({ values }, { document }) {
        const { length } = document.map((name) => textOf(values, name)).join('')
        return length < atLeast ? { drop: 'too-short', evidence: { length } } : undefined
      },
    }
  },
}

export const echo: RowStepDefinition<object> = {
  kind: 'row',
  name: 'echo',
  description: 'Makes two rows of one that asks a question.',
  options: none,
  create: () => ({
    apply({ values }) {
      const text = textOf(values)
      if (!text.includes('?')) return undefined
      return {
        made: [
          { ...values, text: `${text} 1` },
          { ...values, text: `${text} 2` },
        ],
        recipe: { sound: 'echo' },
      }
    },
  }),
}

export const broken: RowStepDefinition<object> = {
  kind: 'row',
  name: 'broken',
  description: 'Fails.',
  options: none,
  create: () => ({
    apply({ values }) {
      if (textOf(values).includes('bomb')) throw new TypeError('it went off')
      return undefined
    },
  }),
}

export const twins: CorpusStepDefinition<object> = {
  kind: 'corpus',
  name: 'twins',
  description: 'Drops a document that was there before.',
  options: none,
  async plan(rows, _options, { progress, signal }) {
    const first = new Map<string, number>()
    const twin = new Map<number, number>()
    for await (const { index, values, columns } of rows) {
      signal?.throwIfAborted()
      const text = columns.document.map((name) => textOf(values, name)).join('\n')
      const earlier = first.get(text)
      if (earlier === undefined) first.set(text, index)
      else twin.set(index, earlier)
      progress('compare', index + 1)
    }
    return {
      outcome(index) {
        const kept = twin.get(index)
        return kept === undefined ? undefined : { drop: 'twin', evidence: { kept } }
      },
      figures: { clusters: new Set(twin.values()).size, pairs: twin.size },
      files: { 'pairs.jsonl': [Buffer.from([...twin].map((pair) => `${JSON.stringify(pair)}\n`).join(''))] },
    }
  },
}

export const backwards: CorpusStepDefinition<{ twice: boolean }> = {
  kind: 'corpus',
  name: 'backwards',
  description: 'Turns the order around, each row once or twice, and drops the first.',
  options: z.strictObject({ twice: z.boolean().default(false).describe('Whether each comes twice.') }),
  async plan(rows, { twice }) {
    const order = Array.from({ length: rows.count }, (_, index) => rows.count - 1 - index)
    return {
      outcome: (index) => (index === 0 ? { drop: 'first' } : undefined),
      order: Uint32Array.from(twice ? [...order, ...order] : order),
    }
  },
}

export const halves: CorpusStepDefinition<object> = {
  kind: 'corpus',
  name: 'halves',
  description: 'Gives the first half of the rows to one output and the others to another.',
  options: none,
  plan: async (rows) => ({
    outcome: (index) => ({ output: index < rows.count / 2 ? 'train' : 'test' }),
  }),
}

export const listed: RowStepDefinition<{ lists: readonly string[] }> = {
  kind: 'row',
  name: 'listed',
  description: 'Drops texts that a file lists.',
  options: z.strictObject({ lists: z.array(z.string()).describe('Files with a text a line.') }),
  create({ lists }) {
    const texts = new Set(lists.flatMap((file) => readFileSync(file, 'utf8').split('\n')))
    return {
      apply: ({ values }) => (texts.has(textOf(values)) ? { drop: 'listed' } : undefined),
    }
  },
}

export const testSteps: readonly StepDefinition[] = [
  shout,
  short,
  echo,
  broken,
  twins,
  backwards,
  halves,
  listed,
]
