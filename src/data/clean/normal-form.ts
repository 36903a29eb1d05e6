import { addChanges, replaceCounted, type Changes } from './changes.ts'

/**
 * Unicode normal form C: a Korean syllable or an accented letter typed in parts becomes one character. Kind `normal-form`,
 * one place for each character that the text is shorter by, and at least one.
 */
export function composeCharacters(text: string, changes: Changes = {}): string {
  const composed = text.normalize('NFC')
  if (composed !== text) addChanges(changes, 'normal-form', Math.max(1, text.length - composed.length))
  return composed
}

/** Compatibility letters (what a keyboard types) of the modern conjoining ones, in the order of the Unicode blocks. */
const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const vowels = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const finals = 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'

const conjoining = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7fb]+/g
/** An initial and a vowel that stand together after normal form C are old Korean, which has no other spelling. */
const oldSyllable = /[\u1100-\u115f\ua960-\ua97c][\u1161-\u11a7\ud7b0-\ud7c6]/
const fillers = /[\u115f\u1160]/g

/**
 * Conjoining jamo that stand alone (`ᄏᄏᄏ`, as normal forms D and KD leave them behind) as the letters that keyboards
 * type (`ㅋㅋㅋ`); expects normal form C. Old Korean syllables stay. Kind `normal-form`, one place a run.
 */
export function separateLoneJamo(text: string, changes: Changes = {}): string {
  return replaceCounted(
    text,
    conjoining,
    ([run]) => (oldSyllable.test(run!) ? run! : [...run!.replace(fillers, '')].map(keyboardLetter).join('')),
    changes,
    'normal-form',
  )
}

function keyboardLetter(character: string): string {
  const code = character.charCodeAt(0)
  if (code === 0x119e) return 'ㆍ'
  return initials[code - 0x1100] ?? vowels[code - 0x1161] ?? finals[code - 0x11a8] ?? character
}
