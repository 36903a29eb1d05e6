import { describe, expect, it } from 'vitest'
import { wikiText } from './wiki-text.ts'

const site = { files: ['file', '파일', '그림'], categories: ['category', '분류'] }
const text = (source: string) => wikiText(source, site)

describe('wikiText', () => {
  it.each([
    ["'''굵게''' ''기울임'' '''''둘'''''", '굵게 기울임 둘'],
    ['[[사과]]를 [[배 (과일)|배]]와 [[:분류:과일]]', '사과를 배와 분류:과일'],
    ['가[[파일:a.jpg|섬네일|오른쪽|[[사과]] 사진 [http://a.b c]]]나 [[분류:과일]] [[en:Apple]]', '가나'],
    ['[https://a.b 이름] [https://a.b] 끝', '이름 끝'],
    ['물<ref name="a">책 {{인용|a=[[b]]}}</ref>은<ref name="b" /> H<sub>2</sub>O', '물은 H2O'],
    ['{{정보상자|이름=[[가]]\n|그림={{b|c}}}}본문', '본문'],
    ['대한민국({{llang|en|Korea}}, {{한자|大韓民國}})은', '대한민국(Korea, 大韓民國)은'],
    ['국화({{모르는 틀|x}})는 (, 꽃) 꽃이다', '국화는 (꽃) 꽃이다'],
    ['앞\n{| class="wikitable"\n! 가\n|-\n| [[나]]\n{|\n| 안\n|}\n|}\n뒤', '앞\n\n뒤'],
    ['* 하나\n** 둘\n# 셋\n: 넷\n; 다섯', '- 하나\n- 둘\n- 셋\n넷\n다섯'],
    ['<!-- 주석 -->글 &lt;태그&gt; &amp; &nbsp;끝<br/>줄', '글 <태그> & 끝\n줄'],
    ["<nowiki>[[안]] ''녕''</nowiki> {{틀}}", "[[안]] ''녕''"],
    ['__목차없음__ 가 __NOTOC__', '가'],
    [
      '서론\n== 역사 ==\n글\n=== 빈 ===\n== 각주 ==\n{{각주}}\n=== 아래 ===\n남\n== 끝 ==\n글',
      '서론\n\n역사\n글\n\n끝\n글',
    ],
    ['가\n== See also ==\n* [[b]]', '가'],
    ['열린 {{틀|a\n\n둘째 [[단락', '열린\n\n둘째 단락'],
    ['열린 <!-- 주석', '열린'],
    ['<math>x^2</math><gallery>\n파일:a.jpg\n</gallery>식', '식'],
  ])('%s', (source, expected) => {
    expect(text(source)).toBe(expected)
  })

  it('takes no long over marks that are never closed or lie deep', () => {
    const slow: string[] = []
    const marks = [
      '{{',
      '[[',
      '<ref>',
      '<!--',
      '{|\n',
      '(',
      '[http://',
      "'",
      '<nowiki>',
      '== ',
      '{{x|',
      '&lt;',
      ',',
    ]
    for (const mark of marks) {
      const started = process.cpuUsage().user
      text(mark.repeat(30_000))
      if (process.cpuUsage().user - started > 3e6) slow.push(mark)
    }
    text(`${'{{'.repeat(20_000)}x${'}}'.repeat(20_000)}`)
    expect(slow).toEqual([])
  })
})
