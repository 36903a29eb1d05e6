/** Sliding windows in `config.json`: `sliding_window`, and which layers have it. */
import { z } from 'zod'
import { count } from '../configuration.ts'
import type { LlamaConfiguration, RotarySettings, SlidingWindow } from './configuration.ts'
import { refusal } from './fields.ts'

export const windowFields = {
  sliding_window: count.nullish(),
  layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
}

export interface WindowGiven {
  readonly sliding_window?: number | null | undefined
  readonly layer_types?: readonly ('full_attention' | 'sliding_attention')[] | null | undefined
}

/**
 * The window of a model's layers: those that `layer_types` names or, where it is not there, those that `slides` holds for. Throws where
 * layers slide and nothing says how far.
 */
export function readWindow(
  given: WindowGiven,
  { layers }: Pick<LlamaConfiguration, 'layers'>,
  rotary: RotarySettings,
  options: { readonly family: string; readonly slides: (layer: number) => boolean },
): SlidingWindow | null {
  const { layer_types: types, sliding_window: size } = given
  if (types && types.length !== layers) {
    throw refusal(options.family, 'layer_types', `${types.length} layers; num_hidden_layers says ${layers}`)
  }
  const sliding = Array.from({ length: layers }, (_, layer) => layer).filter((layer) =>
    types ? types[layer] === 'sliding_attention' : options.slides(layer),
  )
  if (sliding.length === 0) return null
  if (size === null || size === undefined) {
    throw refusal(options.family, 'sliding_window', 'layers slide and there is no width of their window')
  }
  return { size, layers: sliding, rotary }
}

/** `layer_types` of a configuration. */
export function layerTypes({ layers, slidingWindow }: LlamaConfiguration): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    slidingWindow?.layers.includes(layer) ? 'sliding_attention' : 'full_attention',
  )
}
