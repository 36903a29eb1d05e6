import { a, b, maybe, type Scenario } from '../grammar.ts'

const interview: Scenario = {
  kind: 'interview',
  setting: 'work',
  lists: {
    position: ['cook', 'driver', 'accountant', 'designer', 'translator', 'nurse', 'salesperson', 'engineer'],
    strength: [
      'I learn fast|learns fast',
      'I speak three languages|speaks three languages',
      'I work well in a team|works well in a team',
      "I'm very patient|is very patient",
      'I like to travel|likes to travel',
    ],
  },
  opening: [
    a("I'm here about the job as {position:a}.", "I'd like to work here as {position:a}."),
    b('Where did you work before?', 'Tell me about your last job.'),
    a('I worked for {company} for {amount} years.', 'For {amount} years I was with {company}.'),
    b('And why should we take you?', 'What is your greatest strength?'),
    a('Well, {strength}.', 'I think {strength}.'),
  ],
  outcomes: [
    {
      steps: [
        b('I like that. Can you start on {date}?', 'Good. You can start on {date}.'),
        a('Yes, with pleasure.', 'Of course!'),
      ],
      summaries: [
        '{a} worked for {company} and {strength.2}. {b} gives {a} the job as {position} from {date}.',
      ],
    },
    {
      steps: [
        b('Can you start on {date}?', 'We need somebody from {date}.'),
        a("That doesn't suit me. I could start on {date2}.", "I'd prefer {date2}."),
        b('Then {date2}. Welcome to the team.', 'All right, {date2} is fine.'),
      ],
      summaries: ['{a} worked for {company} and {strength.2}. {a} will start as {position} on {date2}.'],
    },
    {
      steps: [
        b("I'm sorry, we need more experience.", "That's not enough for us, I'm afraid."),
        a('I understand. Is there anything else for me?', 'What a pity. Do you know any other place?'),
        b("Ask at {company2}. They're looking for people.", 'You could try {company2}.'),
      ],
      summaries: ['{b} does not give {a} the job as {position} and recommends {company2}.'],
    },
  ],
}

const homework: Scenario = {
  kind: 'homework',
  setting: 'work',
  lists: {
    subject: ['history', 'biology', 'music', 'English', 'math', 'geography', 'art'],
    excuse: [
      'I was ill|was ill',
      'my computer broke|had a broken computer',
      'I left it on the bus|left it on the bus',
      "I didn't understand it|did not understand it",
      'I had to help my father|had to help at home',
    ],
    extra: ['read two chapters', 'write an essay', 'give a talk', 'draw a map', 'learn a poem'],
  },
  opening: [
    a("I'm sorry, I don't have my {subject} homework.", "I couldn't finish the {subject} homework."),
    b('Why not?', 'What happened?'),
    a("It's true: {excuse}.", 'Because {excuse}.'),
  ],
  outcomes: [
    {
      steps: [
        b('Then hand it in by {day}.', 'All right, you have until {day}.'),
        a('I promise.', 'Thank you, I will.'),
      ],
      summaries: ['{a} has no {subject} homework because {a} {excuse.2}. {b} wants it by {day}.'],
    },
    {
      steps: [
        b('I need it by {day}.', 'You have until {day}.'),
        a('Could I have more time? I have another test then.', "That's hard for me. Is {day2} possible?"),
        b('Okay, {day2}, but you also have to {extra}.', 'On {day2} then. But in return you {extra}.'),
        maybe(a("That's fair.")),
      ],
      summaries: [
        '{a} has no {subject} homework because {a} {excuse.2}. {a} gets time until {day2} but has to {extra}.',
      ],
    },
    {
      steps: [
        b("That's the third time. I have to call your parents.", "Not again. I'll speak with your parents."),
        a('Please do not. I could {extra} instead.', 'May I {extra} instead?'),
        b('No. My decision is final.', "No, it's too late for that."),
      ],
      summaries: ['{a} has no {subject} homework because {a} {excuse.2}, so {b} will call the parents.'],
    },
  ],
}

const leave: Scenario = {
  kind: 'leave',
  setting: 'work',
  lists: {
    occasion: [
      'my sister is getting married|for a wedding',
      "I'm moving house|to move house",
      'I have an operation|for an operation',
      'my son has his graduation|for a graduation',
    ],
  },
  opening: [
    a(
      "I'd like to take {date} off, because {occasion}.",
      'May I have a day off on {date}? You see, {occasion}.',
    ),
  ],
  outcomes: [
    {
      steps: [
        b('Who will do your work?', 'And who takes over?'),
        a('I already asked {person}.', '{person} will do it.'),
        b("Then it's fine.", 'Good, enjoy the day.'),
      ],
      summaries: ['{a} gets {date} off {occasion.2}. {person} will take over.'],
    },
    {
      steps: [
        b(
          'That day is impossible. The people from {company} are coming.',
          'No, {company} is visiting us on that day.',
        ),
        a("I see. Then I'll ask {person} to go there for me.", 'Then {person} has to go without me.'),
      ],
      summaries: ['{a} wants {date} off {occasion.2}, but {b} refuses because {company} is coming.'],
    },
  ],
}

const conference: Scenario = {
  kind: 'schedule-change',
  setting: 'work',
  lists: {
    event: ['meeting', 'presentation', 'workshop', 'training'],
    cause: [
      'the room is being painted',
      'the director is away',
      'half of the team is ill',
      "the report isn't ready",
    ],
  },
  opening: [a('Is the {event} still on {moment} in {room}?', 'The {event} is on {moment} in {room}, right?')],
  outcomes: [
    {
      steps: [
        b('No, it was moved to {moment2}, because {cause}.', 'It will be on {moment2} now, since {cause}.'),
        a('And the room?', 'Still in {room}?'),
        b('The room is the same.', 'Yes, that has not changed.'),
      ],
      summaries: ['The {event} in {room} is moved to {moment2} because {cause}.'],
    },
    {
      steps: [
        b('Yes, but in {room2}.', 'The time is right, but we are in {room2}.'),
        maybe(a('Good to know. Why?', 'Oh, why is that?'), b('Because {cause}.')),
      ],
      summaries: ['The {event} on {moment} will be in {room2} instead of {room}.'],
    },
    {
      steps: [
        b('It was canceled, because {cause}.', 'No, there is none, as {cause}.'),
        a('Does {person} know?', 'Has anybody told {person}?'),
        b('No, could you tell {person}?', "I don't think so. Please do."),
        a('I will.', 'All right.'),
      ],
      summaries: ['The {event} on {moment} is canceled because {cause}. {a} will tell {person}.'],
    },
  ],
}

export const workScenarios: Scenario[] = [interview, homework, leave, conference]
