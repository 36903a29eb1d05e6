import { randomStream } from '../../random.ts'

/** Characters and pieces that parts of the cleaning look at, or that stand beside them. */
const pieces = [
  ...'abzAÃÂéÉêì°±€™“”’…«»ß¿½µ¾È³çÇÏ¼¿ä',
  ...'가나다라엌욯닿각힣책체챕를을에서으로까지한영화',
  ...'ㅋㅎㅠㅜㅡㄱㄴㅆㅂㅏㅓㅣㅗㅑ',
  ...'аеоруАΒοανρ',
  ...'#＃Person1사람2<>&;:!?.,~^-_()="\'`/\\|@♥★',
  ...'\n\r\t \u0000\u0007\u0085\u00a0\u3000\u3164\u200b\u200c\u200d\u00ad\ufeff\u202e\ufe0f\u2028\u0301\u1100\u1161\u11a8\u110f\u1160\ufffd',
  ...'ＡｂｃＺ１！＆＜；＃ﾡￂﾊﾞ醫뗭쥕盧漢',
  '😂',
  '👍🏽',
  '👨‍👩‍👧',
  '🇰🇷',
  '❤️',
  '1️⃣',
  '\ud83d',
  '\udc4d',
  '  ',
  '   ',
  '\n\n\n',
  '\r\n',
  '```',
  '>>> ',
  '. ',
  ' .',
  '&amp;',
  '&lt;',
  '&gt;',
  '&#39;',
  '&#x26;',
  '&nbsp;',
  '&amp;amp;lt;',
  '<b>',
  '</b>',
  '<br>',
  '<p>',
  '<!--',
  '-->',
  '<i',
  '<sup>2</sup>',
  'List<String>',
  ' tag',
  '#Person1#',
  '# Person 1 #',
  '#Person1',
  'Person2#',
  '#사람1#',
  '#PhoneNumber#',
  ': ',
  ' : ',
  'Ã©',
  'â€™',
  'ì•ˆ',
  'Ã‚Â©',
  'Ã ',
  'Â ',
  'ㅋㅋㅋㅋ',
  'ㅠㅠ ',
  '^^;',
  '?!',
  '~!',
  ':)',
  '))))',
  '....',
  '!!!!',
]

/** A text made of what the cleaning looks at; the same for the same number. */
export function troublesomeText(number: number): string {
  const random = randomStream(7, number)
  const length = 1 + random.below(random.chance(0.2) ? 60 : 12)
  // Repetition is what many parts are about.
  let text = ''
  for (let index = 0; index < length; index++) {
    const piece = random.pick(pieces)
    text += random.chance(0.1) ? piece.repeat(1 + random.below(6)) : piece
  }
  return text
}
