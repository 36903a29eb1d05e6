import { readFile } from 'node:fs/promises'
import { YuksuError } from '../../errors.ts'
import { writeFileAtomic } from '../../formats/atomic-file.ts'
import { readError } from '../../formats/read-error.ts'
import { systemCode } from '../../formats/write-error.ts'

/** What a file of the preparation holds; undefined where there is none. Throws `damaged-work`. */
export async function readJson<Value>(path: string): Promise<Value | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw readError(path, error)
  }
  try {
    return JSON.parse(text) as Value
  } catch (cause) {
    throw new YuksuError(
      'damaged-work',
      `${path} cannot be read as JSON; delete it and the folder work, and start anew`,
      { cause },
    )
  }
}

/** Replaces a file at once or not at all, readable by a person. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
