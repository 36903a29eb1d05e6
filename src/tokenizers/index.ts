export { trainByteLevelBpe } from './byte-level-bpe.ts'
export type { ByteLevelBpeOptions, TokenizerTrainingProgress, TrainedTokenizer } from './byte-level-bpe.ts'
export {
  type ChatTemplate,
  type Conversation,
  createChatTemplate,
  readChatTemplate,
  type TemplateMessage,
  type TemplateOptions,
} from './chat-template.ts'
export { readConversation } from './conversation-file.ts'
export type { DecodeStream } from './decode-stream.ts'
export { loadTokenizer } from './load-tokenizer.ts'
export {
  renderChatPrompt,
  type RenderedConversation,
  renderConversation,
  type RenderOptions,
} from './render-conversation.ts'
export type { SpecialTokenRoles } from './special-tokens.ts'
export { createTokenizer } from './tokenizer.ts'
export type { DecodeOptions, EncodeOptions, SpecialTokenIds, Tokenizer } from './tokenizer.ts'
export { trainTokenizerFromFiles } from './train-from-files.ts'
export type { TrainFromFilesOptions, UnreadText } from './train-from-files.ts'
