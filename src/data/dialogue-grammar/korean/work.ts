import { a, b, maybe, type Scenario } from '../grammar.ts'

const interview: Scenario = {
  kind: 'interview',
  setting: 'work',
  lists: {
    position: ['요리사', '운전기사', '회계사', '디자이너', '번역가', '간호사', '영업 사원', '개발자'],
    strength: [
      '일을 빨리 배웁니다|일을 빨리 배운다',
      '외국어를 잘합니다|외국어를 잘한다',
      '동료들과 잘 지냅니다|동료들과 잘 지낸다',
      '참을성이 많습니다|참을성이 많다',
      '꼼꼼합니다|꼼꼼하다',
    ],
  },
  opening: [
    a('{position} 자리에 지원했습니다.', '{position:으로/로} 일하고 싶어서 왔습니다.'),
    b('전에는 어디에서 일하셨어요?', '경력을 말씀해 주세요.'),
    a('{company}에서 {amount} 해 동안 일했습니다.', '{amount} 해 동안 {company}에 다녔습니다.'),
    b('본인의 장점은 무엇인가요?', '왜 저희가 뽑아야 할까요?'),
    a('저는 {strength}.', '무엇보다 {strength}.'),
  ],
  outcomes: [
    {
      steps: [
        b('좋습니다. {date}부터 나오실 수 있어요?', '마음에 드네요. {date}부터 출근하세요.'),
        a('네, 물론입니다.', '네, 감사합니다!'),
      ],
      summaries: [
        '{a:은/는} {company}에서 일했고 {strength.2}고 말한다. {b:은/는} {a:을/를} {position:으로/로} 뽑고, {a:은/는} {date}부터 출근한다.',
      ],
    },
    {
      steps: [
        b('{date}부터 나오실 수 있어요?', '저희는 {date}부터 일할 분이 필요해요.'),
        a('그날은 어렵습니다. {date2}부터 가능합니다.', '{date2}부터 일하고 싶습니다.'),
        b('그럼 {date2:으로/로} 하지요. 함께 일하게 되어 기뻐요.', '알겠습니다. {date2:도} 괜찮아요.'),
      ],
      summaries: [
        '{a:은/는} {company}에서 일했고 {strength.2}고 말한다. {a:은/는} {date2}부터 {position:으로/로} 일하기로 한다.',
      ],
    },
    {
      steps: [
        b('죄송하지만 경력이 더 필요합니다.', '저희가 찾는 경력과는 조금 다르네요.'),
        a('그렇군요. 다른 자리는 없을까요?', '아쉽네요. 혹시 다른 곳을 아시나요?'),
        b('{company2}에 알아보세요. 사람을 찾고 있어요.', '{company2}에 지원해 보세요.'),
      ],
      summaries: ['{b:은/는} {a:을/를} {position:으로/로} 뽑지 않고 {company2:을/를} 추천한다.'],
    },
  ],
}

const homework: Scenario = {
  kind: 'homework',
  setting: 'work',
  lists: {
    subject: ['역사', '과학', '음악', '영어', '수학', '지리', '미술'],
    excuse: [
      '몸이 아팠어요|몸이 아파서',
      '컴퓨터가 고장 났어요|컴퓨터가 고장 나서',
      '버스에 두고 내렸어요|버스에 두고 내려서',
      '내용이 어려웠어요|내용이 어려워서',
      '아버지를 도와드려야 했어요|아버지를 돕느라',
    ],
    extra: [
      '책을 두 장 읽으|책을 두 장 읽',
      '글을 한 편 쓰|글을 한 편 쓰',
      '발표를 하|발표를 하',
      '지도를 그리|지도를 그리',
      '시를 외우|시를 외우',
    ],
  },
  opening: [
    a('선생님, 죄송한데 {subject} 숙제를 못 했어요.', '{subject} 숙제를 다 못 끝냈어요.'),
    b('왜 못 했어요?', '무슨 일이 있었어요?'),
    a('사실은 {excuse}.', '그게, {excuse}.'),
  ],
  outcomes: [
    {
      steps: [
        b('그럼 {day}까지 내세요.', '알겠어요. {day}까지 시간을 줄게요.'),
        a('네, 꼭 낼게요.', '감사합니다.'),
      ],
      summaries: ['{a:은/는} {excuse.2} {subject} 숙제를 못 했고, {b:은/는} {day}까지 내라고 한다.'],
    },
    {
      steps: [
        b('{day}까지는 내야 해요.', '그럼 {day}까지 내세요.'),
        a(
          '그때는 시험이 있어서요. {day2}까지 내도 될까요?',
          '조금 더 시간을 주시면 안 될까요? {day2:은/는} 어떠세요?',
        ),
        b('좋아요, {day2}. 대신 {extra.2}기로 해요.', '그럼 그렇게 해요. 대신 {extra}세요.'),
        maybe(a('네, 알겠습니다.')),
      ],
      summaries: ['{a:은/는} {excuse.2} {subject} 숙제를 못 했고, {day2}까지 내는 대신 {extra.2}기로 한다.'],
    },
    {
      steps: [
        b('벌써 세 번째네요. 부모님께 전화해야겠어요.', '또요? 부모님과 이야기해야겠어요.'),
        a('제발요. 대신 {extra}면 안 될까요?', '그것만은 안 돼요. 제가 {extra}면 안 될까요?'),
        b('안 돼요. 이미 정했어요.', '아니요, 이제 너무 늦었어요.'),
      ],
      summaries: [
        '{a:이/가} {excuse.2} {subject} 숙제를 못 했다고 하자 {b:은/는} 부모님에게 전화하기로 한다.',
      ],
    },
  ],
}

const leave: Scenario = {
  kind: 'leave',
  setting: 'work',
  lists: {
    occasion: [
      '동생이 결혼합니다|동생의 결혼식 때문에',
      '이사를 합니다|이사 때문에',
      '수술을 받습니다|수술 때문에',
      '아이가 졸업합니다|아이의 졸업식 때문에',
    ],
  },
  opening: [a('{date}에 하루 쉬고 싶습니다. {occasion}.', '{date}에 휴가를 써도 될까요? {occasion}.')],
  outcomes: [
    {
      steps: [
        b('그날 일은 누가 하나요?', '업무는 누가 맡지요?'),
        a('{formal} 씨에게 부탁했습니다.', '{formal} 씨가 하기로 했습니다.'),
        b('그럼 괜찮아요.', '알겠어요. 잘 다녀오세요.'),
      ],
      summaries: ['{a:은/는} {occasion.2} {date}에 쉬고, {formal:이/가} 일을 맡는다.'],
    },
    {
      steps: [
        b('그날은 어렵겠네요. {company}에서 손님이 오거든요.', '{company}에서 오는 날이라 안 됩니다.'),
        a('알겠습니다. 그럼 {formal} 씨에게 대신 가 달라고 할게요.', '네, {formal} 씨만 보내야겠네요.'),
      ],
      summaries: [
        '{a:은/는} {occasion.2} {date}에 쉬고 싶어 하지만, {b:은/는} {company}에서 손님이 와서 안 된다고 한다.',
      ],
    },
  ],
}

const scheduleChange: Scenario = {
  kind: 'schedule-change',
  setting: 'work',
  lists: {
    event: ['회의', '발표', '워크숍', '교육'],
    cause: [
      '회의실 공사를 해서|회의실 공사를 해서',
      '부장님이 출장을 가셔서|부장이 출장을 가서',
      '감기 걸린 사람이 많아서|감기 걸린 사람이 많아서',
      '보고서가 아직 안 돼서|보고서가 끝나지 않아서',
    ],
  },
  opening: [a('{event:은/는} {moment}에 {room}에서 하지요?', '{moment} {event:은/는} {room} 맞지요?')],
  outcomes: [
    {
      steps: [
        b('아니요, {cause} {moment2:으로/로} 바뀌었어요.', '{cause} {moment2}에 하기로 했어요.'),
        a('장소는요?', '그럼 {room}에서 하나요?'),
        b('장소는 그대로예요.', '네, 그건 그대로예요.'),
      ],
      summaries: ['{cause.2} {room}에서 하는 {event:이/가} {moment2:으로/로} 바뀐다.'],
    },
    {
      steps: [
        b('시간은 맞는데 {room2:으로/로} 바뀌었어요.', '네, 그런데 {room2}에서 해요.'),
        maybe(a('그렇군요. 왜 바뀌었어요?', '왜 그렇게 됐어요?'), b('{cause} 그렇게 됐어요.')),
      ],
      summaries: ['{moment}에 하는 {event} 장소가 {room}에서 {room2:으로/로} 바뀐다.'],
    },
    {
      steps: [
        b('아니요, {cause} 취소됐어요.', '{cause} 안 하기로 했어요.'),
        a('{formal} 씨도 알아요?', '{formal} 씨한테도 말했나요?'),
        b('아니요, 좀 전해 주세요.', '아직 모를 거예요. 말해 주시겠어요?'),
        a('네, 제가 말할게요.', '그럴게요.'),
      ],
      summaries: ['{cause.2} {moment} {event:이/가} 취소되고, {a:은/는} {formal}에게 알리기로 한다.'],
    },
  ],
}

export const workScenarios: Scenario[] = [interview, homework, leave, scheduleChange]
