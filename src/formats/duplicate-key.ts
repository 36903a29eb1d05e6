/**
 * The first key that one object of the JSON `text` holds twice, at any depth, or undefined.
 * `JSON.parse` silently keeps the last of them. `text` must be valid JSON.
 */
export function duplicateKey(text: string): string | undefined {
  // One entry an open bracket: the keys seen so far in an object, undefined in an array.
  const open: (Set<string> | undefined)[] = []
  let expectsKey = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{' || character === '[') open.push(character === '{' ? new Set() : undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = stringEnd(text, i)
      const keys = open.at(-1)
      if (expectsKey && keys) {
        const key = JSON.parse(text.slice(i, end + 1)) as string
        if (keys.has(key)) return key
        keys.add(key)
      }
      i = end
    }
    if (character === '{' || character === ',') expectsKey = true
    else if (character === ':' || character === '"') expectsKey = false
  }
  return undefined
}

function stringEnd(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
}
