/** The fixtures of `oracles/encoder_models.py`. */
export const encoderFixtures: readonly string[] = [
  'bert',
  'bert-masked',
  'bert-pretraining',
  'bert-next-sentence',
  'bert-classifier',
  'bert-tokens',
  'roberta',
  'roberta-masked',
  'roberta-classifier',
  'xlm-roberta-masked',
  'xlm-roberta-tokens',
  'xlm',
  'xlm-masked',
  'xlm-tokens',
]
