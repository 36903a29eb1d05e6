import { a, b, type Exchange, type Setting } from '../grammar.ts'

const friendsGreetings: Exchange[] = [
  [b('Hey, how are you?', 'Hi there!', 'Oh, hello!', 'Hey, good to see you.')],
  [a('Hi, {B}! How are you?', 'Hey {B}, how is it going?'), b("I'm fine, thanks.", 'Not bad at all.')],
  [
    b('Hello, {A}. How have you been?', 'Hi {A}, long time no see!'),
    a('Pretty good, {B}. And you?', 'Busy, as always. How about you, {B}?'),
    b("I can't complain.", 'Same as ever.', 'Much better than last month.'),
  ],
  [
    b('{A}! What are you doing here?'),
    a('Just taking a walk.', 'Waiting for the bus.'),
    b('What a nice surprise.'),
  ],
  [
    a('Hello, are you free now?', 'Do you have a minute?', 'Can I ask you something?'),
    b('Sure, go ahead.', 'Of course, what is it?'),
  ],
]

const serviceGreetings: Exchange[] = [
  [
    b(
      'Good morning. How may I help you?',
      'Hello, what can I do for you?',
      'Good afternoon. How can I help you today?',
    ),
  ],
  [
    b('Hello, this is {B}. Who is speaking, please?', 'Hello, my name is {B}. May I have your name?'),
    a('Hello, this is {A}.', "Hi, I'm {A}."),
    b('How can I help you, {A}?', 'What can I do for you, {A}?'),
  ],
  [
    a('Hello? Is anybody there?', 'Excuse me.'),
    b('Yes, how can I help you?', "I'm sorry to keep you waiting."),
  ],
  [
    b('Welcome. Please take a seat.', 'You are next. Please sit down.'),
    a('Thank you.', 'Thank you. I hope you can help me.'),
    b("May I ask what it's about?", "I'll do my best.", 'Please tell me what you need.'),
  ],
]

const workGreetings: Exchange[] = [
  [b('Good morning. Please come in.', 'Hello. Please sit down.', 'Good afternoon.')],
  [
    a('Good morning, {B}.', 'Hello, {B}. May I come in?'),
    b('Good morning, {A}. Please sit down.', 'Of course, {A}.'),
  ],
  [
    a('Excuse me, do you have a moment?', 'Sorry to disturb you.'),
    b('Yes, what is it?', 'No problem, I have time.'),
  ],
  [
    b('Come in, {A}. How was your morning?', 'Hello, {A}. Did you have a good weekend?'),
    a('It was quiet, thank you.', 'Very good, thanks.'),
    b("I'm glad to hear that.", 'Good.'),
  ],
]

/** Small talk that fits any setting. */
const anywhere: Exchange[] = [
  [
    a('It has been raining all day.', 'What terrible weather.'),
    b('Yes, and I forgot my umbrella.', 'They say it will clear up soon.'),
  ],
  [
    a("It's so hot today.", 'What a lovely sunny day.'),
    b('I hope it stays like this.', 'Summer is early this year.'),
  ],
  [
    a('The traffic was awful this morning.'),
    b('I know, it took me {amount} hours to get here.', "That's why I take the train."),
  ],
  [
    a('Did you sleep well?', 'You look a little tired.'),
    b('My neighbor had a party until {time}.', "I couldn't sleep at all."),
  ],
  [
    a('I like your {item}. Is it new?'),
    b('Thank you. It was a present from {person}.', 'Yes, I bought it last {day}.'),
  ],
  [
    a('By the way, did you hear about {person}?'),
    b('No, what happened?'),
    a('Moving to {city}, they say.'),
    b('Really? I had no idea.'),
  ],
  [
    a('Have you seen {title}?', 'Everybody is talking about {title}.'),
    b('Not yet. Is it any good?', 'Yes, but I fell asleep.'),
    a('My sister loved it.', 'The music is wonderful.'),
    b("I'll keep that in mind."),
  ],
  [
    a('The coffee here is really good.'),
    b('I only drink tea these days.', 'I have already had {amount} cups today.'),
  ],
  [a('My cat kept me awake again.', 'My dog hates the rain.'), b('Poor thing.', 'Pets are like children.')],
  [
    a('Is that a picture of {city}?'),
    b('Yes, I was there {amount} years ago.', 'No, but many people ask that.'),
  ],
  [a('I started running last week.'), b("Good for you. I'm much too lazy.", 'How many miles can you run?')],
  [a('My phone is so slow these days.'), b('Mine is even older.', 'Try turning it off for a while.')],
  [
    a("They're building a new bridge near {place}."),
    b('It has been going on for {amount} years.', 'The noise must be terrible.'),
  ],
  [
    a('The elevator is out of order again.'),
    b('At least we get some exercise.', 'I walked up {amount} floors.'),
  ],
  [a('I had {dish} for lunch.'), b('That sounds delicious.', 'I have not eaten anything yet.')],
  [a('My cousin {person} got married on {date}.'), b('How wonderful!', 'Congratulations!')],
  [
    a('Prices have gone up everywhere.'),
    b('A sandwich costs {price} now, imagine that.', 'I hardly dare to go shopping.'),
  ],
  [a('Do you know what day it is today?'), b("I think it's {day}.", 'I lose track of time too.')],
  [
    a('I can hear music from outside.'),
    b('There is a concert at {place}.', 'Somebody is practicing the piano.'),
  ],
  [
    a('My knee hurts when the weather changes.'),
    b('You should try swimming.', 'Mine too, we are getting old.'),
  ],
  [a('The days are getting shorter.'), b('Winter is coming.', "I don't like the dark mornings.")],
  [a('I lost my umbrella again.'), b('That happens to me all the time.', 'I have {amount} of them at home.')],
  [a('My nephew {person} has just learned to walk.'), b('They grow up so fast.', 'How sweet.')],
  [a('Do you follow baseball?'), b('Only when {city} is playing.', 'Not really, I prefer tennis.')],
  [
    a('There was a strange smell in the street.'),
    b('It comes from the factory.', "I didn't notice anything."),
  ],
  [a('Is it true that the old market is closing?'), b("That's what I read in the paper.", 'I hope not.')],
  [a('I finally cleaned my room.'), b('Mine still looks like a battlefield.', 'Well done.')],
  [a('Do you still play the guitar?'), b('I gave it up years ago.', "Only when I'm alone.")],
]

const privateTalk: Exchange[] = [
  [
    a('How is your family?'),
    b('Everybody is well. My brother is visiting {city}.', 'My mother has a cold, but the rest are fine.'),
  ],
  [a('Are you still seeing {person}?'), b('No, we are just friends.', 'Yes, since last {day}.')],
  [
    a('What did you do last weekend?'),
    b('Nothing special, I stayed at home.', 'I went to {place} with {person}.'),
  ],
  [a('You changed your hair!'), b('Do you like it?', 'Yes, {person} did it for me.')],
  [a('I watched the game last night.'), b("Don't tell me who won!", 'I missed it, I was at {place}.')],
]

const officeTalk: Exchange[] = [
  [a('How was your weekend?'), b('Too short, as always.', 'Great, we went to {place}.')],
  [a('The office is quiet today.'), b('Most people are on vacation.', 'Yes, {person} is working from home.')],
  [a('Did you read the e-mail from {person}?'), b('Not yet, was it important?', 'Yes, it was very long.')],
  [a('The printer is jammed again.'), b('Somebody should throw it away.', 'I have already called somebody.')],
]

export const greetings: Record<Setting, Exchange[]> = {
  friends: friendsGreetings,
  service: serviceGreetings,
  work: workGreetings,
}

export const smallTalk: Record<Setting, Exchange[]> = {
  friends: [...anywhere, ...privateTalk],
  service: anywhere,
  work: [...anywhere, ...officeTalk],
}

/** The goodbye after the last turn of either speaker. */
export const closings: Record<Setting, Exchange[]> = {
  friends: [
    [a('Great. See you!', 'Okay, bye!', 'All right, talk to you later.')],
    [b('Great. See you!', 'Okay, bye!', 'All right, take care.')],
    [a('Thanks a lot, {B}.', 'Thank you, {B}.'), b('No problem.', 'Any time.', 'Take care, {A}!')],
    [b('I have to go now, {A}.', 'Oh, my bus is coming.'), a('Bye!', 'See you around.', 'Bye, {B}!')],
  ],
  service: [
    [a('Thank you.', 'Okay, thank you very much.', 'All right, goodbye.')],
    [a('Thank you for your time.', 'Thank you, goodbye.'), b('Have a nice day.', 'You are welcome.')],
    [b('Goodbye.', 'Have a nice day.')],
    [
      b('Is there anything else?', 'Can I do anything else for you?'),
      a('No, thank you.', 'No, that was all.'),
    ],
  ],
  work: [
    [a('Thank you.', 'Thank you for your time.')],
    [
      a('Thank you for your time.', 'That was all from me.'),
      b('You are welcome.', 'Have a good day.', 'Goodbye.'),
    ],
    [b('All right. Have a good day.', 'Good. Goodbye, then.')],
    [b('Was that all?'), a('Yes, that was all. Goodbye, {B}.', 'Yes, for today. Goodbye.')],
  ],
}

export const bridges: Record<Setting, string[]> = {
  friends: ['Oh, and another thing. ', 'By the way, ', 'Before I forget: '],
  service: ['One more thing. '],
  work: ['There is something else. ', 'One more thing. '],
}
