import { a, b, maybe, type Scenario } from '../grammar.ts'

const reasons = [
  'I have to work late|has to work late',
  'I have a dentist appointment|has a dentist appointment',
  'my parents are visiting|has visitors',
  'I have a terrible cold|has a cold',
  'I promised to look after my niece|has to look after a niece',
  'I have an exam the next morning|has an exam the next morning',
  "I'm moving house|is moving house",
  'my car broke down|has no car',
]

const appointment: Scenario = {
  kind: 'appointment',
  setting: 'friends',
  lists: {
    activity: [
      'play tennis',
      'have dinner',
      'see a film',
      'go swimming',
      'study together',
      'have lunch',
      'go shopping',
      'play chess',
    ],
    reason: reasons,
  },
  opening: [
    a(
      'Would you like to {activity} this week?',
      "Let's {activity} some time this week.",
      'Do you want to {activity} with me?',
    ),
    b('Sounds nice. When and where?', 'Maybe. When are you free?', 'Good idea. What time?'),
    a(
      'How about {moment}, at {place}?',
      'I was thinking of {moment} at {place}.',
      "Let's say {moment} at {place}.",
    ),
  ],
  outcomes: [
    {
      steps: [b('That works for me.', "Perfect, I'll be there.", "All right, I'll write it down.")],
      summaries: ['{a} and {b} will {activity} at {place} on {moment}.'],
    },
    {
      steps: [
        b("I'm afraid I can't, {reason}.", "That's a bad time, {reason}."),
        a('Then what about {moment2}?', 'Oh, I see. Is {moment2} better?'),
        b('Yes, that is fine.', '{moment2} is good.'),
        maybe(a('Same place?'), b('Yes, same place.')),
      ],
      summaries: [
        '{a} and {b} will {activity} at {place} on {moment2} because {b} {reason.2} on the first date.',
      ],
    },
    {
      steps: [
        b(
          'The time is fine, but {place} is too crowded.',
          "I'd rather not go to {place} again.",
          'I think {place} is closed that week.',
        ),
        a('Do you have a better idea?', 'Then where do you want to go?'),
        b("How about {place2}? It's closer.", "I'd prefer {place2}."),
        a('Fine, {place2} it is.', 'Good, I like that.'),
      ],
      summaries: ['{a} and {b} will {activity} on {moment}. They will go to {place2} instead of {place}.'],
    },
    {
      steps: [
        b(
          "I'm sorry, {reason}. I have no time at all this week.",
          "I'd love to, but {reason}. It will not work this week.",
        ),
        a('What a pity.', 'Too bad. Next time, then.'),
      ],
      summaries: ['{a} asks {b} to {activity}, but {b} refuses because {b} {reason.2}.'],
    },
  ],
}

const trip: Scenario = {
  kind: 'trip',
  setting: 'friends',
  lists: {
    stay: ['three days', 'four days', 'a week', 'ten days'],
    drawback: ['too expensive', 'too far away', 'too crowded in summer', 'too cold at this time'],
  },
  opening: [
    a('Have you thought about our vacation?', 'We should plan our trip.', 'Where shall we go this year?'),
    b("I'd like to see {city}.", 'What about {city}? Everybody goes there.', 'My first idea was {city}.'),
  ],
  outcomes: [
    {
      steps: [
        a('Lovely. Shall we stay {stay}?', 'Good. We could stay there for {stay}.'),
        b('Yes. We leave on {date}, all right?', "Fine. I'm free from {date}."),
        a('{date} is good for me too.', "All right, I'll buy the tickets."),
      ],
      summaries: ['{a} and {b} will travel to {city} on {date} for {stay}.'],
    },
    {
      steps: [
        a("{city} is {drawback}. I'd prefer {city2}.", "But it's {drawback}. Let's rather go to {city2}."),
        b('Hmm, you are right. And how long do we stay?', 'Okay, {city2} is nice too. For how long?'),
        a('{stay:upper}, from {date}.', 'For {stay}. We leave on {date}.'),
        b('Agreed.', 'Good plan.'),
      ],
      summaries: ['{a} and {b} will travel to {city2} on {date} for {stay} because {city} is {drawback}.'],
    },
    {
      steps: [
        a(
          "I'm sorry, but I can't travel this year. I have no money left.",
          "Actually I have to save money this year, so I can't come.",
        ),
        b("Then I'll go to {city} with {person}.", "That's a pity. I'll ask {person} instead."),
        a('Good idea. Send me a postcard!', 'Have fun, you two.'),
      ],
      summaries: ['{a} cannot travel because of money, so {b} will go to {city} with {person}.'],
    },
  ],
}

const recommendation: Scenario = {
  kind: 'recommendation',
  setting: 'friends',
  lists: {
    medium: ['book', 'film', 'game', 'series'],
    praise: ['exciting', 'funny', 'beautiful', 'clever', 'moving'],
    blame: ['too long', 'boring', 'too sad', 'confusing'],
  },
  opening: [
    a(
      'Can you recommend {medium:a}?',
      "I'm looking for a good {medium}.",
      'I need a new {medium} for the weekend.',
    ),
    b('Have you tried {title}?', 'Everybody likes {title}.', "I'd start with {title}."),
  ],
  outcomes: [
    {
      steps: [
        a('What is it like?', 'Is it any good?'),
        b("It's really {praise}.", 'I found it {praise}.'),
        a("Then I'll try it.", "Good, I'll get it tonight."),
      ],
      summaries: ['{b} recommends the {medium} {title} to {a} because it is {praise}.'],
    },
    {
      steps: [
        a('I know it already, it was {blame}.', 'Oh no, that one is {blame}.'),
        b("Then take {title2}, it's {praise}.", "In that case try {title2}. It's {praise}."),
        a('Thanks, I have never heard of it.', 'All right, {title2} then.'),
      ],
      summaries: [
        '{a} finds {title} {blame}, so {b} recommends the {medium} {title2} because it is {praise}.',
      ],
    },
  ],
}

const borrowing: Scenario = {
  kind: 'borrowing',
  setting: 'friends',

  opening: [
    a(
      'Could you lend me your {product}?',
      'May I borrow your {product} for a few days?',
      'I need {product:a}. Could I use yours?',
    ),
  ],
  outcomes: [
    {
      steps: [
        b('Sure, when will you give it back?', 'Of course, but I need it back soon.'),
        a('On {day}.', "You'll have it back on {day}."),
        b('Okay, come and get it at {place}.', 'All right, you can pick it up at {place}.'),
      ],
      summaries: ['{b} lends {a} {product:a}. {a} will pick it up at {place} and return it on {day}.'],
    },
    {
      steps: [
        b("I'm sorry, it's broken.", 'It broke last week.'),
        a('Oh. Do you know anybody else who has one?', 'Too bad. Who else could I ask?'),
        b('Ask {person}.', 'I think {person} has one.'),
      ],
      summaries: ['{a} wants to borrow {product:a}, but it is broken. {b} tells {a} to ask {person}.'],
    },
    {
      steps: [
        b('I already lent it to {person}.', '{person} has it at the moment.'),
        a('When do you get it back?', 'Oh. Until when?'),
        b('On {day}. You can have it after that.', "{person} will bring it back on {day}, then it's yours."),
        a('Good, I can wait.', "That's early enough."),
      ],
      summaries: ['{a} can borrow {product:a} from {b} after {day} because {person} has it now.'],
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
          'Please tell {person} that we meet on {moment} at {place}.',
          'Could you let {person} know that we meet at {place} on {moment}?',
        ),
        b('I will.', 'Sure, no problem.', "Okay, I'll pass it on."),
      ],
      summaries: ['{a} asks {b} to tell {person} to come to {place} on {moment}.'],
    },
    {
      steps: [
        a(
          '{person} called and asked for the {product}. Can you take it to {place}?',
          'Can you bring the {product} to {place}? {person} needs it.',
        ),
        b("Yes, I'm going there anyway.", "I'll do it on my way home."),
      ],
      summaries: ['{b} will take the {product} to {place} for {person}.'],
    },
  ],
}

const present: Scenario = {
  kind: 'present',
  setting: 'friends',
  opening: [
    a(
      '{person} has a birthday on {date}. What shall we give?',
      'Do you have an idea for the birthday of {person} on {date}?',
    ),
    b('How about {product:a}?', 'I thought of {product:a}.'),
  ],
  outcomes: [
    {
      steps: [
        a('Great idea. How much is it?', 'Good, but what does it cost?'),
        b('About {price}.', 'I saw one for {price}.'),
        a('All right, we share the cost.', "Fine, let's buy it together."),
      ],
      summaries: ['{a} and {b} will buy {person} {product:a} for {price}.'],
    },
    {
      steps: [
        a('{person} already has one.', 'No, {person} just bought one.'),
        b('Then {product2:a}, maybe?', 'Hmm. And {product2:a}?'),
        a('Yes, that is better.', "That's perfect."),
        maybe(b("I'll order it today.")),
      ],
      summaries: ['{a} and {b} will give {person} {product2:a} because {person} already has {product:a}.'],
    },
  ],
}

export const friendsScenarios: Scenario[] = [appointment, trip, recommendation, borrowing, message, present]
