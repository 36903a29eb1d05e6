import { a, b, maybe, type Scenario } from '../grammar.ts'

const faults = [
  'it does not turn on|does not turn on',
  'it makes a loud noise|makes a loud noise',
  'it gets too hot|gets too hot',
  'the screen is cracked|has a cracked screen',
  'one button is stuck|has a stuck button',
  'it smells of smoke|smells of smoke',
  'it turns itself off|turns itself off',
]

const colors = ['black', 'white', 'red', 'blue', 'green', 'gray', 'yellow']

const purchase: Scenario = {
  kind: 'purchase',
  setting: 'service',
  lists: { color: colors, defect: ['too heavy', 'too big', 'too small', 'too loud'] },
  opening: [
    a('I am looking for {product:a}.', 'Do you sell the {product}?', 'I would like to see the {product}.'),
    b(
      'Here it is, in {color}. It costs {price}.',
      'We have it in {color} for {price}.',
      'Yes, this {color} one is {price}.',
    ),
  ],
  outcomes: [
    {
      steps: [
        a('Good, I will take it.', 'That is a fair price. I will take it.'),
        b('Will you pay in cash or by card?'),
        a('By card, please.', 'In cash.'),
      ],
      summaries: ['{a} buys a {color} {product} from {b} for {price}.'],
    },
    {
      steps: [
        a('Do you have it in {color2}?', 'I do not like the color. Is there a {color2} one?'),
        b('Yes, but the {color2} one is {price2}.', 'We do. In {color2} it costs {price2}.'),
        a('That is all right. I will take that one.', 'Fine, I will pay that.'),
      ],
      summaries: ['{a} buys a {color2} {product} from {b} for {price2}.'],
    },
    {
      steps: [
        a('It is {defect} for me.', 'Hmm, it is {defect}.'),
        b('Then look at the {product2}. It is {price2}.', 'May I show you the {product2} for {price2}?'),
        a('That is much better. I will take it.', 'Yes, I like that one. I will buy it.'),
      ],
      summaries: ['{a} finds the {product} {defect} and buys a {product2} for {price2} instead.'],
    },
    {
      steps: [
        a('That is more than I can spend.', 'Oh, that is too much. Can you make it cheaper?'),
        b('I am sorry, the price is fixed.', 'I am afraid not.'),
        a('Then I will think about it.', 'Then I will not take it.'),
      ],
      summaries: ['{a} does not buy the {product} because {price} is too expensive.'],
    },
  ],
}

const returning: Scenario = {
  kind: 'return',
  setting: 'service',
  lists: { fault: faults },
  opening: [
    a(
      'I bought this {product} here last {day}, but {fault}.',
      'I have a problem with the {product} from your shop: {fault}.',
    ),
    b('I am sorry to hear that. Do you have the receipt?', 'Oh, I am sorry. May I see the receipt?'),
  ],
  outcomes: [
    {
      steps: [
        a('Here you are. I want my money back.', 'Yes. Can I get a refund?'),
        b('Of course. You will get {price} back.', 'Yes, I will give you back the {price}.'),
      ],
      summaries: ['{a} returns a {product} because it {fault.2}, and {b} refunds {price}.'],
    },
    {
      steps: [
        a('Here it is. I want a refund, please.', 'Yes. I would like my money back.'),
        b(
          'We can only exchange it. How about the {product2}?',
          'Refunds are not possible after a week. Would you take the {product2} instead?',
        ),
        a('Well, all right. I will take that.', 'Fine, I will accept that.'),
      ],
      summaries: ['{a} wants a refund because the {product} {fault.2}, but takes a {product2} in exchange.'],
    },
    {
      steps: [
        a('No, I lost it.', 'I threw it away.'),
        b(
          'Then I can not take it back, but we can repair it by {day2}.',
          'Without it there is no refund. We could repair it until {day2}.',
        ),
        a('Okay, please repair it.', 'Better than nothing. Please do that.'),
      ],
      summaries: ['{a} has no receipt for the {product} that {fault.2}, so {b} will repair it by {day2}.'],
    },
  ],
}

const support: Scenario = {
  kind: 'support',
  setting: 'service',
  lists: {
    trouble: [
      'I can not log in|can not log in',
      'I forgot my password|forgot the password',
      'I was charged twice|was charged twice',
      'my account is locked|has a locked account',
      'I get no e-mails|gets no e-mails',
    ],
    advice: [
      'restart the app',
      'clear the cache',
      'change the password',
      'update the app',
      'reinstall the app',
    ],
  },
  opening: [
    a('I have a problem: {trouble}.', 'Something is wrong: {trouble}.'),
    b('I see. Could you {advice}?', 'Please try to {advice} first.', 'Did you already {advice}?'),
  ],
  outcomes: [
    {
      steps: [a('Wait a moment. Yes, now it works!', 'Let me try. Oh, that helped!'), maybe(b('Wonderful.'))],
      summaries: ['{a} {trouble.2}. {b} tells {a} to {advice}, which solves the problem.'],
    },
    {
      steps: [
        a('I tried that, it did not help.', 'That changed nothing.'),
        b('Then I open a ticket. Your number is {code}.', 'I will pass it on. The ticket number is {code}.'),
        a('When will I hear from you?', 'How long will it take?'),
        b(
          'Our technician {person} will call you on {moment}.',
          '{person} from our team will call on {moment}.',
        ),
      ],
      summaries: ['{a} {trouble.2}. {b} opens ticket {code}, and {person} will call on {moment}.'],
    },
    {
      steps: [
        a('Yes, twice. I want to cancel my contract.', 'No, I have had enough. I want to cancel.'),
        b('What if you pay only {price} for the next year?', 'I can offer you a year for {price}.'),
        a('Okay, then I will stay.', 'That is fair. I will stay.'),
      ],
      summaries: ['{a} {trouble.2} and wants to cancel, but stays because {b} offers a year for {price}.'],
    },
  ],
}

const delivery: Scenario = {
  kind: 'delivery',
  setting: 'service',
  lists: {
    mishap: [
      'it is still in the warehouse|is still in the warehouse',
      'the address was wrong|had a wrong address',
      'it was lost on the way|was lost on the way',
      'the driver found nobody at home|came when nobody was at home',
    ],
  },
  opening: [
    a(
      'My {product} has not arrived. The order number is {code}.',
      'I ordered {product:a} and it is late. It is order {code}.',
    ),
    b('Let me look. I see, {mishap}.', 'One moment. It seems {mishap}.'),
  ],
  outcomes: [
    {
      steps: [
        a('When will I get it?', 'And now?'),
        b('We will deliver it on {moment}.', 'It will come on {moment}.'),
        a('All right, I will be at home.', 'Good, I can wait until then.'),
      ],
      summaries: ['The {product} of {a} {mishap.2}. It will be delivered on {moment}.'],
    },
    {
      steps: [
        a('When will I get it?'),
        b('We could deliver it on {moment}.', 'How about {moment}?'),
        a(
          'I am not at home then. Can you bring it to {place}?',
          'No, I will be at {place} then. Could you bring it there?',
        ),
        b('Yes, {place} on {moment}.', 'Of course, we will bring it there.'),
      ],
      summaries: ['The {product} of {a} {mishap.2}. It will be brought to {place} on {moment}.'],
    },
    {
      steps: [
        a('I can not wait any longer. Please cancel it.', 'Then cancel the order, please.'),
        b('I have canceled it. You will get {price} back.', 'Done. We will send you back {price}.'),
      ],
      summaries: ['{a} cancels order {code} because the {product} {mishap.2}. {b} will pay back {price}.'],
    },
  ],
}

const reservation: Scenario = {
  kind: 'reservation',
  setting: 'service',
  lists: {
    wish: ['by the window', 'in the garden', 'in a quiet corner', 'near the entrance', 'on the terrace'],
  },
  opening: [
    a(
      'I would like to book a table for {amount} on {moment}.',
      'Do you have a table for {amount} people on {moment}?',
    ),
  ],
  outcomes: [
    {
      steps: [
        b('Yes. Where would you like to sit?', 'We do. Any wishes?'),
        a('A table {wish}, please.', 'We would like to sit {wish}.'),
        b('Very well.', 'I have written it down.'),
      ],
      summaries: ['{a} books a table {wish} for {amount} people on {moment}.'],
    },
    {
      steps: [
        b(
          'I am sorry, we are full then. Only {moment2} is free.',
          'That time is taken. Would {moment2} be possible?',
        ),
        a('Then I take {moment2}.', 'Okay, we will come then.'),
        maybe(b('We look forward to seeing you.')),
      ],
      summaries: ['{a} books a table for {amount} people on {moment2} because {moment} is full.'],
    },
    {
      steps: [
        b('We are closed on that day.', 'I am sorry, we have a private party then.'),
        a('Can you recommend another place?', 'Where else could we go?'),
        b('Try {place}. It is good too.', 'I can recommend {place}.'),
      ],
      summaries: ['{a} can not get a table on {moment}, and {b} recommends {place}.'],
    },
  ],
}

const repair: Scenario = {
  kind: 'repair',
  setting: 'service',
  lists: {
    thing: ['washing machine', 'bicycle', 'laptop', 'oven', 'car', 'phone', 'dishwasher', 'boiler'],
    part: ['battery', 'motor', 'cable', 'pump', 'switch', 'brake'],
  },
  opening: [
    a('My {thing} is broken. Can you repair it?', 'There is something wrong with my {thing}.'),
    b('Let me see. The {part} has to be replaced.', 'I had a look at it. It needs a new {part}.'),
    a('What does that cost?', 'How much will it be?'),
    b('{price}.', 'It will be {price}.'),
  ],
  outcomes: [
    {
      steps: [
        a('Okay, please do it. When is it ready?', 'All right. When can I have it back?'),
        b('On {moment}.', 'You can pick it up on {moment}.'),
      ],
      summaries: ['{b} will replace the {part} of the {thing} for {price}. {a} gets it back on {moment}.'],
    },
    {
      steps: [
        a('Is there no cheaper way?', 'That is a lot of money.'),
        b('With a used {part} it is {price2}.', 'I have a used one for {price2}.'),
        a('Then take the used one, please.', 'Good, let us do that.'),
      ],
      summaries: ['{b} will repair the {thing} of {a} with a used {part} for {price2}.'],
    },
    {
      steps: [
        a('Then it is not worth it. I will buy a new one.', 'For that money I rather buy a new one.'),
        b('I understand.', 'As you like.'),
      ],
      summaries: ['{a} does not want to pay {price} for a new {part} and will buy a new {thing}.'],
    },
  ],
}

const lostItem: Scenario = {
  kind: 'lost-item',
  setting: 'service',
  lists: {
    color: colors,
    thing: ['wallet', 'umbrella', 'bag', 'scarf', 'notebook', 'jacket', 'key ring', 'hat'],
  },
  opening: [
    a('I think I left my {thing} at {place}.', 'I lost my {thing}, probably at {place}.'),
    b('What does it look like?', 'Can you describe it?'),
    a('It is {color}.', 'It is {color}, and my name is on it.'),
  ],
  outcomes: [
    {
      steps: [
        b('Yes, somebody brought it here. You can get it in {room}.', 'You are lucky, it is in {room}.'),
        a('What a relief!', 'Thank goodness.'),
      ],
      summaries: ['{a} lost a {color} {thing} at {place} and can get it in {room}.'],
    },
    {
      steps: [
        b(
          'I am sorry, nobody brought it. Please leave your phone number.',
          'It is not here. I will write down your number.',
        ),
        a('It is {code}. Please call me.', 'Please call extension {code}.'),
        b('I will, if we find it.', 'We will call you.'),
      ],
      summaries: ['{a} lost a {color} {thing} at {place}. {b} will call {code} if it is found.'],
    },
  ],
}

const doctor: Scenario = {
  kind: 'doctor',
  setting: 'service',
  lists: {
    symptom: [
      'a headache',
      'a sore throat',
      'a fever',
      'a stomachache',
      'back pain',
      'a cough',
      'a rash',
      'a toothache',
    ],
    remedy: [
      'drink a lot of water',
      'stay in bed',
      'take one pill a day',
      'stop drinking coffee',
      'walk every day',
      'avoid cold air',
    ],
    examination: ['a blood test', 'an X-ray', 'an allergy test'],
  },
  opening: [
    a('Doctor, I have had {symptom} since {day}.', 'I do not feel well. I have {symptom}, since {day}.'),
    b('Do you smoke?', 'Are you taking any medicine?', 'Has it become worse?'),
    a('No.', 'A little.', 'I am not sure.'),
  ],
  outcomes: [
    {
      steps: [
        b(
          'You should {remedy}. Come back on {date} if it does not get better.',
          'Please {remedy}, and come again on {date}.',
        ),
        a('I will.', 'All right, doctor.'),
      ],
      summaries: ['{a} has {symptom}. {b} advises {a} to {remedy} and to come back on {date}.'],
    },
    {
      steps: [
        b('I would like to do {examination} today.', 'We should do {examination} right now.'),
        a('I have no time today. Can I come on {moment}?', 'Today is impossible. Is {moment} all right?'),
        b('Yes, but until then you should {remedy}.', 'Good. Until then, {remedy}.'),
      ],
      summaries: [
        '{a} has {symptom} and will have {examination} on {moment}. Until then {a} should {remedy}.',
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
