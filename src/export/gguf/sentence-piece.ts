/**
 * Encodings made by SentencePiece that fall back to bytes (Llama 2, Mistral, Gemma). llama.cpp joins the two neighbours whose token has the
 * highest score until none is left; the place of a token's first merge, counted down, is such a score. It joins whatever makes a token, so
 * the merges have to be all there could be, which they are in a tokenizer that was made from SentencePiece's own file.
 */
import { z } from 'zod'
import { bool, string } from './architecture.ts'
import {
  type TokenizerFile,
  tokenKinds,
  unsupportedTokenizer,
  type VocabularyDescription,
} from './tokenizer-file.ts'

const space = '▁'

const prepend = z.object({ type: z.literal('Prepend'), prepend: z.literal(space) })
const replace = z.object({
  type: z.literal('Replace'),
  pattern: z.object({ String: z.literal(' ') }),
  content: z.literal(space),
})
const normalizer = z.union([
  z.null().transform(() => []),
  z.union([prepend, replace]).transform((one) => [one]),
  z
    .object({ type: z.literal('Sequence'), normalizers: z.array(z.union([prepend, replace])) })
    .transform((all) => all.normalizers),
])
const metaspace = z.object({
  type: z.literal('Metaspace'),
  replacement: z.literal(space),
  prepend_scheme: z.enum(['first', 'always', 'never']).default('always'),
  split: z.literal(false),
})

/** What llama.cpp is told of the encoding. Throws YuksuError where it would encode otherwise. */
export function describeSentencePiece(file: TokenizerFile, size: number): VocabularyDescription {
  const { model, added_tokens: added } = file
  const steps = normalizer.safeParse(file.normalizer ?? null)
  const split = z.union([metaspace, z.null()]).safeParse(file.pre_tokenizer ?? null)
  if (!steps.success || !split.success)
    throw unsupportedTokenizer(
      'how it changes and splits texts is not as SentencePiece does by its default, which llama.cpp follows',
    )
  const kinds = steps.data.map(({ type }) => type)
  const replaces = kinds.includes('Replace') || split.data !== null
  if (!replaces) throw unsupportedTokenizer(`it does not write spaces as ${space}, and llama.cpp does`)
  const scheme = split.data?.prepend_scheme ?? 'never'
  const addsSpace = kinds.includes('Prepend') || scheme !== 'never'
  const scores = scoresOf(file, size)
  const controls = new Set(added.filter(({ special }) => special).map(({ id }) => id))
  return {
    values: [
      ['tokenizer.ggml.model', string('llama')],
      ['tokenizer.ggml.pre', string('default')],
      ['tokenizer.ggml.scores', { type: 'float32s', value: scores }],
      ['tokenizer.ggml.add_space_prefix', bool(addsSpace)],
      ['tokenizer.ggml.remove_extra_whitespaces', bool(false)],
    ],
    notes:
      scheme === 'first'
        ? [`llama.cpp puts a space after every special token, the tokenizer at the beginning of a text alone`]
        : [],
    kindOf(token, id) {
      if (/^<0x[0-9A-F]{2}>$/.test(token)) return tokenKinds.byte
      if (id === model.vocab[String(model.unk_token)]) return tokenKinds.unknown
      return controls.has(id) ? tokenKinds.control : undefined
    },
  }
}

function scoresOf({ model, added_tokens: added }: TokenizerFile, size: number): Float32Array {
  const { vocab } = model
  const scores = new Float32Array(size)
  const merges = model.merges.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge))
  const known = new Set(merges.map(([left, right]) => `${left} ${right}`))
  merges.forEach(([left, right], rank) => {
    const id = vocab[`${left}${right}`]!
    if (scores[id] === 0) scores[id] = -1 - rank
  })
  const apart = new Set([...added.map(({ content }) => content), String(model.unk_token)])
  for (const token of Object.keys(vocab)) {
    if (apart.has(token) || /^<0x[0-9A-F]{2}>$/.test(token)) continue
    const characters = [...token]
    for (let cut = 1; cut < characters.length; cut++) {
      const [left, right] = [characters.slice(0, cut).join(''), characters.slice(cut).join('')]
      if (vocab[left] === undefined || vocab[right] === undefined || known.has(`${left} ${right}`)) continue
      throw unsupportedTokenizer(
        `llama.cpp would join '${left}' and '${right}' to '${token}', which is no merge of this tokenizer`,
      )
    }
  }
  return scores
}
