// Patterns as shells have them: * and ? within a name, ** over folders, [a-z], {one,other}.

/** Whether a path is a pattern. */
export function hasPattern(path: string): boolean {
  return /[*?[{]/.test(path)
}

/** `a{b,c}` as `ab` and `ac`, one within another too; braces without a comma stay. */
export function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{')
  if (open < 0) return [pattern]
  let depth = 0
  const cuts = [open]
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === '{') depth++
    else if (pattern[i] === ',' && depth === 1) cuts.push(i)
    else if (pattern[i] === '}' && --depth === 0) {
      cuts.push(i)
      const after = expandBraces(pattern.slice(i + 1))
      if (cuts.length === 2) return after.map((rest) => pattern.slice(0, i + 1) + rest)
      const before = pattern.slice(0, open)
      return cuts
        .slice(1)
        .flatMap((cut, k) => expandBraces(pattern.slice(cuts[k]! + 1, cut)))
        .flatMap((choice) => after.map((rest) => before + choice + rest))
    }
  }
  return [pattern]
}

/** Whether a name fits one segment of a pattern. Names that begin with a dot must be asked for with one. */
export function segmentPattern(segment: string): (name: string) => boolean {
  let source = ''
  for (let i = 0; i < segment.length; i++) {
    const character = segment[i]!
    const close = character === '[' ? segment.indexOf(']', i + 2) : -1
    if (character === '*') {
      if (!source.endsWith('.*')) source += '.*'
    } else if (character === '?') source += '.'
    else if (close > 0) {
      const set = segment.slice(i + 1, close)
      const negated = /^[!^]/.test(set)
      source += `[${negated ? '^' : ''}${(negated ? set.slice(1) : set).replace(/[\\\]^&]/g, '\\$&')}]`
      i = close
    } else source += character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  }
  let expression: RegExp
  try {
    expression = new RegExp(`^${source}$`, 'su')
  } catch {
    return (name) => name === segment
  }
  return (name) =>
    (!name.startsWith('.') || segment.startsWith('.')) && expression.test(name.normalize('NFC'))
}
