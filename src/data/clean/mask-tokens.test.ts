import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { dialogSumMasks, maskTokenRepair } from './mask-tokens.ts'

const repair = maskTokenRepair(dialogSumMasks)

describe('maskTokenRepair', () => {
  it.each([
    ['# Person 1 #', '#Person1#'],
    ['#Person_2# #PErson2#', '#Person2# #Person2#'],
    ['＃Person1＃', '#Person1#'],
    ['#person1#', '#Person1#'],
    ['##Person1##', '#Person1#'],
    ['#사람1#은', '#Person1#은'],
    ['#Person1: hi', '#Person1#: hi'],
    ['#Person1 and Person2#', '#Person1# and #Person2#'],
    ['#Person1 #Person2#', '#Person1# #Person2#'],
    ['#Person1 #news', '#Person1# #news'],
    ["#Person1's", "#Person1#'s"],
    ['#Person1#Person2#', '#Person1##Person2#'],
    ['#Person1# :안녕\n#Person2#：네', '#Person1#: 안녕\n#Person2#: 네'],
    ['#phone number#로 전화', '#PhoneNumber#로 전화'],
    ['#PhoneNumber 로', '#PhoneNumber# 로'],
    ['# Date Of Birth #', '#DateOfBirth#'],
    ['# Person1 #:', '#Person1#:'],
  ])('%j → %j', (text, expected) => {
    const changes: Changes = {}
    expect(repair(text, changes)).toBe(expected)
    expect(changes['mask-token']).toBeGreaterThan(0)
    expect(repair(expected)).toBe(expected)
  })

  it.each([
    '#Person1#: Hi, #Person2#.\n#Person2#: Hello!',
    "#Person1# tells #Person2# about #Person1#'s",
    '#Person1##Person2#',
    '# Person of the year',
    '#Email #news',
    '#email#marketing',
    'page.html#Person1',
    '#person1 { color: red }',
    'C# and F#',
    '#1 #2 ##',
    '#Person# and #PersonN#',
    '#주소#는 어디',
    'a #Address#: b',
    '#Person1#:',
  ])('leaves %j', (text) => {
    const changes: Changes = {}
    expect(repair(text, changes)).toBe(text)
    expect(changes).toEqual({})
  })

  it('knows the tokens it is told', () => {
    const own = maskTokenRepair([
      { name: 'CustName' },
      { name: 'Agent', numbered: true, aliases: ['상담원'] },
    ])
    expect(own('# cust name #, #상담원 2#: 네, #Person 1#')).toBe('#CustName#, #Agent2#: 네, #Person 1#')
    expect(maskTokenRepair([])('# Person 1 #')).toBe('# Person 1 #')
  })
})
