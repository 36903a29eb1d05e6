import type { ConversationInspection } from '../tokenizers/inspect-conversation.ts'
import { printTable } from './output.ts'

/** Shows a conversation and what of it is learned: on a terminal in colour, and between ⟦ and ⟧ everywhere. */
export async function printConversation(inspection: ConversationInspection): Promise<void> {
  const { messages, pieces, count, learned, endTokenAdded } = inspection
  printTable(
    ['message', 'role', 'tokens', 'learned'],
    [
      ...messages.map((message, index) => [
        String(index + 1),
        message.role,
        String(message.tokens),
        String(message.learned),
      ]),
      ['', 'all', String(count), String(learned)],
    ],
    ['right', 'left', 'right', 'right'],
  )
  const { createColors } = await import('picocolors')
  const { green } = createColors(process.stdout.isTTY === true && !process.env.NO_COLOR)
  const shown = pieces.map(({ text, learned }) => (learned ? `⟦${green(text)}⟧` : text))
  process.stdout.write(`\n${shown.join('')}\n`)
  if (endTokenAdded)
    process.stdout.write('\nThe template ends the answer with no token; one was put behind it.\n')
}
