/** The names of a published checkpoint's tensors, and what of the computation goes with them. */
export interface Layout {
  /** The value of `architectures` in `config.json`. */
  readonly architecture: string
  readonly embeddings: string
  readonly layers: string
  readonly finalNorm: string
  /** The path of attention below a layer. */
  readonly attention: string
  /** Queries, keys and values by layers of their own, or as the parts of one (Phi-3). */
  readonly projections: { readonly query: string; readonly key: string; readonly value: string } | Fused
  readonly output: string
  /** The path of the feed-forward block below a layer. */
  readonly feedForward: string
  /** Gate and what it lets through, by layers of their own or as the halves of one (Phi-3). */
  readonly gated: { readonly gate: string; readonly up: string } | Fused
  readonly down: string
  /** Norms of what each block reads and of what it adds, where there are such. */
  readonly norms: {
    readonly beforeAttention?: string
    readonly afterAttention?: string
    readonly beforeFeedForward?: string
    readonly afterFeedForward?: string
  }
  /** Norms of every head of queries and keys, before positions turn them, are below the path of attention. */
  readonly headNorms: { readonly query: string; readonly key: string } | null
  /** Stored norm weights are one less than what they multiply by (Gemma). */
  readonly normOffset: 0 | 1
  /** Embeddings are multiplied by the square root of the width (Gemma). */
  readonly scalesEmbeddings: boolean
}

interface Fused {
  readonly fused: string
}

/** Llama's own, of which the others say how they differ. */
export const llamaLayout: Layout = {
  architecture: 'LlamaForCausalLM',
  embeddings: 'model.embed_tokens',
  layers: 'model.layers',
  finalNorm: 'model.norm',
  attention: 'self_attn',
  projections: { query: 'q_proj', key: 'k_proj', value: 'v_proj' },
  output: 'o_proj',
  feedForward: 'mlp',
  gated: { gate: 'gate_proj', up: 'up_proj' },
  down: 'down_proj',
  norms: { beforeAttention: 'input_layernorm', beforeFeedForward: 'post_attention_layernorm' },
  headNorms: null,
  normOffset: 0,
  scalesEmbeddings: false,
}

/** Norms of every head of queries and keys, as Qwen 3 and those after it have them. */
export const headNorms = { query: 'q_norm', key: 'k_norm' } as const
