import { pageBlocks } from './page-blocks.ts'
import type { PageBlock, PageBlocks } from './page-blocks.ts'

export interface PageText {
  readonly title: string
  /** As `html lang` has it; '' where it is not said. */
  readonly language: string
  readonly url: string
  /** The main text: paragraphs, headings, items, rows, each on lines of its own; '' where there is none. */
  readonly text: string
}

/** So many of a Latin script make a paragraph, half as many of a script that needs no more to say as much. */
const paragraphWeight = 140
const sentenceWeight = 50
/** Blocks between two paragraphs that may belong to the same text. */
const widestGap = 4

/**
 * The main text of a page by the density of its blocks, after jusText (Pomikálek 2011) and Boilerpipe (Kohlschütter et al.
 * 2010): long blocks with few links are text, short ones where they stand among those, and menus, footers and whatever else the
 * page itself names so are none. Where a page says what its content is, and that holds text, the rest is left out.
 * Throws a `RangeError` for a page that is nested too deeply.
 */
export function mainText(html: string): PageText {
  const page = pageBlocks(html)
  return { title: page.title, language: page.language, url: page.url, text: textOf(chosen(page)) }
}

function chosen({ blocks }: PageBlocks): PageBlock[] {
  const main = blocks.filter(({ isMain }) => isMain)
  if (weightOf(main) >= paragraphWeight && main.some(isParagraph)) return withContext(main)
  return withContext(blocks)
}

function withContext(blocks: readonly PageBlock[]): PageBlock[] {
  const good = blocks.map(isParagraph)
  // A page of a few words: all that is not links.
  if (!good.includes(true)) return blocks.filter((block) => !isLinks(block))
  const kept = [...good]
  let last = -1
  for (let i = 0; i < blocks.length; i++) {
    if (!good[i]) continue
    if (last >= 0 && i - last <= widestGap + 1) {
      for (let k = last + 1; k < i; k++) kept[k] = !isLinks(blocks[k]!)
    } else {
      // The headline, and what stands between it and the text.
      for (let k = i - 1; k >= Math.max(last + 1, i - 3); k--) {
        if (blocks[k]!.kind !== 'heading') continue
        for (let j = k; j < i; j++) kept[j] = !isLinks(blocks[j]!)
      }
    }
    // Items, code and sentences that follow the last paragraph.
    for (let k = i + 1; k < blocks.length && !good[k]; k++) {
      const block = blocks[k]!
      if (isLinks(block) || (block.kind === 'text' && !endsSentence(block.text)) || block.kind === 'heading')
        break
      kept[k] = true
    }
    last = i
  }
  return blocks.filter((_, i) => kept[i])
}

function isParagraph(block: PageBlock): boolean {
  if (isLinks(block) || block.kind === 'heading') return false
  const weight = weightOf([block])
  if (block.kind === 'code') return weight >= paragraphWeight
  return weight >= paragraphWeight || (weight >= sentenceWeight && endsSentence(block.text))
}

function isLinks({ text, linked }: PageBlock): boolean {
  return linked > text.length * 0.4
}

function endsSentence(text: string): boolean {
  return /[.!?。！？…]["'”’」』)\]]*(?:\s|$)/.test(text)
}

function weightOf(blocks: readonly PageBlock[]): number {
  let weight = 0
  for (const { text } of blocks) {
    weight += text.length
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x1100) weight++
  }
  return weight
}

function textOf(blocks: readonly PageBlock[]): string {
  let text = ''
  let before: PageBlock['kind'] | undefined
  for (const block of blocks) {
    const line = block.kind === 'item' ? `- ${block.text}` : block.text
    // Items of a list and rows of a table stand together.
    const isNext = block.kind === before && (block.kind === 'item' || block.kind === 'row')
    text += `${text === '' ? '' : isNext ? '\n' : '\n\n'}${line}`
    before = block.kind
  }
  return text
}
