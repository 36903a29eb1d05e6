import { basename } from 'node:path'

/** Names in the output folder that are not free for prepared rows. */
const taken = ['dropped', 'changed', 'report', 'preparation', 'work', 'lock']

/** Whether prepared rows may not have the file of that name. */
export function isReserved(name: string): boolean {
  return taken.includes(key(name)) || key(name).endsWith('.origins')
}

/**
 * The name of the prepared file of each source, without `.jsonl`: its own without folder and format. Of two that would be
 * the same, the later gets `-2`, and so on; upper and lower case count as one, as some file systems hold them.
 */
export function outputNames(files: readonly string[]): string[] {
  const used = new Set<string>()
  return files.map((file) => {
    const name = plainName(file)
    let free = name
    for (let count = 2; used.has(key(free)) || isReserved(free); count++) free = `${name}-${count}`
    used.add(key(free))
    return free
  })
}

function key(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

const formats = /\.(jsonl?|ndjson|csv|tsv|txt|text|md|markdown|html?|parquet|warc|wet|xml)$/i
const compressions = /\.(gz|zst|zstd|bz2)$/i

function plainName(file: string): string {
  const name = basename(file.replaceAll('\\', '/'))
    .replace(compressions, '')
    .replace(formats, '')
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
  // Room for what is put behind it within the 255 bytes that systems allow.
  return (name === '' ? 'rows' : name).slice(0, 60)
}
