const months = 'January February March April May June July August September October November December'.split(
  ' ',
)
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/**
 * A date by a format of C's `strftime`, in English whatever the machine's language is: chat templates were made so, and a prompt must not
 * change with the machine. Throws RangeError for a directive that is not known.
 */
export function strftime(date: Date, format: string): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    B: () => months[date.getMonth()]!,
    b: () => months[date.getMonth()]!.slice(0, 3),
    A: () => days[date.getDay()]!,
    a: () => days[date.getDay()]!.slice(0, 3),
    '%': () => '%',
  }
  return format.replace(/%(-?)(.)/gs, (directive, plain: string, letter: string) => {
    const text = Object.hasOwn(parts, letter) ? parts[letter]!() : undefined
    if (text === undefined) throw new RangeError(`${directive} is no directive of a date that is known`)
    return plain === '' ? text : text.replace(/^[0 ](?=.)/, '')
  })
}
