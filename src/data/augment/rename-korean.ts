import { koreanEnding, withParticle } from '../dialogue-grammar/with-particle.ts'

// What may follow a name without a space, as regular expressions. A particle with two forms is written as `withParticle` has it, the form
// after a consonant first; longer ones stand before those that they begin with.

/** After these the ending of the name no longer matters: 민수 님은, 민수네가. */
const titles = '(?:님|씨|네|들|쪽|측|군|양|선생님|교수님|박사님|사장님|팀장님|과장님|부장님|대리님)'

/** Particles that may follow another. */
const more = '(?:은|는|도|만|의|요|가|를|로|부터|까지|서|써|조차|마저|처럼|보다|과|와|이나|이다|입니다)*'

const fixed =
  '(?:에게서|에게|한테서|한테|께서|께|에서|에|의|도|만|보다|처럼|만큼|같이|같은|같|까지|부터|마다|조차|마저|밖에|하고|더러|대로|커녕|뿐|입니다|입니까|인데|인지|인가|인|일|임|이다|이었|이던|이므로)'

/** Particles after which anything may come, as they go on as verbs or quotations. */
const open = [
  '이라/라',
  '이었/였',
  '이에요/예요',
  '이여/여',
  '이지/지',
  '이죠/죠',
  '이고/고',
  '이며/며',
  '이니/니',
  '이면/면',
  '이든/든',
  '이야말로/야말로',
] as const

const closed = [
  '이랑/랑',
  '이란/란',
  '이나마/나마',
  '이나/나',
  '으로/로',
  '은/는',
  '을/를',
  '과/와',
  '이/가',
] as const

interface Particle {
  readonly forms: string
  readonly pattern: RegExp
}

const particles: readonly Particle[] = [
  ...open.map((forms) => ({ forms, pattern: new RegExp(`^(?:${forms.replace('/', '|')})`, 'u') })),
  ...closed.map((forms) => ({
    forms,
    pattern: new RegExp(`^(?:${forms.replace('/', '|')})(?=${more}$)`, 'u'),
  })),
]

const fixedPattern = new RegExp(`^${fixed}${more}$|^(?:입니|인|일|이었|이던|이다)`, 'u')
const titlePattern = new RegExp(`^${titles}(?:${more}|${fixed}${more})$`, 'u')
/** 이 between a name that ends in a consonant and a particle: 민준이가, 민준이네. */
const affixPattern = new RegExp(
  `^이(?=(?:가|는|를|도|랑|와|로|의|에게|한테|네|만|하고|보다|처럼|까지|부터)${more}$)`,
  'u',
)

/**
 * What follows a Korean name or mark, the run of Hangul right after it, as it must be when the name is another one: particles take the form
 * that fits the new name's end. `before` is the text before the name and `after` that after the run; they tell a call (서아야!) from a
 * statement (내 이름은 서아야). Undefined where it cannot be told what the run is: the name may be the beginning of another word.
 */
export function particlesFor(
  from: string,
  to: string,
  run: string,
  before: string,
  after: string,
): string | undefined {
  if (run === '' || titlePattern.test(run) || fixedPattern.test(run)) return run
  if (/^[아야]$/u.test(run) || run === '이야') return callOrStatement(from, to, run, before, after)
  if (affixPattern.test(run) && koreanEnding(from) !== 'vowel') {
    return koreanEnding(to) === 'vowel' ? run.slice(1) : run
  }
  for (const { forms, pattern } of particles) {
    const found = pattern.exec(run)
    if (found !== null) return withParticle(to, forms).slice(to.length) + run.slice(found[0].length)
  }
  return undefined
}

function callOrStatement(
  from: string,
  to: string,
  run: string,
  before: string,
  after: string,
): string | undefined {
  const form = (forms: string): string => withParticle(to, forms).slice(to.length)
  if (run === '아') return form('아/야')
  if (run === '이야') return form('이야/야')
  if (koreanEnding(from) !== 'vowel') return undefined
  if (koreanEnding(to) === 'vowel') return run
  const opens = /(?:^|[\n.!?,:：…~"'“‘])\s*$/u.test(before)
  if (opens || /^\s*,/u.test(after)) return form('아/야')
  return /[은는이가건게]\s$/u.test(before) ? form('이야/야') : undefined
}
