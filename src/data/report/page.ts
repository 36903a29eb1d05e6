import { type Markup, markup, type MarkupValue } from './markup.ts'
import { pageStyle } from './page-style.ts'

/** A figure that stands large at the top of a page. */
export interface PageFact {
  readonly name: string
  readonly value: string
  readonly note?: string
  /** Asks for attention. */
  readonly bad?: boolean
}

/** A picture or table with its title; cards stand side by side where there is room. */
export interface PageCard {
  readonly title: string
  readonly text?: MarkupValue
  readonly body: MarkupValue
  /** Takes the whole width of the page. */
  readonly wide?: boolean
}

export interface PageSection {
  /** Address within the page: `lengths`. */
  readonly id: string
  readonly title: string
  readonly text?: MarkupValue
  readonly cards: readonly PageCard[]
}

export interface ReportPage {
  readonly title: string
  /** One or two sentences below the title: what was read and what the page says of it. */
  readonly lead: MarkupValue
  readonly facts: readonly PageFact[]
  readonly sections: readonly PageSection[]
  /** How the page was made and what its figures mean. */
  readonly foot?: MarkupValue
}

/**
 * A report as one HTML page that needs nothing else: no script, no font, no file beside it. Light and dark by the
 * reader's own setting, readable on a phone and on paper.
 */
export function reportPage({ title, lead, facts, sections, foot }: ReportPage): string {
  const shown = sections.filter(({ cards, text }) => cards.length > 0 || text !== undefined)
  const body = markup`<header><p class="brand">yuksu</p><h1>${title}</h1><p class="lead">${lead}</p></header>
<main><dl class="facts">${facts.map(
    ({ name, value, note, bad }) =>
      markup`<div class="${bad === true ? 'fact bad' : 'fact'}"><dt>${name}</dt><dd>${value}${note === undefined ? undefined : markup`<small>${note}</small>`}</dd></div>`,
  )}</dl>
${shown.length > 2 ? markup`<nav>${shown.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`)}</nav>` : undefined}
${shown.map(sectionMarkup)}</main>
${foot === undefined ? undefined : markup`<footer>${foot}</footer>`}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${markup`<title>${title}</title>`.text}
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
${body.text}
</body>
</html>
`
}

function sectionMarkup({ id, title, text, cards }: PageSection): Markup {
  return markup`<section id="${id}"><h2>${title}</h2>${text === undefined ? undefined : markup`<p class="text">${text}</p>`}<div class="${threes(cards) ? 'cards threes' : 'cards'}">${cards.map(
    ({ title, text, body, wide }) =>
      markup`<article class="${wide === true ? 'card wide' : 'card'}"><h3>${title}</h3>${text === undefined ? undefined : markup`<p class="text">${text}</p>`}${body}</article>`,
  )}</div></section>
`
}

/** Whether cards fill rows of three; others stand in pairs. */
function threes(cards: readonly PageCard[]): boolean {
  const narrow = cards.filter(({ wide }) => wide !== true).length
  return narrow > 0 && narrow % 3 === 0
}
