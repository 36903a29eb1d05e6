import type { WordList } from '../grammar.ts'
import { closedWords, combine, openWords } from '../word-list.ts'

const list = (text: string): string[] => text.trim().split(/\s+/)

const surnames = list(
  '김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍 전 고 문 손 배 백 허 남 심 노',
)

// Given names are pairs of syllables that Koreans name children with, without pairs that are ordinary words and without
// names in 아, which look like a shorter name that is called.
const ordinaryWords = new Set(
  list(`가수 가연 가원 가은 가현 가희 나서 나민 나우 나윤 나은 다민 다수 다현 도서 도연 도은 도진 도현 동석 미민 미아 미연 미원
        미진 민수 민원 상민 상석 상수 상아 상연 상우 상원 상은 상진 상현 상호 서민 서연 서우 선수 선우 성수 성우 성인 소민 소서 소수
        소아 소연 소원 수민 수서 수아 수연 수원 수진 시민 시아 시연 시원 시윤 시호 영수 영아 영원 예민 예서 예수 예우 예원 예진 우수
        우연 우민 우진 유민 유서 유아 유연 유원 유진 은수 은서 은우 은진 인수 인연 재수 재연 재진 정서 정민 정수 정우 정원 정은
        정진 정현 주민 주서 주수 주연 주원 주진 지민 지서 지수 지연 지우 지원 지은 지진 지현 진수 진아 진우 진원 진주 하나 하은 하진
        한수 해수 해우 해진 현수 현우 현진 혜서 태수 태연 태우 태원 태진 승수 승진 준수 상하 기수 기우 기원 기연 기아 기진 기호`),
)
const givenNames = combine(
  list(
    '건 경 규 기 나 다 도 동 명 미 민 보 상 서 선 성 세 소 수 승 시 아 연 영 예 우 유 윤 은 인 재 정 종 주 준 지 진 찬 채 태 하 한 해 현 혜 호 희',
  ),
  list(
    '건 경 규 근 담 람 래 린 림 민 별 봄 빈 서 석 섭 솔 수 숙 신 안 연 영 옥 용 우 욱 웅 원 율 윤 은 인 재 정 주 준 진 찬 철 택 하 학 현 혁 호 환 훈 희',
  ),
  (first, second) => first + second,
).filter((name) => name[0] !== name[1] && !ordinaryWords.has(name))

const brands = combine(
  list('다 라 새 해 늘 온 누 미 푸 별 솔 초 달 참 빛 꽃'),
  list('온 롬 솔 봄 담 람 르 름 루 움 뜰 찬 결 샘'),
  (start, end) => start + end,
)

const items = list(
  `청소기 선풍기 전기밥솥 이어폰 스피커 키보드 노트북 모니터 카메라 면도기 다리미 믹서기 가습기 공기청정기 손목시계 책가방
   자전거 텐트 냄비 토스터 프린터 태블릿 헤드폰 안마기`,
)

const devices = list(
  '청소기 선풍기 전기밥솥 스피커 노트북 모니터 다리미 믹서기 가습기 공기청정기 토스터 프린터',
)

const areas = list(`
  망원 합정 신촌 홍대 강남 잠실 성수 사당 노원 혜화 안국 종로 을지로 충무로 이태원 서초 선릉 역삼 양재 수서 천호 길동 왕십리
  청량리 회기 상봉 구로 신도림 영등포 여의도 마포 공덕 서대문 광화문 분당 판교 일산 부천 부평 송도 동탄 의정부 광교 해운대 서면
  남포동 광안리 동성로 둔산 유성 상무 금남로 연남동 삼청동 북촌 서촌 목동 화곡 방배 이수 신림 봉천 대림 문래 당산 미아 수유 창동
  도봉 중계 태릉 면목 군자 중곡 자양 압구정 신사 논현 청담 도곡 대치 개포 일원 가락 문정 복정 모란 정자 미금 수내
`)

const venues = ['역', ' 도서관', ' 시장', ' 공원', ' 체육관', ' 영화관', ' 서점', ' 우체국', ' 미술관']

const cities = list(`
  부산 대구 인천 대전 울산 세종 제주 강릉 속초 춘천 원주 동해 삼척 평창 전주 군산 익산 남원 여수 순천 목포 광양 나주 경주 포항
  안동 구미 김천 진주 통영 거제 창원 김해 밀양 청주 충주 제천 단양 공주 부여 보령 서산 당진 태안 강화 가평 양평 담양 보성 해남
  도쿄 오사카 교토 삿포로 후쿠오카 타이베이 홍콩 방콕 하노이 다낭 발리 시드니 파리 런던 로마 베네치아 마드리드 리스본 프라하 빈 베를린
  뮌헨 취리히 암스테르담 뉴욕 시카고 보스턴 밴쿠버 토론토
`)

const weekdays = list('월요일 화요일 수요일 목요일 금요일 토요일 일요일')
const hours = combine(
  list('9 10 11 12 1 2 3 4 5 6 7 8'),
  ['', ' 10분', ' 20분', ' 반', ' 40분'],
  (hour, minute) => {
    const half = ['9', '10', '11'].includes(hour) ? '오전' : '오후'
    return `${half} ${hour}시${minute}`
  },
)
const numbers = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)

const titles = combine(
  list(
    '은빛 숨은 고요한 황금 얼어붙은 외로운 붉은 머나먼 잊힌 한밤의 북쪽 낡은 떠도는 겨울 종이 푸른 마지막 첫',
  ),
  list('등대 항구 강물 정원 나침반 과수원 거울 섬 편지 다리 탑 그림자 시계 들판 항해 기차 골목'),
  (adjective, noun) => `‘${adjective} ${noun}’`,
)

const firstWord = (text: string): string => text.split(' ')[0]!

/** Words by the name of their slot. */
export const words: Record<string, WordList> = {
  person: openWords(givenNames),
  formal: openWords(
    combine(surnames, givenNames, (surname, given) => surname + given),
    (name) => name.slice(1),
  ),
  brand: openWords(brands),
  product: openWords(
    combine(brands, items, (brand, item) => `${brand} ${item}`),
    firstWord,
  ),
  company: openWords(
    combine(brands, ['물산', '식품', '보험', '소프트', '디자인', '건설'], (x, y) => `${x}${y}`),
    (name) => name.slice(0, 2),
  ),
  place: openWords(
    combine(areas, venues, (area, venue) => area + venue),
    (name) => name.split(/ |역$/)[0]!,
  ),
  city: openWords(cities),
  title: openWords(titles),
  moment: openWords(combine(weekdays, hours, (day, hour) => `${day} ${hour}`)),
  time: closedWords(hours),
  day: closedWords(weekdays),
  date: openWords(numbers(1, 12).flatMap((month) => numbers(1, 28).map((day) => `${month}월 ${day}일`))),
  price: openWords(numbers(12, 480).map((price) => `${price},000원`)),
  code: openWords(
    list('A B C D E F G H K M N P R T').flatMap((x) => numbers(1003, 9990, 37).map((y) => `${x}${y}`)),
  ),
  room: openWords(numbers(101, 999).map((number) => `${number}호`)),
  amount: closedWords(list('두 세 네 다섯 여섯 일곱 여덟')),
  item: closedWords(items),
  device: closedWords(devices),
  dish: closedWords(list('김치찌개 된장찌개 냉면 비빔밥 칼국수 떡볶이 순두부 불고기 삼계탕 돈가스')),
}
