import type { ParameterSpecification } from '../family.ts'
import { feedForwardOf, type T5Configuration } from './configuration.ts'

/** What the block of self-attention in an encoder's layer is called. */
export function encoderAttentionName({ local }: T5Configuration): string {
  if (local === undefined) return 'SelfAttention'
  return local.globalBlockSize === undefined ? 'LocalSelfAttention' : 'TransientGlobalSelfAttention'
}

/** Every tensor of a checkpoint, under its published name. */
export function parameters(configuration: T5Configuration): ParameterSpecification[] {
  const { width, heads, headWidth, feedForwardWidth, vocabularySize, initializerFactor } = configuration
  const inner = heads * headWidth
  const specifications: ParameterSpecification[] = []
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    specifications.push({ name, shape, initialization, trainable: true })
  /** Deviations are those of Mesh TensorFlow: 1 / √ of what is summed over, of queries √ of their own width besides. */
  const dense = (name: string, from: number, to: number, summed = from) =>
    declare(`${name}.weight`, [to, from], { deviation: initializerFactor / Math.sqrt(summed) })
  const norm = (name: string) => declare(`${name}.layer_norm.weight`, [width], 'ones')
  const distances = (name: string) => {
    const deviation = initializerFactor / Math.sqrt(width)
    declare(`${name}.weight`, [configuration.relativeBuckets, heads], { deviation })
  }
  const attentionBlock = (name: string) => {
    dense(`${name}.q`, width, inner, width * headWidth)
    dense(`${name}.k`, width, inner)
    dense(`${name}.v`, width, inner)
    dense(`${name}.o`, inner, width)
  }
  declare('shared.weight', [vocabularySize, width], { deviation: initializerFactor })
  const inputs = feedForwardOf(configuration.feedForward).gated ? ['wi_0', 'wi_1'] : ['wi']
  for (const side of ['encoder', 'decoder'] as const) {
    const layers = side === 'encoder' ? configuration.encoderLayers : configuration.decoderLayers
    for (let index = 0; index < layers; index++) {
      const block = `${side}.block.${index}.layer`
      const self = `${block}.0.${side === 'encoder' ? encoderAttentionName(configuration) : 'SelfAttention'}`
      attentionBlock(self)
      if (index === 0) distances(`${self}.relative_attention_bias`)
      if (side === 'encoder' && configuration.local?.globalBlockSize !== undefined) {
        if (index === 0) distances(`${self}.global_relative_attention_bias`)
        declare(`${self}.global_input_layer_norm.weight`, [width], 'ones')
      }
      norm(`${block}.0`)
      if (side === 'decoder') {
        attentionBlock(`${block}.1.EncDecAttention`)
        norm(`${block}.1`)
      }
      const last = side === 'decoder' ? 2 : 1
      for (const input of inputs) dense(`${block}.${last}.DenseReluDense.${input}`, width, feedForwardWidth)
      dense(`${block}.${last}.DenseReluDense.wo`, feedForwardWidth, width)
      norm(`${block}.${last}`)
    }
    declare(`${side}.final_layer_norm.weight`, [width], 'ones')
  }
  if (!configuration.tieEmbeddings) {
    declare('lm_head.weight', [vocabularySize, width], { deviation: initializerFactor })
  }
  return specifications
}
