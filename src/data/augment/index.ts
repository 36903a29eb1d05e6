/** Steps that make rows out of rows, and the chat models that some of them ask. */
import type { StepDefinition } from '../step.ts'
import { attributedPrompts } from './attributed-prompts.ts'
import { backTranslation } from './back-translation.ts'
import { counterfactuals } from './counterfactuals.ts'
import { noise } from './noise.ts'
import { paraphrase } from './paraphrase.ts'
import { selfInstruct } from './self-instruct.ts'
import { selfRefinement } from './self-refinement.ts'
import { smallTalk } from './small-talk.ts'
import { speakerSwap } from './speaker-swap.ts'
import { topicBalance } from './topic-balance.ts'

export { cachedChatModel, type CachedChatModel, defaultChatCache } from './chat-cache.ts'
export {
  type ChatAnswer,
  type ChatMessage,
  type ChatModel,
  ChatRequestError,
  type ChatSettings,
} from './chat-model.ts'
export {
  endpointChatModel,
  type EndpointChatModel,
  type EndpointOptions,
  type EndpointUsage,
} from './endpoint-chat-model.ts'
export { languageModelChat } from './language-model-chat.ts'

export {
  attributedPrompts,
  backTranslation,
  counterfactuals,
  noise,
  paraphrase,
  selfInstruct,
  selfRefinement,
  smallTalk,
  speakerSwap,
  topicBalance,
}

/** In the order of the documentation: those without a model, then those that ask one. */
export const augmentationSteps: readonly StepDefinition[] = [
  noise as StepDefinition,
  smallTalk as StepDefinition,
  speakerSwap as StepDefinition,
  topicBalance as StepDefinition,
  attributedPrompts as StepDefinition,
  backTranslation as StepDefinition,
  counterfactuals as StepDefinition,
  paraphrase as StepDefinition,
  selfInstruct as StepDefinition,
  selfRefinement as StepDefinition,
]
