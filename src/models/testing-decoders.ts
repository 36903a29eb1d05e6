/** Folders of `fixtures` with tiny models of the families GPT, GPT-2, GPT-NeoX, BLOOM and Falcon (`oracles/decoder_models.py`). */
export const decoderFixtures = [
  'gpt2',
  'gpt2-scaled',
  'openai-gpt',
  'gptneox',
  'gptneox-sequential',
  'bloom',
  'bloom-after-norm',
  'falcon',
  'falcon-grouped',
  'falcon-grouped-one-norm',
  'falcon-alibi',
] as const

/** Those that the reference was also asked to generate with (`oracles/generation_models.py`). */
export const generatingDecoderFixtures = [
  'gpt2',
  'openai-gpt',
  'gptneox',
  'bloom',
  'falcon',
  'falcon-grouped',
  'falcon-alibi',
] as const
