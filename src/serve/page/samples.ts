/** Dialogues to try, written for this page. */
export const samples = [
  {
    language: 'en',
    name: 'A late parcel',
    dialogue: `#Person1#: Hello, customer service, this is Dana speaking.
#Person2#: Hi. I ordered a desk lamp last Monday and it still isn't here.
#Person1#: I'm sorry about that. May I have your order number?
#Person2#: It's 40718. I need the lamp before my exam on Friday.
#Person1#: I see, it is stuck at the depot. I can send a new one by express today, free of charge.
#Person2#: That would be great. Will it arrive tomorrow?
#Person1#: Yes, before noon. And you may keep the first one if it turns up.`,
  },
  {
    language: 'en',
    name: 'Moving a meeting',
    dialogue: `#Person1#: Can we move the design review from Tuesday to Thursday?
#Person2#: Why, what happened?
#Person1#: The prototype's battery failed last night and the new one arrives on Wednesday.
#Person2#: Thursday morning is full for me. How about two in the afternoon?
#Person1#: Two works. I'll tell Maria and book the small room.
#Person2#: Thanks. Oh, did you see the football last night?
#Person1#: Don't ask. I fell asleep at half time.`,
  },
  {
    language: 'ko',
    name: '노트북 수리',
    dialogue: `#Person1#: 안녕하세요, 수리 센터입니다. 무엇을 도와드릴까요?
#Person2#: 노트북 화면이 자꾸 깜빡여요. 산 지 석 달밖에 안 됐는데요.
#Person1#: 불편하셨겠네요. 혹시 떨어뜨리신 적이 있나요?
#Person2#: 아니요, 한 번도 없어요. 다음 주 발표 때문에 급해요.
#Person1#: 그럼 무상 수리가 됩니다. 내일 오전에 맡기시면 금요일까지 고쳐 드릴게요.
#Person2#: 다행이네요. 내일 열 시에 갈게요.`,
  },
  {
    language: 'ko',
    name: '저녁 약속',
    dialogue: `#Person1#: 민서야, 토요일 저녁에 시간 돼? 할머니 생신이잖아.
#Person2#: 아 맞다! 근데 나 토요일엔 여섯 시까지 아르바이트야.
#Person1#: 그럼 일곱 시에 시작하자. 한정식집 예약은 내가 할게.
#Person2#: 좋아. 케이크는 내가 사 갈게. 고구마 케이크 좋아하시지?
#Person1#: 응, 그거면 돼. 오늘 날씨 진짜 덥다.
#Person2#: 그러게. 그럼 토요일에 봐!`,
  },
]

export type Samples = typeof samples
