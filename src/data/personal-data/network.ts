import { isIPv6 } from 'node:net'
import type { Report } from './kinds.ts'

const email =
  /(?<![\w+-]|\w\.)[A-Za-z0-9_](?:[\w.+%-]{0,62}[\w+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,18}(?![A-Za-z0-9-])|(?: (?:com|net|org|co\.kr)\b))/g

/** E-mail addresses (`name@host.domain`); `name@host. com`, with the space that transcripts have, is one too. */
export function findEmails(text: string, report: Report): void {
  if (!/[\w+%-]@[A-Za-z0-9]/.test(text)) return
  for (const match of text.matchAll(email)) {
    if (!match[0].includes('..')) report('email', match.index, match.index + match[0].length)
  }
}

const userInfo = /(?<=[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/)[^\s/?#@:]{1,128}:[^\s/?#@]{1,256}(?=@[\w[])/g
const secretParameter =
  /(?<=:\/\/\S{1,2000}[?&#;](?:access_token|refresh_token|id_token|auth_token|token|api_?key|apikey|secret|client_secret|password|passwd|pwd|auth|signature|sig|session|sessionid|session_id|sid|x-amz-signature|x-amz-security-token|servicekey)=)[^&#\s"'<>;)]{6,}/gi

/** What a web address gives away: `user:password` before its host, and secrets among its parameters. The address itself stays. */
export function findUrlCredentials(text: string, report: Report): void {
  for (const match of text.matchAll(userInfo))
    report('url-credential', match.index, match.index + match[0].length)
  if (!text.includes('=')) return
  for (const match of text.matchAll(secretParameter)) {
    report('url-credential', match.index, match.index + match[0].length)
  }
}

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const version4 = new RegExp(`(?<![\\w.-]|[A-Za-z]/)${octet}(?:\\.${octet}){3}(?![\\w-]|\\.\\d)`, 'g')
const version6 = /(?<![\w:.])[23][0-9a-f]{3}:[0-9a-f:]{2,34}[0-9a-f](?![\w:])/gi
const addressCue = /\bip\b|아이피|\bhost\b|\bserver|서버|\bping\b|\bssh\b|접속|:\/\/$/i
const versionCue =
  /(?:\bv|\bver\.?|version|release|section|chapter|clause|figure|table|firmware|build|버전|제|§)\s{0,2}(?:number|of)?\s{0,2}$/i

/**
 * Public IP addresses. Those that name nobody are left: loopback, private, link-local, unspecified, multicast and reserved
 * blocks, those of documentation, and masks. So are version and section numbers: after such a word, or four parts below 32
 * with no word such as `IP` or `server` before them.
 */
export function findIpAddresses(text: string, report: Report): void {
  for (const match of text.matchAll(version4)) {
    const parts = match[0].split('.').map(Number)
    const before = text.slice(Math.max(0, match.index - 24), match.index)
    if (!isPublic(parts) || versionCue.test(before)) continue
    if (parts.every((part) => part < 32) && !addressCue.test(before)) continue
    report('ip-address', match.index, match.index + match[0].length)
  }
}

export function findIpv6Addresses(text: string, report: Report): void {
  for (const match of text.matchAll(version6)) {
    if (!isIPv6(match[0]) || /^2001:0?db8:/i.test(match[0])) continue
    report('ip-address', match.index, match.index + match[0].length)
  }
}

function isPublic([a, b, c]: readonly number[]): boolean {
  const [first, second, third] = [a!, b!, c!]
  if (first === 0 || first === 10 || first === 127 || first >= 224) return false
  if (first === 100) return second < 64 || second > 127
  if (first === 169) return second !== 254
  if (first === 172) return second < 16 || second > 31
  if (first === 192) return second !== 168 && !(second === 0 && (third === 0 || third === 2))
  if (first === 198) return second !== 18 && second !== 19 && !(second === 51 && third === 100)
  return !(first === 203 && second === 0 && third === 113)
}

const keys = new RegExp(
  [
    'sk-(?:proj-|svcacct-|ant-[a-z0-9]+-)?[A-Za-z0-9_-]{20,200}',
    'gh[pousr]_[A-Za-z0-9]{36,255}',
    'github_pat_[A-Za-z0-9_]{50,255}',
    'glpat-[A-Za-z0-9_-]{20,}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'AIza[A-Za-z0-9_-]{35}',
    'ya29\\.[A-Za-z0-9_-]{20,}',
    'xox[abeoprs]-[A-Za-z0-9-]{10,}',
    '[sr]k_(?:live|test)_[A-Za-z0-9]{16,}',
    'whsec_[A-Za-z0-9]{20,}',
    'hf_[A-Za-z0-9]{30,}',
    'npm_[A-Za-z0-9]{36}',
    'pypi-[A-Za-z0-9_-]{50,}',
    'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{30,}',
    'AC[0-9a-f]{32}',
    '\\d{8,10}:AA[A-Za-z0-9_-]{33}',
    'eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}',
  ]
    .map((shape) => `(?<![\\w-])${shape}(?![\\w-])`)
    .join('|'),
  'g',
)
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g
const assigned =
  /(?<=(?:api[ _-]?key|secret[ _-]?key|access[ _-]?key|access[ _-]?token|auth[ _-]?token|client[ _-]?secret|bearer|인증 ?키|비밀 ?키)["']?\s{0,2}[:=]?\s{0,2}["']?)(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{20,200}(?![\w-])/gi

/** Keys of services by the shapes they are given out in, private keys, and long tokens right after `api key` and the like. */
export function findApiKeys(text: string, report: Report): void {
  for (const expression of [keys, privateKey, assigned]) {
    for (const match of text.matchAll(expression)) {
      // `sk-xxxxxxxx…` stands for a key.
      if (new Set(match[0].slice(-12)).size < 5) continue
      report('api-key', match.index, match.index + match[0].length)
    }
  }
}
