import { addChanges, type Changes } from './changes.ts'
import { repairKorean } from './mojibake-korean.ts'
import { repairUtf8 } from './mojibake-utf8.ts'

/**
 * Text that was decoded with the wrong encoding, put right where the repair is certain: UTF-8 read as Latin-1 or
 * Windows-1252, once or several times (`cafÃ©`, `ì•ˆë…•`), Korean in CP949 read as Latin-1 (`¾È³ç`), UTF-8 read as CP949
 * where no byte was lost (`M체nchen`). After ftfy (Speer 2019): what is repaired must give back the same bytes, and
 * what it gives must be the likelier text. Bytes that a decoder replaced (`�`) are lost. Kind `mojibake`, one place for
 * each stretch.
 */
export function repairMojibake(text: string, changes: Changes = {}): string {
  let result = text
  // Read wrongly once, stored, and read wrongly again: each round undoes one.
  for (let round = 0; round < 4; round++) {
    const repaired = repairUtf8(result, round > 0)
    if (repaired === undefined) break
    if (round === 0) addChanges(changes, 'mojibake', repaired.places)
    result = repaired.text
  }
  const korean = repairKorean(result)
  if (korean === undefined) return result
  addChanges(changes, 'mojibake', korean.places)
  return korean.text
}
