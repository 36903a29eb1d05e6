import { replaceCounted, type Changes } from './changes.ts'

// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/g

/**
 * Without control characters (C0, delete, C1) and byte order marks; tab, line feed and carriage return stay. Kind
 * `control-character`.
 */
export function removeControlCharacters(text: string, changes: Changes = {}): string {
  return replaceCounted(text, controlCharacters, '', changes, 'control-character')
}
