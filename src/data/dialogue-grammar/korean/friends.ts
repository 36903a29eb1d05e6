import { a, b, maybe, type Scenario } from '../grammar.ts'

const reasons = [
  '야근해야 해|야근해야 해서',
  '치과에 가야 해|치과에 가야 해서',
  '부모님이 오셔|부모님이 와서',
  '감기에 심하게 걸렸어|감기에 걸려서',
  '조카를 봐 주기로 했어|조카를 봐야 해서',
  '다음 날 시험이 있어|다음 날 시험이 있어서',
  '이사를 해야 해|이사를 해야 해서',
  '차가 고장 났어|차가 고장 나서',
]

const appointment: Scenario = {
  kind: 'appointment',
  setting: 'friends',
  lists: {
    activity: [
      '배드민턴 치자|배드민턴을 치',
      '저녁 먹자|저녁을 먹',
      '영화 보자|영화를 보',
      '수영하자|수영을 하',
      '같이 공부하자|공부를 하',
      '점심 먹자|점심을 먹',
      '쇼핑하자|쇼핑을 하',
      '바둑 두자|바둑을 두',
    ],
    reason: reasons,
  },
  opening: [
    a('이번 주에 {activity}.', '우리 언제 한번 {activity}.', '시간 되면 {activity}.'),
    b('좋지. 언제 어디서?', '좋은 생각이야. 몇 시에 볼까?', '글쎄, 너는 언제가 좋아?'),
    a('{moment}에 {place} 어때?', '{moment}에 {place}에서 보자.', '{place}에서 {moment}에 만나면 어떨까?'),
  ],
  outcomes: [
    {
      steps: [b('좋아, 그때 봐.', '응, 나는 괜찮아.', '알았어. 적어 둘게.')],
      summaries: ['{a:과/와} {b:은/는} {moment}에 {place}에서 {activity.2}기로 한다.'],
    },
    {
      steps: [
        b('미안한데 그때는 안 돼. {reason}.', '그날은 힘들어. {reason}.'),
        a('그럼 {moment2:은/는} 어때?', '그렇구나. {moment2:이/가} 나을까?'),
        b('응, 그때는 괜찮아.', '그래, 그때 보자.'),
        maybe(a('장소는 그대로지?'), b('응, 그대로야.')),
      ],
      summaries: [
        '{b:은/는} {reason.2} 처음 약속에 못 온다. {a:과/와} {b:은/는} {moment2}에 {place}에서 {activity.2}기로 한다.',
      ],
    },
    {
      steps: [
        b(
          '시간은 좋은데 {place:은/는} 사람이 너무 많아.',
          '{place:은/는} 이제 그만 가고 싶어.',
          '{place:은/는} 우리 집에서 너무 멀어.',
        ),
        a('그럼 어디가 좋아?', '더 좋은 데 있어?'),
        b('{place2:은/는} 어때? 더 가깝잖아.', '나는 {place2:이/가} 더 좋아.'),
        a('좋아, {place2:으로/로} 하자.', '그래, 거기로 갈게.'),
      ],
      summaries: ['{a:과/와} {b:은/는} {moment}에 {place} 대신 {place2}에서 {activity.2}기로 한다.'],
    },
    {
      steps: [
        b('미안해. {reason}. 이번 주는 도저히 안 되겠어.', '가고 싶은데 {reason}. 이번에는 어렵겠다.'),
        a('아쉽다.', '어쩔 수 없지. 다음에 보자.'),
      ],
      summaries: ['{a:은/는} {activity.2}자고 하지만 {b:은/는} {reason.2} 거절한다.'],
    },
  ],
}

const trip: Scenario = {
  kind: 'trip',
  setting: 'friends',
  lists: {
    stay: ['2박 3일', '3박 4일', '4박 5일', '5박 6일'],
    drawback: [
      '너무 비싸|너무 비싸서',
      '너무 멀어|너무 멀어서',
      '사람이 너무 많아|사람이 너무 많아서',
      '지금은 너무 추워|너무 추워서',
    ],
  },
  opening: [
    a('휴가 계획 좀 생각해 봤어?', '우리 여행 어디로 갈까?', '올해는 어디로 가지?'),
    b(
      '나는 {city}에 가 보고 싶어.',
      '{city:은/는} 어때? 요즘 다들 가잖아.',
      '일단 {city:을/를} 생각하고 있어.',
    ),
  ],
  outcomes: [
    {
      steps: [
        a('좋아. {stay} 어때?', '괜찮네. {stay:이면/면} 되겠다.'),
        b('응. {date}에 출발하자.', '그래. 나는 {date}부터 시간 돼.'),
        a('나도 {date:이/가} 좋아.', '알았어, 표는 내가 살게.'),
      ],
      summaries: ['{a:과/와} {b:은/는} {date}에 {stay} 동안 {city} 여행을 가기로 한다.'],
    },
    {
      steps: [
        a(
          '{city:은/는} {drawback}. 나는 {city2:이/가} 더 좋아.',
          '거기는 {drawback}. 차라리 {city2}에 가자.',
        ),
        b('하긴 그렇네. 그럼 며칠이나 있을까?', '그래, {city2:도} 좋지. 얼마나 갈까?'),
        a('{date}에 출발해서 {stay} 있자.', '{stay} 어때? {date}에 가자.'),
        b('좋아.', '그렇게 하자.'),
      ],
      summaries: [
        '{city:은/는} {drawback.2} {a:과/와} {b:은/는} {date}에 {stay} 동안 {city2} 여행을 가기로 한다.',
      ],
    },
    {
      steps: [
        a('미안한데 올해는 돈이 없어서 못 가.', '나 올해는 돈을 모아야 해서 여행은 못 가겠어.'),
        b('그럼 {person:이랑/랑} {city}에 갔다 올게.', '아쉽다. {person:이한테/한테} 같이 가자고 해야겠다.'),
        a('좋은 생각이야. 사진 보내 줘.', '둘이 재미있게 놀다 와.'),
      ],
      summaries: ['{a:은/는} 돈이 없어서 여행을 못 가고, {b:은/는} {person:과/와} {city}에 가기로 한다.'],
    },
  ],
}

const recommendation: Scenario = {
  kind: 'recommendation',
  setting: 'friends',
  lists: {
    medium: ['책', '영화', '게임', '드라마'],
    praise: [
      '정말 재미있어|재미있어서',
      '아주 감동적이야|감동적이어서',
      '음악이 좋아|음악이 좋아서',
      '이야기가 새로워|이야기가 새로워서',
      '그림이 예뻐|그림이 예뻐서',
    ],
    blame: [
      '너무 길더라|너무 길어서',
      '지루하더라|지루해서',
      '너무 슬프더라|너무 슬퍼서',
      '어렵더라|어려워서',
    ],
  },
  opening: [
    a('{medium} 하나 추천해 줄래?', '재미있는 {medium} 없을까?', '주말에 볼 만한 {medium} 있어?'),
    b('{title} 알아?', '{title:은/는} 어때?', '나라면 {title}부터 볼 거야.'),
  ],
  outcomes: [
    {
      steps: [
        a('잘 몰라. 어떤데?', '그거 괜찮아?'),
        b('{praise}.', '응, {praise}.'),
        a('그럼 한번 봐야겠다.', '좋아, 오늘 밤에 볼게.'),
      ],
      summaries: ['{b:은/는} {praise.2} {a}에게 {medium} {title:을/를} 추천한다.'],
    },
    {
      steps: [
        a('그건 벌써 봤는데 {blame}.', '그건 {blame}.'),
        b('그럼 {title2:을/를} 봐. {praise}.', '그러면 {title2:은/는} 어때? {praise}.'),
        a('고마워, 처음 들어 보네.', '좋아, 그럼 그걸로 할게.'),
      ],
      summaries: [
        '{a:은/는} {title:이/가} {blame.2} 싫다고 하고, {b:은/는} {praise.2} {medium} {title2:을/를} 추천한다.',
      ],
    },
  ],
}

const borrowing: Scenario = {
  kind: 'borrowing',
  setting: 'friends',
  opening: [
    a(
      '네 {product} 좀 빌려줄 수 있어?',
      '며칠만 {product:을/를} 빌려줄래?',
      '{product:이/가} 필요한데 네 것 좀 써도 될까?',
    ),
  ],
  outcomes: [
    {
      steps: [
        b('그래, 언제 돌려줄 거야?', '응, 그런데 빨리 돌려줘야 해.'),
        a('{day}에 줄게.', '{day}까지는 꼭 돌려줄게.'),
        b('알았어, {place:으로/로} 가지러 와.', '좋아, {place}에서 줄게.'),
      ],
      summaries: ['{a:은/는} {place}에서 {b:의} {product:을/를} 빌리고 {day}에 돌려주기로 한다.'],
    },
    {
      steps: [
        b('미안, 그거 고장 났어.', '그거 지난주에 망가졌어.'),
        a('그래? 그럼 누구한테 빌리지?', '아쉽네. 다른 사람은 없을까?'),
        b('{person:이한테/한테} 물어봐.', '{person:이가/가} 갖고 있을 거야.'),
      ],
      summaries: [
        '{a:은/는} {product:을/를} 빌리려 하지만 고장이 나서, {b:은/는} {person}에게 물어보라고 한다.',
      ],
    },
    {
      steps: [
        b('벌써 {person:이한테/한테} 빌려줬는데.', '지금 {person:이가/가} 쓰고 있어.'),
        a('언제 돌려받는데?', '얼마나 쓴대?'),
        b('{day}에 받아. 그다음에 가져가.', '{person:이가/가} {day}에 가져온대. 그때 줄게.'),
        a('좋아, 기다릴게.', '그때면 괜찮아.'),
      ],
      summaries: ['{person:이/가} {product:을/를} 쓰고 있어서 {a:은/는} {day} 이후에 {b}에게 빌리기로 한다.'],
    },
  ],
}

const message: Scenario = {
  kind: 'message',
  setting: 'friends',
  opening: [],
  outcomes: [
    {
      steps: [
        a(
          '{person:이한테/한테} {moment}에 {place}에서 만나자고 전해 줘.',
          '{person:이/} 보면 {moment}에 {place:으로/로} 오라고 해 줘.',
        ),
        b('알았어, 전할게.', '응, 걱정하지 마.', '그래, 말해 줄게.'),
      ],
      summaries: ['{a:은/는} {b}에게 {moment}에 {place:으로/로} 오라는 말을 {person}에게 전해 달라고 한다.'],
    },
    {
      steps: [
        a(
          '{person:이가/가} {product:을/를} 찾아. {place:으로/로} 좀 가져다줄래?',
          '{place}에 {product} 좀 갖다줄 수 있어? {person:이가/가} 필요하대.',
        ),
        b('응, 어차피 거기 갈 거야.', '그래, 집에 가는 길에 들를게.'),
      ],
      summaries: ['{b:은/는} {person}에게 줄 {product:을/를} {place:으로/로} 가져가기로 한다.'],
    },
  ],
}

const present: Scenario = {
  kind: 'present',
  setting: 'friends',
  opening: [
    a(
      '{date:이/가} {person:이/} 생일인데 뭘 선물할까?',
      '{person:이/} 생일이 {date:이야/야}. 좋은 생각 있어?',
    ),
    b('{product:은/는} 어때?', '나는 {product:을/를} 생각했어.'),
  ],
  outcomes: [
    {
      steps: [
        a('좋다. 얼마야?', '괜찮네. 그런데 비싸지 않아?'),
        b('{price} 정도 해.', '{price}에 팔더라.'),
        a('그럼 반씩 내자.', '좋아, 같이 사자.'),
      ],
      summaries: ['{a:과/와} {b:은/는} {person}의 생일 선물로 {price}짜리 {product:을/를} 사기로 한다.'],
    },
    {
      steps: [
        a('{person:이는/는} 그거 벌써 있어.', '{person:이가/가} 얼마 전에 그거 샀어.'),
        b('그럼 {product2:은/는}?', '그러면 {product2:은/는} 어떨까?'),
        a('응, 그게 더 낫겠다.', '그거 딱 좋다.'),
        maybe(b('오늘 주문할게.')),
      ],
      summaries: [
        '{person}에게 이미 {product:이/가} 있어서 {a:과/와} {b:은/는} {product2:을/를} 선물하기로 한다.',
      ],
    },
  ],
}

export const friendsScenarios: Scenario[] = [appointment, trip, recommendation, borrowing, message, present]
