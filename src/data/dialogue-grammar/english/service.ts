import { a, b, maybe, type Scenario } from '../grammar.ts'

const faults = [
  "it doesn't turn on|does not turn on",
  'it makes a loud noise|makes a loud noise',
  'it gets too hot|gets too hot',
  'one button is stuck|has a stuck button',
  'it smells of smoke|smells of smoke',
  'it turns itself off|turns itself off',
]

const colors = ['black', 'white', 'red', 'blue', 'green', 'gray', 'yellow']

const purchase: Scenario = {
  kind: 'purchase',
  setting: 'service',
  lists: { color: colors, defect: ['too heavy', 'too big', 'too small', 'too plain'] },
  opening: [
    a(
      "I'm looking for {brand:a} {item}.",
      'Do you sell the {brand} {item}?',
      "I'd like to see the {brand} {item}.",
    ),
    b(
      'Here it is, in {color}. It costs {price}.',
      'We have it in {color} for {price}.',
      'Yes, this {color} one is {price}.',
    ),
  ],
  outcomes: [
    {
      steps: [
        a("Good, I'll take it.", "That's a fair price. I'll take it."),
        b('Will you pay in cash or by card?'),
        a('By card, please.', 'In cash.'),
      ],
      summaries: ['{a} buys a {color} {brand} {item} from {b} for {price}.'],
    },
    {
      steps: [
        a('Do you have it in {color2}?', "I don't like the color. Is there a {color2} one?"),
        b('Yes, but the {color2} one is {price2}.', 'We do. In {color2} it costs {price2}.'),
        a("That's all right. I'll take that one.", "Fine, I'll pay that."),
      ],
      summaries: ['{a} buys a {color2} {brand} {item} from {b} for {price2}.'],
    },
    {
      steps: [
        a("It's {defect} for me.", "Hmm, it's {defect}."),
        b(
          "Then look at the {brand2} {item}. It's {price2}.",
          'May I show you the {brand2} {item} for {price2}?',
        ),
        a("That's much better. I'll take it.", "Yes, I like that one. I'll buy it."),
      ],
      summaries: ['{a} finds the {brand} {item} {defect} and buys {brand2:a} {item} for {price2} instead.'],
    },
    {
      steps: [
        a("That's more than I can spend.", 'Oh, that is too much. Can you make it cheaper?'),
        b("I'm sorry, the price is fixed.", "I'm afraid not."),
        a("Then I'll think about it.", "Then I'll not take it."),
      ],
      summaries: ['{a} does not buy the {brand} {item} because {price} is too expensive.'],
    },
  ],
}

const returning: Scenario = {
  kind: 'return',
  setting: 'service',
  lists: { fault: faults },
  opening: [
    a(
      'I bought this {brand} {device} here last {day}, but {fault}.',
      'I have a problem with the {brand} {device} from your shop: {fault}.',
    ),
    b("I'm sorry to hear that. Do you have the receipt?", "Oh, I'm sorry. May I see the receipt?"),
  ],
  outcomes: [
    {
      steps: [
        a('Here you are. I want my money back.', 'Yes. Can I get a refund?'),
        b("Of course. You'll get {price} back.", "Yes, I'll give you back the {price}."),
      ],
      summaries: ['{a} returns {brand:a} {device} because it {fault.2}, and {b} refunds {price}.'],
    },
    {
      steps: [
        a('Here it is. I want a refund, please.', "Yes. I'd like my money back."),
        b(
          'We can only exchange it. How about the {brand2} {device}?',
          'Refunds are not possible after a week. Would you take the {brand2} {device} instead?',
        ),
        a("Well, all right. I'll take that.", "Fine, I'll accept that."),
      ],
      summaries: [
        '{a} wants a refund because the {brand} {device} {fault.2}, but takes {brand2:a} {device} in exchange.',
      ],
    },
    {
      steps: [
        a('No, I lost it.', 'I threw it away.'),
        b(
          "Then I can't take it back, but we can repair it by {day2}.",
          'Without it there is no refund. We could repair it until {day2}.',
        ),
        a('Okay, please repair it.', 'Better than nothing. Please do that.'),
      ],
      summaries: [
        '{a} has no receipt for the {brand} {device} that {fault.2}, so {b} will repair it by {day2}.',
      ],
    },
  ],
}

const support: Scenario = {
  kind: 'support',
  setting: 'service',
  lists: {
    trouble: [
      "I can't log in|cannot log in",
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
        a("I tried that, it didn't help.", 'That changed nothing.'),
        b('Then I open a ticket. Your number is {code}.', "I'll pass it on. The ticket number is {code}."),
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
        a("Okay, then I'll stay.", "That's fair. I'll stay."),
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
      "I ordered {product:a} and it's late. It's order {code}.",
    ),
    b('Let me look. I see, {mishap}.', 'One moment. It seems {mishap}.'),
  ],
  outcomes: [
    {
      steps: [
        a('When will I get it?', 'And now?'),
        b("We'll deliver it on {moment}.", 'It will come on {moment}.'),
        a("All right, I'll be at home.", 'Good, I can wait until then.'),
      ],
      summaries: ['The {product} of {a} {mishap.2}. It will be delivered on {moment}.'],
    },
    {
      steps: [
        a('When will I get it?'),
        b('We could deliver it on {moment}.', 'How about {moment}?'),
        a(
          "I'm not at home then. Can you bring it to {place}?",
          "No, I'll be at {place} then. Could you bring it there?",
        ),
        b('Yes, {place} on {moment}.', 'Of course, we will bring it there.'),
      ],
      summaries: ['The {product} of {a} {mishap.2}. It will be brought to {place} on {moment}.'],
    },
    {
      steps: [
        a("I can't wait any longer. Please cancel it.", 'Then cancel the order, please.'),
        b("I have canceled it. You'll get {price} back.", "Done. We'll send you back {price}."),
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
      "I'd like to book a table for {amount} on {moment}.",
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
          "I'm sorry, we are full then. Only {moment2} is free.",
          'That time is taken. Would {moment2} be possible?',
        ),
        a('Then I take {moment2}.', 'Okay, we will come then.'),
        maybe(b('We look forward to seeing you.')),
      ],
      summaries: ['{a} books a table for {amount} people on {moment2} because {moment} is full.'],
    },
    {
      steps: [
        b('We are closed on that day.', "I'm sorry, we have a private party then."),
        a('Can you recommend another place?', 'Where else could we go?'),
        b("Try {place}. It's good too.", 'I can recommend {place}.'),
      ],
      summaries: ['{a} cannot get a table on {moment}, and {b} recommends {place}.'],
    },
  ],
}

const repair: Scenario = {
  kind: 'repair',
  setting: 'service',
  lists: {
    thing: [
      'washing machine',
      'fridge',
      'dryer',
      'oven',
      'air conditioner',
      'coffee machine',
      'dishwasher',
      'boiler',
    ],
    part: ['motor', 'cable', 'pump', 'switch', 'filter', 'fuse'],
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
        a('Is there no cheaper way?', "That's a lot of money."),
        b("With a used {part} it's {price2}.", 'I have a used one for {price2}.'),
        a('Then take the used one, please.', "Good, let's do that."),
      ],
      summaries: ['{b} will repair the {thing} of {a} with a used {part} for {price2}.'],
    },
    {
      steps: [
        a("Then it's not worth it. I'll buy a new one.", 'For that money I rather buy a new one.'),
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
    a("It's {color}.", "It's {color}, and my name is on it."),
  ],
  outcomes: [
    {
      steps: [
        b('Yes, somebody brought it here. You can get it in {room}.', "You are lucky, it's in {room}."),
        a('What a relief!', 'Thank goodness.'),
      ],
      summaries: ['{a} lost a {color} {thing} at {place} and can get it in {room}.'],
    },
    {
      steps: [
        b(
          "I'm sorry, nobody brought it. Please leave your phone number.",
          "It's not here. I'll write down your number.",
        ),
        a("It's {code}. Please call me.", 'Please call extension {code}.'),
        b('I will, if we find it.', "We'll call you."),
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
    a('Doctor, I have had {symptom} since {day}.', "I don't feel well. I have {symptom}, since {day}."),
    b('Do you smoke?', 'Are you taking any medicine?', 'Has it become worse?'),
    a('No.', 'A little.', "I'm not sure."),
  ],
  outcomes: [
    {
      steps: [
        b(
          "You should {remedy}. Come back on {date} if it doesn't get better.",
          'Please {remedy}, and come again on {date}.',
        ),
        a('I will.', 'All right, doctor.'),
      ],
      summaries: ['{a} has {symptom}. {b} advises {a} to {remedy} and to come back on {date}.'],
    },
    {
      steps: [
        b("I'd like to do {examination} today.", 'We should do {examination} right now.'),
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
