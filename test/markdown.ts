/** What the tests of the documentation read out of a Markdown page. */

export interface ShellCommand {
  readonly words: readonly string[]
  /** Shown in a code block, to be typed as it stands; otherwise named in running text. */
  readonly block: boolean
}

export interface CodeBlock {
  readonly language: string
  readonly text: string
}

/** The fenced code blocks of a page. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }))
}

/** The `yuksu`, `npm` and `npx` commands of a page: lines of shell and indented code, and code within a sentence. */
export function commandsIn(markdown: string): ShellCommand[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
  const indented = prose.split('\n').filter((line) => line.startsWith('    '))
  const shell = codeBlocks(markdown).filter(({ language }) => language === 'sh')
  const lines = shell.flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, ' ').split('\n')).concat(indented)
  const inline = [...prose.replaceAll(/^ {4}.*$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!)
  const found = (block: boolean) => (line: string) =>
    splitWords(line)
      .filter(([name, next]) => /^(yuksu|npm|npx)$/.test(name ?? '') && next !== undefined)
      .map((words) => ({ words, block }))
  return [...lines.flatMap(found(true)), ...inline.flatMap(found(false))]
}

/** The words of each command of a shell line, as a shell would split them; redirections and comments are left out. */
export function splitWords(line: string): string[][] {
  const commands: string[][] = []
  let words: string[] = []
  let redirected = false
  for (const [token, single, double] of line.matchAll(/'([^']*)'|"([^"]*)"|&&|[|;<>]|#.*$|[^\s'"|;<>]+/g)) {
    if (token === '&&' || token === '|' || token === ';') {
      commands.push(words)
      words = []
    } else if (token === '<' || token === '>') redirected = true
    else if (token.startsWith('#')) break
    else if (redirected) redirected = false
    else words.push(single ?? double ?? token)
  }
  return [...commands, words]
}

/** The targets of the links and pictures of a page that are neither addresses nor places within it. */
export function linksIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|<(?:img|source)[^>]*\ssrc="([^"]+)"/g)]
  return targets
    .map(([, link, picture]) => (link ?? picture)!)
    .filter((target) => !/^(https?:|#|mailto:)/.test(target))
}
