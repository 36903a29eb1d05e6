import { a, b, maybe, type Scenario } from '../grammar.ts'

const faults = [
  '전원이 안 켜져요|전원이 켜지지 않아',
  '소리가 너무 커요|소리가 너무 커서',
  '너무 뜨거워져요|너무 뜨거워져서',
  '버튼이 안 눌려요|버튼이 눌리지 않아',
  '타는 냄새가 나요|타는 냄새가 나서',
  '자꾸 저절로 꺼져요|저절로 꺼져서',
]

const colors = ['검은색', '흰색', '빨간색', '파란색', '초록색', '회색', '노란색']

const purchase: Scenario = {
  kind: 'purchase',
  setting: 'service',
  lists: {
    color: colors,
    defect: ['무겁네요|무거워서', '크네요|커서', '작네요|작아서', '낡아 보이네요|낡아 보여서'],
  },
  opening: [
    a('{brand} {item:을/를} 찾고 있어요.', '{brand} {item} 있어요?', '{brand} {item} 좀 보여 주세요.'),
    b(
      '여기 {color} 제품이 있습니다. {price}입니다.',
      '네, {color} 제품이 {price}이에요.',
      '{color:은/는} {price}에 드리고 있어요.',
    ),
  ],
  outcomes: [
    {
      steps: [
        a('좋네요. 그걸로 주세요.', '가격도 괜찮네요. 살게요.'),
        b('현금으로 하시겠어요, 카드로 하시겠어요?'),
        a('카드로 할게요.', '현금으로 낼게요.'),
      ],
      summaries: ['{a:은/는} {b}에게서 {color} {brand} {item:을/를} {price}에 산다.'],
    },
    {
      steps: [
        a('{color2:은/는} 없나요?', '색이 마음에 안 드네요. {color2:으로/로} 볼 수 있을까요?'),
        b('있는데 {color2:은/는} {price2}입니다.', '네, {color2:은/는} {price2}이에요.'),
        a('괜찮아요. 그걸로 할게요.', '네, 그걸로 살게요.'),
      ],
      summaries: ['{a:은/는} {b}에게서 {color2} {brand} {item:을/를} {price2}에 산다.'],
    },
    {
      steps: [
        a('저한테는 너무 {defect}.', '음, 좀 {defect}.'),
        b(
          '그럼 {brand2} {item:은/는} 어떠세요? {price2}입니다.',
          '{brand2} {item:을/를} 보여 드릴까요? {price2}이에요.',
        ),
        a('훨씬 낫네요. 그걸로 주세요.', '그게 마음에 들어요. 살게요.'),
      ],
      summaries: ['{a:은/는} {brand} {item:이/가} {defect.2} {brand2} {item:을/를} {price2}에 산다.'],
    },
    {
      steps: [
        a('생각보다 비싸네요.', '너무 비싼데 좀 깎아 주실 수 있어요?'),
        b('죄송하지만 가격은 정해져 있습니다.', '죄송합니다. 할인은 어렵습니다.'),
        a('그럼 좀 더 생각해 볼게요.', '그럼 다음에 올게요.'),
      ],
      summaries: ['{a:은/는} {price:이/가} 비싸서 {brand} {item:을/를} 사지 않는다.'],
    },
  ],
}

const returning: Scenario = {
  kind: 'return',
  setting: 'service',
  lists: { fault: faults },
  opening: [
    a(
      '지난 {day}에 여기서 산 {brand} {device} 말인데요, {fault}.',
      '여기서 {brand} {device:을/를} 샀는데 문제가 있어요. {fault}.',
    ),
    b('죄송합니다. 영수증 있으세요?', '불편하셨겠네요. 영수증을 보여 주시겠어요?'),
  ],
  outcomes: [
    {
      steps: [
        a('여기요. 환불해 주세요.', '네. 환불받을 수 있을까요?'),
        b('네, {price:을/를} 돌려드리겠습니다.', '그럼요. {price} 환불해 드릴게요.'),
      ],
      summaries: [
        '{brand} {device:이/가} {fault.2} {a:은/는} 반품하고, {b:은/는} {price:을/를} 환불해 준다.',
      ],
    },
    {
      steps: [
        a('여기 있어요. 환불해 주세요.', '네. 환불하고 싶어요.'),
        b(
          '환불은 안 되고 교환만 됩니다. {brand2} {device:은/는} 어떠세요?',
          '일주일이 지나서 환불은 어렵습니다. {brand2} {device:으로/로} 바꿔 드릴까요?',
        ),
        a('그럼 그렇게 해 주세요.', '알겠어요. 그걸로 받을게요.'),
      ],
      summaries: [
        '{brand} {device:이/가} {fault.2} {a:은/는} 환불을 원하지만 {brand2} {device:으로/로} 교환하기로 한다.',
      ],
    },
    {
      steps: [
        a('잃어버렸어요.', '버린 것 같아요.'),
        b(
          '그럼 반품은 안 되지만 {day2}까지 수리해 드릴 수 있어요.',
          '영수증이 없으면 환불이 안 됩니다. 대신 {day2}까지 고쳐 드릴게요.',
        ),
        a('네, 수리해 주세요.', '그럼 그렇게라도 해 주세요.'),
      ],
      summaries: [
        '{a:은/는} 영수증이 없어서 반품하지 못하고, {b:은/는} {brand} {device:을/를} {day2}까지 수리해 주기로 한다.',
      ],
    },
  ],
}

const support: Scenario = {
  kind: 'support',
  setting: 'service',
  lists: {
    trouble: [
      '로그인이 안 돼요|로그인이 되지 않',
      '비밀번호가 안 맞아요|비밀번호가 맞지 않',
      '결제가 안 돼요|결제가 되지 않',
      '사진이 안 열려요|사진이 열리지 않',
      '메일이 안 와요|메일이 오지 않',
    ],
    advice: ['앱을 다시 켜', '앱을 업데이트해', '비밀번호를 바꿔', '앱을 다시 설치해', '인터넷을 껐다가 켜'],
  },
  opening: [
    a('문제가 생겼어요. {trouble}.', '며칠 전부터 {trouble}.'),
    b('그러시군요. {advice} 보시겠어요?', '먼저 {advice} 보세요.', '혹시 {advice} 보셨어요?'),
  ],
  outcomes: [
    {
      steps: [a('잠시만요. 아, 이제 돼요!', '해 볼게요. 어, 됐어요!'), maybe(b('다행입니다.'))],
      summaries: ['{trouble.2}는다는 {a}에게 {b:은/는} {advice} 보라고 하고, 문제가 해결된다.'],
    },
    {
      steps: [
        a('해 봤는데 소용없었어요.', '그렇게 해도 똑같아요.'),
        b(
          '그럼 접수해 드릴게요. 접수 번호는 {code}입니다.',
          '담당 부서에 넘기겠습니다. 접수 번호는 {code:이에요/예요}.',
        ),
        a('언제 연락을 주시나요?', '얼마나 걸릴까요?'),
        b('{formal} 기사가 {moment}에 전화드릴 거예요.', '{moment}에 {formal} 기사가 연락드리겠습니다.'),
      ],
      summaries: [
        '{a:은/는} {trouble.2}아 {code:으로/로} 접수하고, {formal} 기사가 {moment}에 연락하기로 한다.',
      ],
    },
    {
      steps: [
        a('벌써 두 번이나 했어요. 그냥 해지할게요.', '이제 지쳤어요. 해지하고 싶어요.'),
        b('일 년에 {price}만 내시면 어떨까요?', '일 년을 {price}에 해 드릴 수 있어요.'),
        a('그럼 계속 쓸게요.', '그 정도면 괜찮네요. 계속 쓸게요.'),
      ],
      summaries: [
        '{a:은/는} {trouble.2}아 해지하려 했지만, {b:이/가} 일 년 요금을 {price:으로/로} 낮춰 주어 계속 쓰기로 한다.',
      ],
    },
  ],
}

const delivery: Scenario = {
  kind: 'delivery',
  setting: 'service',
  lists: {
    mishap: [
      '아직 창고에 있네요|아직 창고에 있어서',
      '주소가 잘못됐네요|주소가 잘못되어',
      '배송 중에 분실됐네요|배송 중에 분실되어',
      '기사님이 갔을 때 아무도 안 계셨네요|집에 아무도 없어서',
    ],
  },
  opening: [
    a(
      '{product:이/가} 아직 안 왔어요. 주문 번호는 {code:이에요/예요}.',
      '{product:을/를} 주문했는데 배송이 늦어요. 주문 번호는 {code}입니다.',
    ),
    b('확인해 볼게요. {mishap}.', '잠시만요. {mishap}.'),
  ],
  outcomes: [
    {
      steps: [
        a('그럼 언제 받을 수 있어요?', '이제 어떻게 해야 하나요?'),
        b('{moment}에 배송해 드릴게요.', '{moment}에 도착할 예정입니다.'),
        a('네, 집에 있을게요.', '알겠어요. 그때까지 기다릴게요.'),
      ],
      summaries: ['{a:이/가} 주문한 {product:은/는} {mishap.2} 늦어졌고, {moment}에 배송된다.'],
    },
    {
      steps: [
        a('언제 받을 수 있어요?'),
        b('{moment}에 가져다드릴 수 있어요.', '{moment:은/는} 어떠세요?'),
        a(
          '그때는 집에 없어요. {place:으로/로} 가져다주실 수 있나요?',
          '그 시간에는 {place}에 있어요. 그쪽으로 보내 주세요.',
        ),
        b('네, {moment}에 {place:으로/로} 가겠습니다.', '그럼요. 그쪽으로 보내 드릴게요.'),
      ],
      summaries: [
        '{a:이/가} 주문한 {product:은/는} {mishap.2} 늦어졌고, {moment}에 {place:으로/로} 배송된다.',
      ],
    },
    {
      steps: [
        a('더는 못 기다리겠어요. 취소해 주세요.', '그럼 주문을 취소할게요.'),
        b('취소해 드렸습니다. {price:이/가} 환불됩니다.', '네, {price:을/를} 돌려드릴게요.'),
      ],
      summaries: [
        '{product:이/가} {mishap.2} 오지 않자 {a:은/는} 주문 {code:을/를} 취소하고 {price:을/를} 환불받는다.',
      ],
    },
  ],
}

const reservation: Scenario = {
  kind: 'reservation',
  setting: 'service',
  lists: { wish: ['창가', '정원', '조용한 구석', '입구 근처', '테라스'] },
  opening: [a('{moment}에 {amount} 명 예약하고 싶어요.', '{moment}에 {amount} 명 자리 있을까요?')],
  outcomes: [
    {
      steps: [
        b('네, 가능합니다. 어느 자리로 해 드릴까요?', '네, 있습니다. 원하시는 자리가 있으세요?'),
        a('{wish} 자리로 부탁해요.', '{wish} 자리가 좋겠어요.'),
        b('알겠습니다.', '네, 그렇게 준비하겠습니다.'),
      ],
      summaries: ['{a:은/는} {moment}에 {amount} 명이 앉을 {wish} 자리를 예약한다.'],
    },
    {
      steps: [
        b(
          '죄송합니다. 그 시간은 자리가 없고 {moment2}에는 가능합니다.',
          '그때는 예약이 다 찼어요. {moment2:은/는} 어떠세요?',
        ),
        a('그럼 {moment2:으로/로} 할게요.', '네, 그때 갈게요.'),
        maybe(b('그럼 그때 뵙겠습니다.')),
      ],
      summaries: ['{moment}에는 자리가 없어서 {a:은/는} {moment2}에 {amount} 명 자리를 예약한다.'],
    },
    {
      steps: [
        b('죄송하지만 그날은 쉽니다.', '그때는 단체 손님이 있어서 어렵습니다.'),
        a('그럼 다른 식당을 추천해 주실 수 있어요?', '근처에 갈 만한 곳이 있을까요?'),
        b('{place} 옆 식당도 괜찮습니다.', '{place} 옆에 있는 식당을 추천해 드려요.'),
      ],
      summaries: ['{a:은/는} {moment}에 예약하지 못하고, {b:은/는} {place} 옆 식당을 추천한다.'],
    },
  ],
}

const repair: Scenario = {
  kind: 'repair',
  setting: 'service',
  lists: {
    thing: ['세탁기', '냉장고', '에어컨', '오븐', '건조기', '정수기', '식기세척기', '보일러'],
    part: ['모터', '전선', '펌프', '스위치', '필터', '퓨즈'],
  },
  opening: [
    a('{thing:이/가} 고장 났는데 고칠 수 있을까요?', '{thing:이/가} 좀 이상해요.'),
    b('한번 볼게요. {part:을/를} 갈아야겠네요.', '살펴보니 {part:을/를} 바꿔야 합니다.'),
    a('얼마나 들까요?', '비용이 얼마예요?'),
    b('{price}입니다.', '{price} 정도 들어요.'),
  ],
  outcomes: [
    {
      steps: [
        a('네, 고쳐 주세요. 언제 다 돼요?', '그렇게 해 주세요. 언제 찾으러 올까요?'),
        b('{moment}에 오시면 됩니다.', '{moment}까지 해 놓을게요.'),
      ],
      summaries: [
        '{b:은/는} {a:의} {thing} {part:을/를} {price}에 갈아 주고, {a:은/는} {moment}에 찾기로 한다.',
      ],
    },
    {
      steps: [
        a('더 싼 방법은 없을까요?', '너무 비싸네요.'),
        b('중고 {part:을/를} 쓰면 {price2}입니다.', '중고 부품으로 하면 {price2}에 됩니다.'),
        a('그럼 중고로 해 주세요.', '네, 그게 좋겠어요.'),
      ],
      summaries: ['{b:은/는} {a:의} {thing:을/를} 중고 {part:으로/로} {price2}에 고쳐 주기로 한다.'],
    },
    {
      steps: [
        a('그럼 차라리 새로 사는 게 낫겠어요.', '그 돈이면 새로 살게요.'),
        b('네, 알겠습니다.', '그러셔도 됩니다.'),
      ],
      summaries: ['{a:은/는} {part:을/를} 가는 데 {price:이/가} 들어서 {thing:을/를} 새로 사기로 한다.'],
    },
  ],
}

const lostItem: Scenario = {
  kind: 'lost-item',
  setting: 'service',
  lists: { color: colors, thing: ['지갑', '우산', '가방', '목도리', '공책', '외투', '열쇠고리', '모자'] },
  opening: [
    a('{place}에 {thing:을/를} 두고 온 것 같아요.', '{thing:을/를} 잃어버렸어요. 아마 {place}에서요.'),
    b('어떻게 생겼어요?', '무슨 색인가요?'),
    a('{color:이에요/예요}.', '{color:이고/고} 제 이름이 적혀 있어요.'),
  ],
  outcomes: [
    {
      steps: [
        b('네, 누가 가져왔어요. {room}에서 찾아가세요.', '다행히 {room}에 있습니다.'),
        a('정말 다행이에요!', '아, 살았네요.'),
      ],
      summaries: ['{a:은/는} {place}에서 {color} {thing:을/를} 잃어버렸고 {room}에서 찾을 수 있다.'],
    },
    {
      steps: [
        b('죄송하지만 아직 들어온 게 없어요. 연락처를 남겨 주세요.', '여기에는 없네요. 번호를 적어 둘게요.'),
        a('내선 {code:으로/로} 전화 주세요.', '{code:이에요/예요}. 꼭 연락 주세요.'),
        b('찾으면 연락드릴게요.', '네, 알겠습니다.'),
      ],
      summaries: [
        '{a:은/는} {place}에서 {color} {thing:을/를} 잃어버렸고, {b:은/는} 찾으면 {code:으로/로} 연락하기로 한다.',
      ],
    },
  ],
}

const doctor: Scenario = {
  kind: 'doctor',
  setting: 'service',
  lists: {
    symptom: [
      '머리가 아파요|머리가 아프다',
      '목이 아파요|목이 아프다',
      '열이 나요|열이 난다',
      '배가 아파요|배가 아프다',
      '허리가 아파요|허리가 아프다',
      '기침이 나요|기침이 난다',
      '이가 아파요|이가 아프다',
    ],
    remedy: [
      '물을 많이 드시|물을 많이 마시|물을 많이 마시라고',
      '푹 쉬시|푹 쉬|푹 쉬라고',
      '약을 하루에 한 알씩 드시|약을 하루에 한 알씩 먹|약을 하루에 한 알씩 먹으라고',
      '커피를 끊으시|커피를 끊|커피를 끊으라고',
      '날마다 걸으시|날마다 걷|날마다 걸으라고',
      '찬 바람을 피하시|찬 바람을 피하|찬 바람을 피하라고',
    ],
    examination: ['혈액 검사', '엑스레이 검사', '알레르기 검사'],
  },
  opening: [
    a('선생님, {day}부터 {symptom}.', '몸이 안 좋아요. {day}부터 {symptom}.'),
    b('담배 피우세요?', '드시는 약이 있으세요?', '점점 심해지나요?'),
    a('아니요.', '조금요.', '잘 모르겠어요.'),
  ],
  outcomes: [
    {
      steps: [
        b(
          '{remedy}는 게 좋겠어요. 낫지 않으면 {date}에 다시 오세요.',
          '우선 {remedy}고, {date}에 다시 오세요.',
        ),
        a('네, 그렇게 할게요.', '알겠습니다, 선생님.'),
      ],
      summaries: ['{a:은/는} {symptom.2}고 하고, {b:은/는} {remedy.2}고 {date}에 다시 오라고 한다.'],
    },
    {
      steps: [
        b('오늘 {examination:을/를} 해 봅시다.', '지금 {examination:을/를} 하는 게 좋겠어요.'),
        a('오늘은 시간이 없는데 {moment}에 와도 될까요?', '오늘은 안 돼요. {moment:은/는} 괜찮으세요?'),
        b('네, 그때까지 {remedy}는 게 좋아요.', '그러세요. 그동안 {remedy}고 무리하지 마세요.'),
      ],
      summaries: [
        '{a:은/는} {symptom.2}고 하고, {moment}에 {examination:을/를} 받기로 한다. {b:은/는} 그때까지 {remedy.3} 한다.',
      ],
    },
  ],
}

export const serviceScenarios: Scenario[] = [
  purchase,
  returning,
  support,
  delivery,
  reservation,
  repair,
  lostItem,
  doctor,
]
