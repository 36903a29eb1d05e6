/** Steps that make rows out of rows. */
export { noise } from './noise.ts'
export { smallTalk } from './small-talk.ts'
export { speakerSwap } from './speaker-swap.ts'
export { topicBalance } from './topic-balance.ts'
