import { ParameterList } from '../declare-parameters.ts'
import type { ParameterSpecification } from '../family.ts'
import type { LlamaConfiguration } from './configuration.ts'
import type { Layout } from './layout.ts'

/** Every tensor of a checkpoint, under the names of its layout. */
export function parameters(configuration: LlamaConfiguration, layout: Layout): ParameterSpecification[] {
  const { width, headWidth, vocabularySize, feedForwardWidth, experts } = configuration
  const list = new ParameterList(configuration.initializationDeviation)
  const norm = (name: string, size = width) =>
    list.rmsNorm(name, size, layout.normOffset === 0 ? 'ones' : 'zeros')

  const attention = (name: string) => {
    const { projections, headNorms } = layout
    const [queries, keys] = [configuration.heads * headWidth, configuration.keyValueHeads * headWidth]
    const options = { bias: configuration.attentionBias }
    if ('fused' in projections) list.dense(`${name}.${projections.fused}`, width, queries + 2 * keys, options)
    else {
      list.dense(`${name}.${projections.query}`, width, queries, options)
      list.dense(`${name}.${projections.key}`, width, keys, options)
      list.dense(`${name}.${projections.value}`, width, keys, options)
    }
    list.dense(`${name}.${layout.output}`, queries, width, { bias: configuration.attentionOutputBias })
    for (const headNorm of Object.values(headNorms ?? {})) norm(`${name}.${headNorm}`, headWidth)
  }

  const gated = (name: string) => {
    const options = { bias: configuration.feedForwardBias }
    if ('fused' in layout.gated) {
      list.dense(`${name}.${layout.gated.fused}`, width, 2 * feedForwardWidth, options)
    } else {
      list.dense(`${name}.${layout.gated.gate}`, width, feedForwardWidth, options)
      list.dense(`${name}.${layout.gated.up}`, width, feedForwardWidth, options)
    }
    list.dense(`${name}.${layout.down}`, feedForwardWidth, width, options)
  }

  const feedForward = (name: string) => {
    if (experts === null) return gated(name)
    list.dense(`${name}.gate`, width, experts.count, { bias: false })
    for (let expert = 0; expert < experts.count; expert++) gated(`${name}.experts.${expert}`)
  }

  list.table(layout.embeddings, vocabularySize, width)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `${layout.layers}.${index}`
    attention(`${layer}.${layout.attention}`)
    feedForward(`${layer}.${layout.feedForward}`)
    for (const name of Object.values(layout.norms)) norm(`${layer}.${name}`)
  }
  norm(layout.finalNorm)
  if (!configuration.tieEmbeddings) list.dense('lm_head', width, vocabularySize, { bias: false })
  return list.specifications
}
