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
export { type AddedPiece, extendTokenizer, type ExtendTokenizerOptions } from './extend-tokenizer.ts'
export { importSentencePiece, importTiktoken } from './import-tokenizer.ts'
export { loadTokenizer } from './load-tokenizer.ts'
export { type PieceBpeOptions, trainPieceBpe } from './piece-bpe.ts'
export type { CorpusReport, PieceTrainingOptions } from './piece-options.ts'
export {
  renderChatPrompt,
  type RenderedConversation,
  renderConversation,
  type RenderOptions,
} from './render-conversation.ts'
export type { SentencePieceOptions } from './sentencepiece-json.ts'
export type { SpecialTokenRoles } from './special-tokens.ts'
export { type TiktokenEncoding, tiktokenEncodings } from './tiktoken.ts'
export { createTokenizer } from './tokenizer.ts'
export type { DecodeOptions, EncodeOptions, SpecialTokenIds, Tokenizer } from './tokenizer.ts'
export { trainTokenizerFromFiles } from './train-from-files.ts'
export type { TrainFromFilesOptions, UnreadText } from './train-from-files.ts'
export { trainUnigram, type UnigramOptions } from './unigram.ts'
export { trainWordPiece, type WordPieceOptions } from './word-piece.ts'
