import { a, b, m, maybe, type GroupScenario } from '../grammar.ts'

const meeting: GroupScenario = {
  kind: 'meeting',
  setting: 'work',
  lists: {
    project: ['새 홈페이지', '봄 축제', '연간 보고서', '고객 설문', '사무실 이사', '창립 기념일'],
    task: [
      '초대장을 쓰',
      '예산을 확인하',
      '장소를 예약하',
      '발표 자료를 만들',
      '인쇄소에 전화하',
      '음식을 주문하',
      '포스터를 만들',
      '프로그램을 시험하',
      '자료를 모으',
      '글을 번역하',
      '기자에게 연락하',
      '장식을 준비하',
    ],
  },
  opening: [
    a(
      '모두 안녕하세요. {project} 이야기를 해 봅시다.',
      '시작할까요? 오늘 주제는 {project}입니다.',
      '다들 와 주셔서 고맙습니다. {project} 계획을 세워야 해요.',
    ),
  ],
  floor: [
    {
      steps: [
        a('{M} 씨가 {task}면 어떨까요?', '{M} 씨, {task}는 일을 맡아 주시겠어요?'),
        m('네, {day}까지 할게요.', '알겠습니다. {day}까지면 될까요?'),
        maybe(a('좋습니다.', '네, 고마워요.')),
      ],
      summaries: ['{m:은/는} {day}까지 {task}기로 한다.'],
    },
    {
      steps: [
        a('{M} 씨가 {task}면 어떨까요?', '그리고 {M} 씨, {task}는 일을 부탁해요.'),
        m('그건 좀 어려워요. 저는 {task2}고 싶어요.', '지난번에 했어요. 이번에는 {task2}면 안 될까요?'),
        a('좋아요. {day}까지 부탁해요.', '그럼 {day}까지 해 주세요.'),
      ],
      summaries: ['{m:은/는} {day}까지 {task2}기로 한다.'],
    },
    {
      steps: [
        a('누가 {task}면 좋을까요?', '{task}는 일은 누가 할까요?'),
        m('제가 할게요. {day}에 할 수 있어요.', '{day}에는 제가 할 수 있어요.'),
      ],
      summaries: ['{m:은/는} {day}에 {task}기로 한다.'],
    },
    {
      steps: [
        a('{M} 씨는 어떻게 생각하세요?', '{M} 씨는 하실 말씀 있으세요?'),
        m('아니요, 저는 없어요.', '저도 같은 생각이에요.'),
      ],
      summaries: [''],
    },
  ],
  closing: {
    steps: [
      a(
        '그럼 {moment}에 다시 모입시다.',
        '고맙습니다. 다음 회의는 {moment}입니다.',
        '오늘은 여기까지 하지요. {moment}에 봅시다.',
      ),
    ],
    summaries: ['{project:을/를} 의논하고 {moment}에 다시 모이기로 한다.'],
  },
}

const outing: GroupScenario = {
  kind: 'outing',
  setting: 'friends',
  lists: {
    event: ['소풍', '동창회', '송별회', '생일잔치', '보드게임 모임'],
    food: ['샐러드', '빵', '케이크', '과일', '주스', '치즈', '김밥', '과자', '샌드위치', '아이스크림'],
  },
  opening: [
    a(
      '얘들아, {event}에 누가 올 거야? {place} 어때?',
      '우리 {event} 계획 세우자. 나는 {place:을/를} 생각했어.',
    ),
  ],
  floor: [
    {
      steps: [m('나는 {food:을/를} 가져갈게.', '내가 {food:을/를} 준비할게.')],
      summaries: ['{m:은/는} {food:을/를} 가져온다.'],
    },
    {
      steps: [
        a('{M:아/야}, {food:을/를} 가져올래?', '{M:이가/가} {food:을/를} 맡아 줄래?'),
        m('나는 {food2:이/가} 더 편해. 그거 가져갈게.', '그건 자신 없어. 대신 {food2:을/를} 가져갈게.'),
      ],
      summaries: ['{m:은/는} {food2:을/를} 가져온다.'],
    },
    {
      steps: [
        m('미안, 나는 못 가.', '아쉽지만 나는 안 되겠어.'),
        a('{M:아/야}, 왜?', '왜 못 와, {M:아/야}?'),
        m('그때 {city}에 있을 거야.', '{city}에 가야 하거든.'),
      ],
      summaries: ['{m:은/는} {city}에 가서 못 온다.'],
    },
    { steps: [m('재미있겠다.', '나는 벌써 기대돼.')], summaries: [''] },
  ],
  closing: {
    steps: [
      m('{place:은/는} 우리한테 너무 좁지 않아?', '그런데 {place:은/는} 그때 닫아.'),
      a('그럼 {place2:으로/로} 하자. {moment}에 보는 거야.', '알았어. {moment}에 {place2}에서 보자.'),
    ],
    summaries: ['{event:은/는} {moment}에 {place2}에서 하기로 한다.'],
  },
}

const household: GroupScenario = {
  kind: 'household',
  setting: 'friends',
  lists: {
    chore: [
      '설거지',
      '창문 청소',
      '화분 물 주기',
      '분리수거',
      '강아지 산책',
      '이불 정리',
      '장보기',
      '계단 청소',
      '빨래',
      '저녁 준비',
    ],
  },
  opening: [
    a(
      '얘들아, {moment}에 {person:이가/가} 온대. 집이 엉망이야.',
      '들어 봐. {person:이가/가} {moment}에 오니까 할 일이 많아.',
    ),
  ],
  floor: [
    {
      steps: [
        a('{M:이는/는} {chore} 좀 해 줘.', '{M:아/야}, {chore} 할 수 있지?'),
        m('알았어.', '응, 할게.'),
      ],
      summaries: ['{m:은/는} {chore:을/를} 맡는다.'],
    },
    {
      steps: [
        a('{M:이는/는} {chore} 좀 해 줘.', '{M:아/야}, {chore} 부탁해.'),
        m('그건 싫어. {chore2} 하면 안 돼?', '또? 차라리 {chore2:을/를} 할게.'),
        a('그래, 오늘 안에만 해.', '마음대로 해.'),
      ],
      summaries: ['{m:은/는} {chore2:을/를} 맡는다.'],
    },
    {
      steps: [
        a('{M:이는/는} {chore} 좀 해 줘.', '{M:아/야}, 이번 {chore:은/는} 네 차례야.'),
        m('나 시간 없어. {B:이한테/한테} 시켜.', '{B:이가/가} 하면 안 돼? 나 공부해야 해.'),
        b('알았어, 내가 할게.', '또 나야? 알았어.'),
      ],
      summaries: ['{b:은/는} {m} 대신 {chore:을/를} 맡는다.'],
    },
  ],
  closing: {
    steps: [a('좋아, 그럼 시작하자.', '다들 고마워.')],
    summaries: ['{moment}에 {person:이/가} 와서 다 같이 집안일을 나눈다.'],
  },
}

export const groups: GroupScenario[] = [meeting, outing, household]
