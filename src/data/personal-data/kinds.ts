/**
 * Kinds of personal data, in the order in which they win where findings overlap: what proves itself (a scheme, a key's
 * shape, a check digit) before what needs words beside it. Of one kind, the longer finding wins, then the earlier.
 */
export const personalDataKinds = [
  'url-credential',
  'api-key',
  'email',
  'resident-number',
  'foreigner-number',
  'card',
  'social-security-number',
  'driver-licence',
  'business-number',
  'passport',
  'phone',
  'bank-account',
  'ip-address',
  'car-number',
  'date-of-birth',
  'address',
] as const

export type PersonalDataKind = (typeof personalDataKinds)[number]

/**
 * The name of each kind inside its mark. Where the DialogSum family of data sets has a mark of its own (`#PhoneNumber#`,
 * `#SSN#`, …), it is that one, so that models trained on them meet marks they know.
 */
export const markNames: Readonly<Record<PersonalDataKind, string>> = {
  'url-credential': 'Credential',
  'api-key': 'ApiKey',
  email: 'Email',
  'resident-number': 'SSN',
  'foreigner-number': 'SSN',
  card: 'CardNumber',
  'social-security-number': 'SSN',
  'driver-licence': 'DriverLicenseNumber',
  'business-number': 'BusinessNumber',
  passport: 'PassportNumber',
  phone: 'PhoneNumber',
  'bank-account': 'AccountNumber',
  'ip-address': 'IpAddress',
  'car-number': 'CarNumber',
  'date-of-birth': 'DateOfBirth',
  address: 'Address',
}

/** Where in a text something was found; the text itself is never copied into it. */
export interface Finding {
  readonly kind: PersonalDataKind
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** Told of everything found, in any order, overlaps included. */
export type Report = (kind: PersonalDataKind, start: number, end: number) => void
