/** Whether digits end in the check digit of Luhn (ISO/IEC 7812-1), which cards have. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9
  }
  return digits.length > 0 && sum % 10 === 0
}

function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * (digits.charCodeAt(i) - 48), 0)
}

const residentWeights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]

/** Whether 13 digits end in the check digit of a Korean resident registration number. */
export function passesResidentCheck(digits: string): boolean {
  return (11 - (weighted(digits, residentWeights) % 11)) % 10 === digits.charCodeAt(12) - 48
}

/** The same for a foreigner's number, whose check digit is two higher. */
export function passesForeignerCheck(digits: string): boolean {
  return (13 - (weighted(digits, residentWeights) % 11)) % 10 === digits.charCodeAt(12) - 48
}

/** Whether 10 digits end in the check digit of a Korean business registration number. */
export function passesBusinessCheck(digits: string): boolean {
  const carried = Math.floor(((digits.charCodeAt(8) - 48) * 5) / 10)
  const sum = weighted(digits, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + carried
  return (10 - (sum % 10)) % 10 === digits.charCodeAt(9) - 48
}

/** Whether 13 digits end in the check digit of an EAN: a product's bar code or an ISBN-13. */
export function passesProductCheck(digits: string): boolean {
  const sum = weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3])
  return (10 - (sum % 10)) % 10 === digits.charCodeAt(12) - 48
}

/** Whether letters and digits are an International Bank Account Number (ISO 13616: remainder 1 of 97). */
export function passesAccountCheck(number: string): boolean {
  let remainder = 0
  for (const character of number.slice(4) + number.slice(0, 4)) {
    const value = parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

/** Whether there is such a day. */
export function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}
