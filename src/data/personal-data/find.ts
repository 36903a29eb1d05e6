import { findEnglishAddresses, findKoreanAddresses } from './addresses.ts'
import { findBirthDates, findCuedPlates, findPlates } from './dates-and-plates.ts'
import {
  findBusinessNumbers,
  findDriverLicences,
  findPassports,
  findResidentNumbers,
  findSocialSecurityNumbers,
} from './identity-numbers.ts'
import { personalDataKinds } from './kinds.ts'
import type { Finding, PersonalDataKind, Report } from './kinds.ts'
import { findApiKeys, findEmails, findIpAddresses, findIpv6Addresses, findUrlCredentials } from './network.ts'
import { findBankAccounts, findCards } from './payment-numbers.ts'
import { findPhones, findSpokenPhones } from './phone.ts'
import { readSigns, signs } from './signs.ts'

/** Who looks when which sign is there (any of its bits), and for which kinds; without a wanted kind it does not look. */
const finders: readonly {
  readonly when: number
  readonly kinds: readonly PersonalDataKind[]
  find(text: string, report: Report): void
}[] = [
  { when: signs.scheme, kinds: ['url-credential'], find: findUrlCredentials },
  { when: signs.token, kinds: ['api-key'], find: findApiKeys },
  { when: signs.at, kinds: ['email'], find: findEmails },
  { when: signs.numbers, kinds: ['resident-number', 'foreigner-number'], find: findResidentNumbers },
  { when: signs.numbers, kinds: ['card'], find: findCards },
  { when: signs.numbers, kinds: ['social-security-number'], find: findSocialSecurityNumbers },
  { when: signs.numbers, kinds: ['driver-licence'], find: findDriverLicences },
  { when: signs.numbers, kinds: ['business-number'], find: findBusinessNumbers },
  { when: signs.numbers | signs.letterNumber, kinds: ['passport'], find: findPassports },
  { when: signs.numbers, kinds: ['phone'], find: findPhones },
  { when: signs.numbers | signs.letterNumber, kinds: ['bank-account'], find: findBankAccounts },
  { when: signs.dotted, kinds: ['ip-address'], find: findIpAddresses },
  { when: signs.colons, kinds: ['ip-address'], find: findIpv6Addresses },
  { when: signs.plate, kinds: ['car-number'], find: findPlates },
  { when: signs.digit, kinds: ['car-number'], find: findCuedPlates },
  { when: signs.date, kinds: ['date-of-birth'], find: findBirthDates },
  { when: signs.koreanAddress, kinds: ['address'], find: findKoreanAddresses },
  { when: signs.englishAddress, kinds: ['address'], find: findEnglishAddresses },
]

const rank = new Map(personalDataKinds.map((kind, index) => [kind, index]))

export interface FindOptions {
  readonly kinds: ReadonlySet<PersonalDataKind>
  /** Also telephone numbers written in words. */
  readonly spelledOut: boolean
}

/**
 * Personal data in a text, in order and without overlaps: where findings overlap, the kind earlier in `personalDataKinds` stays,
 * of one kind the longer, then the earlier. Full-width digits, wide spaces and typographic dashes count as plain ones.
 */
export function findPersonalData(text: string, { kinds, spelledOut }: FindOptions): Finding[] {
  const { found, text: folded } = readSigns(text)
  if (found === 0 && !spelledOut) return none
  let findings: Finding[] | undefined
  const report: Report = (kind, start, end) => {
    if (kinds.has(kind)) (findings ??= []).push({ kind, start, end })
  }
  for (const finder of finders) {
    if ((found & finder.when) !== 0 && finder.kinds.some((kind) => kinds.has(kind)))
      finder.find(folded, report)
  }
  if (spelledOut && kinds.has('phone')) findSpokenPhones(folded, report)
  return findings === undefined ? none : withoutOverlaps(findings)
}

const none: Finding[] = []

/** Keeps of overlapping findings the one that wins by the stated rule; the result is in order. */
export function withoutOverlaps(findings: readonly Finding[]): Finding[] {
  const ordered = findings.toSorted((a, b) => a.start - b.start)
  const kept: Finding[] = []
  // Findings that hang together by overlaps; the rule is applied within such a group.
  let group: Finding[] = []
  let end = 0
  for (const finding of ordered) {
    if (finding.start >= end) {
      kept.push(...winners(group))
      group = []
    }
    group.push(finding)
    end = Math.max(end, finding.end)
  }
  kept.push(...winners(group))
  return kept
}

function winners(group: Finding[]): Finding[] {
  if (group.length < 2) return group
  group.sort(
    (a, b) =>
      rank.get(a.kind)! - rank.get(b.kind)! || b.end - b.start - (a.end - a.start) || a.start - b.start,
  )
  const kept: Finding[] = []
  for (const finding of group) {
    if (kept.every((other) => other.end <= finding.start || other.start >= finding.end)) kept.push(finding)
  }
  return kept.sort((a, b) => a.start - b.start)
}
