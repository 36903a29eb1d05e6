import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { decodeEntities } from './html-entities.ts'
import { removeTags } from './html-tags.ts'

function changed(rule: (text: string, changes: Changes) => string, text: string): [string, Changes] {
  const changes: Changes = {}
  return [rule(text, changes), changes]
}

describe('decodeEntities', () => {
  it.each([
    ['didn&apos;t &amp; won&#39;t', "didn't & won't"],
    ['&lt;3 &#x1F602; &euro;5&nbsp;&ndash; &hellip;', '<3 😂 €5\u00a0– …'],
    ['R&amp;amp;amp;B', 'R&B'],
    ['&#146;tis &#x80;', '’tis €'],
    ['&Agrave;&yuml;&alpha;&diams;', 'Àÿα♦'],
    ['가격은 &quot;만원&quot;', '가격은 "만원"'],
  ])('%s', (text, expected) => {
    expect(decodeEntities(text)).toBe(expected)
  })

  it.each([
    'AT&T; R&D;',
    '?a=1&copy=2&lt=3',
    '&#0; &#xD800; &#1114112;',
    'write `&gt;` or "&lt;"',
    "b'&#40960;'",
    '&nosuchname;',
  ])('leaves %s', (text) => {
    expect(changed(decodeEntities, text)).toEqual([text, {}])
  })
})

describe('removeTags', () => {
  it.each([
    ['a<br>b<br/>c', 'a\nb\nc', 2],
    ['<p>하나</p><p>둘</p>', '하나\n둘', 4],
    ['<b>굵게</b> <a href="http://x.kr/?a=1&b=2" target=_blank>링크</a>', '굵게 링크', 4],
    ['<TD>1</TD><TD>2</TD>', ' 1  2 ', 4],
    ['70 m<sup>2</sup>, H<sub>2</sub>O, 5<sup>th</sup>', '70 m², H₂O, 5th', 4],
  ])('%s', (text, expected, places) => {
    expect(changed(removeTags, text)).toEqual([expected, { 'html-tag': places }])
  })

  it('takes out comments', () => {
    expect(changed(removeTags, 'a<!-- x -->b<!---->c')).toEqual(['abc', { 'html-comment': 2 }])
    expect(removeTags('a <!-- b')).toBe('a <!-- b')
  })

  it.each([
    ['comparisons', 'a < b and c > d, 5<6>4'],
    ['generic types', 'Map<String, List<B>> x = new A<T>()'],
    ['titles and faces', '<Love Letter> >_< <3 <BOB>와 <로마>'],
    ['placeholders', '<MASK> <sep> <No Input> <b>'],
    ['a tag spoken of', 'The <br> tag and <p> 태그'],
    ['quoted tags', 'put "<b>" before and "</b>" behind'],
    ['fenced code', '```\n<b>x</b>\n```'],
    ['a page', '<!DOCTYPE html><html><body><p>x</p></body></html>'],
    ['indented markup', '<ul>\n  <li>x</li>\n</ul>'],
    ['a session', '>>> data\nb\'<a href="x">y</a>\''],
    ['nothing but tags', '<img src="x.png">'],
    ['references of documents', ':term:`객체 <object>` and :func:`p <a.b>`'],
  ])('leaves %s', (_, text) => {
    expect(changed(removeTags, text)).toEqual([text, {}])
  })
})
