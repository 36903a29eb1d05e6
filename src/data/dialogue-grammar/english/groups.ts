import { a, b, m, maybe, type GroupScenario } from '../grammar.ts'

const meeting: GroupScenario = {
  kind: 'meeting',
  setting: 'work',
  lists: {
    project: [
      'the new website',
      'the spring fair',
      'the annual report',
      'the customer survey',
      'the office move',
      'the anniversary',
    ],
    task: [
      'write the invitation',
      'check the budget',
      'book the room',
      'prepare the slides',
      'call the printer',
      'order the food',
      'design the poster',
      'test the program',
      'collect the figures',
      'translate the text',
      'contact the press',
      'buy the decoration',
    ],
  },
  opening: [
    a(
      "Good morning, everybody. Let's talk about {project}.",
      "Let's begin. Today it's about {project}.",
      'Thank you all for coming. We have to plan {project}.',
    ),
  ],
  floor: [
    {
      steps: [
        a('{M}, could you {task}?', "{M}, I'd like you to {task}."),
        m('Yes, I can do it by {day}.', 'Sure. Is {day} early enough?'),
        maybe(a('Perfect.', 'Good.')),
      ],
      summaries: ['{m} will {task} by {day}.'],
    },
    {
      steps: [
        a('{M}, could you {task}?', 'And {M}, please {task}.'),
        m("I'm too busy for that. I'd rather {task2}.", 'I did that last time. May I {task2} instead?'),
        a('Fine, please do it by {day}.', 'Okay, but by {day}.'),
      ],
      summaries: ['{m} will {task2} by {day}.'],
    },
    {
      steps: [
        a('Who can {task}?', 'Somebody has to {task}.'),
        m('I will, but not before {day}.', 'I can do that on {day}.'),
      ],
      summaries: ['{m} will {task} on {day}.'],
    },
    {
      steps: [
        a('What do you think, {M}?', 'Anything from you, {M}?'),
        m('I have nothing to add.', 'No, everything is clear.'),
      ],
      summaries: [''],
    },
  ],
  closing: {
    steps: [
      a(
        'Then we meet again on {moment}.',
        'Thank you. The next meeting is on {moment}.',
        "That's all. See you on {moment}.",
      ),
    ],
    summaries: ['They discuss {project} and will meet again on {moment}.'],
  },
}

const outing: GroupScenario = {
  kind: 'outing',
  setting: 'friends',
  lists: {
    event: ['the picnic', 'the reunion', 'the farewell party', 'the birthday party', 'the game night'],
    food: [
      'salad',
      'bread',
      'cake',
      'fruit',
      'juice',
      'cheese',
      'soup',
      'cookies',
      'sandwiches',
      'ice cream',
    ],
  },
  opening: [
    a(
      'Listen, everybody. Who comes to {event}? I thought of {place}.',
      'We have to plan {event}. My idea is {place}.',
    ),
  ],
  floor: [
    {
      steps: [m("I'll bring {food}.", 'I can make {food}.')],
      summaries: ['{m} will bring {food}.'],
    },
    {
      steps: [
        a('{M}, can you bring {food}?', '{M}, would you take care of {food}?'),
        m("I'd rather bring {food2}.", "I'm no good at that. I'll bring {food2}."),
      ],
      summaries: ['{m} will bring {food2}.'],
    },
    {
      steps: [
        m("I can't come, sorry.", "Unfortunately I won't be there."),
        a('Why not, {M}?', 'Oh no, {M}!'),
        m("I'm in {city} then.", 'I have to go to {city}.'),
      ],
      summaries: ['{m} cannot come because of a trip to {city}.'],
    },
    {
      steps: [m('That sounds like fun.', "I'm looking forward to it.")],
      summaries: [''],
    },
  ],
  closing: {
    steps: [
      m('Is {place} not too small for all of us?', '{place} is closed, by the way.'),
      a("Then let's take {place2}. On {moment}.", 'All right, {place2} then, on {moment}.'),
    ],
    summaries: ['{event:upper} will be at {place2} on {moment}.'],
  },
}

const household: GroupScenario = {
  kind: 'household',
  setting: 'friends',
  lists: {
    chore: [
      'wash the dishes',
      'clean the windows',
      'water the plants',
      'take out the trash',
      'walk the dog',
      'make the beds',
      'go shopping',
      'sweep the stairs',
      'do the laundry',
      'cook dinner',
    ],
  },
  opening: [
    a(
      'Everybody, {person} arrives on {moment}. The house is a mess.',
      'Listen. {person} is coming on {moment}, and we have a lot to do.',
    ),
  ],
  floor: [
    {
      steps: [a('{M}, you {chore}.', '{M}, can you {chore}?'), m('Okay.', 'Yes, I will.')],
      summaries: ['{m} will {chore}.'],
    },
    {
      steps: [
        a('{M}, please {chore}.', 'Could you {chore}, {M}?'),
        m('I hate that. Can I {chore2} instead?', "Not again! I'd rather {chore2}."),
        a('Fine, if you do it today.', 'As you like.'),
      ],
      summaries: ['{m} will {chore2}.'],
    },
    {
      steps: [
        a('{M}, please {chore}.', "{M}, it's your turn to {chore}."),
        m('I have no time, ask {B}.', '{B} should do it, I have to study.'),
        b("All right, I'll do it.", 'Again me? Okay.'),
      ],
      summaries: ['{b} will {chore} for {m}.'],
    },
  ],
  closing: {
    steps: [a("Good. Let's begin.", 'Thank you, all of you.')],
    summaries: ['They prepare the house because {person} arrives on {moment}.'],
  },
}

export const groups: GroupScenario[] = [meeting, outing, household]
