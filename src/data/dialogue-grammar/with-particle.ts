/** How a word ends when it is read aloud in Korean: what its particle depends on. */
export type Ending = 'vowel' | 'rieul' | 'consonant'

// Read aloud: 영 일 이 삼 사 오 육 칠 팔 구. A round number ends in 십, 백, 천, 만 or 억, consonants like 영.
const digitEndings: Record<string, Ending> = {
  0: 'consonant',
  1: 'rieul',
  2: 'vowel',
  3: 'consonant',
  4: 'vowel',
  5: 'vowel',
  6: 'consonant',
  7: 'rieul',
  8: 'rieul',
  9: 'vowel',
}

// Letters whose Korean names end in a consonant: 엘 엠 엔 알. All other names end in a vowel.
const letterEndings: Record<string, Ending> = { L: 'rieul', M: 'consonant', N: 'consonant', R: 'rieul' }

/** Units after a number: 미터, 리터 and 퍼센트 end in a vowel, 그램 in a consonant. */
const units: readonly [RegExp, Ending][] = [
  [/\d\s?(?:[kcm]?m|[mk]?l|%|℃|°C)$/i, 'vowel'],
  [/\d\s?[km]?g$/i, 'consonant'],
]

function latinEnding(word: string): Ending {
  if (word === word.toUpperCase()) return letterEndings[word.at(-1)!] ?? 'vowel'
  const lower = word.toLowerCase()
  // 애플, 파일, 엑셀; but 포인트: the t decides.
  if (/(?:l|[^aeiou]le|ile|ale|ole)$/.test(lower)) return 'rieul'
  // 팀, 폰, 게임, 라인, 쇼핑.
  if (/(?:[mn]|[aeiou][mn]e|ng)$/.test(lower)) return 'consonant'
  // A short vowel before p, b, k, c or t is closed by it: 컵, 웹, 북, 뮤직, 로봇.
  if (/(?:^|[^aeiou])(?:[aeiou]|oo)(?:[pbkct]|ck)$/.test(lower)) return 'consonant'
  return 'vowel'
}

function hangulEnding(letter: string): Ending {
  const code = letter.codePointAt(0)!
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28
    if (final === 0) return 'vowel'
    return final === 8 ? 'rieul' : 'consonant'
  }
  // A single jamo is read by its name: 리을, 기역; a vowel by its sound.
  if (letter === 'ㄹ') return 'rieul'
  return letter >= 'ㄱ' && letter <= 'ㅎ' ? 'consonant' : 'vowel'
}

/**
 * How `word` ends when read aloud: by its last letter or digit, past quotes, marks such as `#` and emoji, and past a
 * remark in brackets. Latin words go by the usual transcription, words in capitals letter by letter.
 */
export function koreanEnding(word: string): Ending {
  const spoken = word
    .normalize('NFC')
    .replace(/(?<=\S)\s*\([^()]*\)$/, '')
    .replace(/[^\p{L}\p{N}%℃]+$/u, '')
  for (const [unit, ending] of units) if (unit.test(spoken)) return ending
  const last = spoken.at(-1)
  if (last === undefined) return 'vowel'
  if (digitEndings[last] !== undefined) return digitEndings[last]
  const latin = /[A-Za-z]+$/.exec(spoken)
  return latin === null ? hangulEnding(last) : latinEnding(latin[0])
}

/**
 * `word` followed by the form of a particle that fits its end. `particle` gives both forms, the one after a
 * consonant first: `은/는`, `이/가`, `을/를`, `과/와`, `아/야`, `이라고/라고`, `이에요/예요`. Forms that begin with `으로` keep
 * `로` after ㄹ (서울로). A particle without a slash never changes.
 */
export function withParticle(word: string, particle: string): string {
  const [afterConsonant, afterVowel] = particle.split('/')
  if (afterVowel === undefined) return word + afterConsonant!
  const ending = koreanEnding(word)
  const open = ending === 'vowel' || (ending === 'rieul' && afterConsonant!.startsWith('으로'))
  return word + (open ? afterVowel : afterConsonant!)
}
