/** One JSON document on stdout, on a line of its own: what stands above it (npm's banner) is easily cut off. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Names and values on stdout, one a line, sections indented: what `printJson` says, for people. */
export function printFields(fields: object, indent = ''): void {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  const isSection = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  const width = Math.max(0, ...entries.map(([name, value]) => (isSection(value) ? 0 : name.length)))
  for (const [name, value] of entries) {
    if (isSection(value)) {
      process.stdout.write(`${indent}${name}\n`)
      printFields(value as object, `${indent}  `)
    } else process.stdout.write(`${indent}${name.padEnd(width)}  ${show(value, name)}\n`)
  }
}

/** Columns under their heads on stdout, each as wide as its longest. */
export function printTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[],
): void {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  for (const row of [heads, ...rows]) {
    const cells = row.map((cell, column) =>
      align[column] === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

function show(value: unknown, name: string): string {
  if (typeof value === 'number') {
    // Four places would show a small number as nought.
    const isSmall = value !== 0 && Math.abs(value) < 1e-3
    const text = isSmall ? String(value) : value.toLocaleString('en-US', { maximumFractionDigits: 4 })
    return /Bytes/.test(name) && value >= 2 ** 20 ? `${text}  (${binaryUnits(value)})` : text
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function binaryUnits(bytes: number): string {
  const [size, unit] = bytes >= 2 ** 30 ? [bytes / 2 ** 30, 'GiB'] : [bytes / 2 ** 20, 'MiB']
  return `${size.toLocaleString('en-US', { maximumSignificantDigits: 3 })} ${unit}`
}

/** Something for the person at the terminal, on stderr. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`)
}
