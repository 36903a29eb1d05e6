/**
 * The programs of a folder that transformers.js and Optimum open, with the names that those give inputs and outputs:
 *
 * - a decoder, `model`: input_ids, attention_mask and position_ids with the keys and values of earlier tokens, past_key_values.N.key and
 *   .value, to logits and present.N.key and .value;
 * - an encoder, `encoder_model`: input_ids and attention_mask to last_hidden_state;
 * - its decoder, `decoder_model_merged`, for the first step and the later ones: input_ids, encoder_hidden_states, encoder_attention_mask, the past of
 *   the decoder and of its view on the source (past_key_values.N.decoder.key, .encoder.key …), and use_cache_branch, which says
 *   whether the latter is there.
 *
 * And of a model that is an encoder alone, `model`: input_ids, attention_mask and, where it tells parts of a pair apart, token_type_ids, to
 * last_hidden_state and what its head says, logits.
 *
 * Sizes are named as there too: transformers.js looks for `batch_size`.
 */
import { compile, type Program } from '../../engine/lowering.ts'
import { constant, input, type Tensor } from '../../engine/tensor.ts'
import { YuksuError } from '../../errors.ts'
import type {
  DecoderFamily,
  EncoderConfiguration,
  EncoderDecoderFamily,
  EncoderFamily,
  EncoderRows,
} from '../../models/family.ts'
import type { Model } from '../../models/model.ts'
import { KeyValueCache, type KeyValue } from '../../nn/key-value-cache.ts'
import { addedMask, causalMaskOf, placesBesidePadding, placesOf } from './inputs.ts'
import { add } from '../../engine/ops/add.ts'
import { whenCached } from './when-cached.ts'

const batch = 'batch_size'
const length = 'sequence_length'
const source = 'encoder_sequence_length'

/** The programs of a model by the names of their files. Throws where its kind has no place in the format. */
export function onnxPrograms(model: Model): Record<string, Program> {
  const { family } = model
  if (family.kind === 'decoder') return { model: decoderProgram(model, family) }
  if (family.kind === 'encoder-decoder') {
    return {
      encoder_model: encoderProgram(model, family),
      decoder_model_merged: mergedProgram(model, family),
    }
  }
  return { model: wholeEncoderProgram(model, family) }
}

function decoderProgram(model: Model, family: DecoderFamily): Program {
  const tokens = input('input_ids', [batch, length], 'int64')
  const attended = input('attention_mask', [batch, `past+${length}`], 'int64')
  const positions = input('position_ids', [batch, length], 'int64')
  const cache = new KeyValueCache(batch)
  const mask = add(causalMaskOf(tokens), addedMask(attended))
  const { logits } = family.forward(model.scope(), { tokens, positions, mask, cache }, model.configuration)
  return compileCached(model, { logits }, cache, '')
}

function wholeEncoderProgram(model: Model, family: EncoderFamily): Program {
  const configuration = model.configuration as EncoderConfiguration
  const { tokenTypes, languages = 0, padTokenId } = configuration
  if (languages > 0) {
    throw new YuksuError(
      'unsupported-export',
      `a ${family.name} model that is told the language of each token cannot be written as ONNX for transformers.js and Optimum: they tell it none`,
    )
  }
  const ids = (name: string) => input(name, [batch, length], 'int64')
  const tokens = ids('input_ids')
  const rows: EncoderRows = {
    tokens,
    positions:
      family.skipsPadding?.(configuration) === true
        ? placesBesidePadding(tokens, padTokenId)
        : placesOf(tokens, false),
    tokenTypes: tokenTypes > 1 ? ids('token_type_ids') : constant(BigInt64Array.of(0n), [1, 1]),
    mask: addedMask(ids('attention_mask')),
  }
  const { hidden, logits } = family.encode(model.scope(), rows, configuration)
  return compile({ ...(logits && { logits }), last_hidden_state: hidden })
}

function encoderProgram(model: Model, family: EncoderDecoderFamily): Program {
  const tokens = input('input_ids', [batch, source], 'int64')
  const mask = addedMask(input('attention_mask', [batch, source], 'int64'))
  const encoded = family.encode(
    model.scope(),
    { tokens, positions: placesOf(tokens, false), mask },
    model.configuration,
  )
  return compile({ last_hidden_state: encoded })
}

function mergedProgram(model: Model, family: EncoderDecoderFamily): Program {
  const scope = model.scope()
  const tokens = input('input_ids', [batch, length], 'int64')
  const sourceMask = addedMask(input('encoder_attention_mask', [batch, source], 'int64'))
  const width = encodedWidth(model, family)
  const encoded = input('encoder_hidden_states', [batch, source, width])
  const flag = input('use_cache_branch', [1], 'bool')
  const made = family.cross(scope, encoded, model.configuration)
  if (made.copyKeys !== undefined) {
    throw new YuksuError(
      'unsupported-export',
      'a model with a copy head cannot be written as ONNX for transformers.js and Optimum: they have nothing that copies from the source',
    )
  }
  const keyValues = new Map<string, KeyValue>()
  const presents: Record<string, Tensor> = {}
  for (const [index, [path, computed]] of [...made.keyValues].entries()) {
    const choose = (kind: 'key' | 'value') => {
      const [, heads, , headWidth] = computed[kind].shape
      const shape = [batch, heads!, 'encoder_past', headWidth!]
      const cached = input(`past_key_values.${index}.encoder.${kind}`, shape)
      return (presents[`present.${index}.encoder.${kind}`] = whenCached(flag, cached, computed[kind]))
    }
    keyValues.set(path, { key: choose('key'), value: choose('value') })
  }
  const cache = new KeyValueCache(batch)
  const { logits } = family.decode(
    scope,
    {
      tokens,
      positions: placesOf(tokens, true),
      selfMask: causalMaskOf(tokens),
      sourceMask,
      cross: { keyValues },
      cache,
    },
    model.configuration,
  )
  return compileCached(model, { logits, ...presents }, cache, '.decoder')
}

/** How wide the encoder's output is. */
function encodedWidth(model: Model, family: EncoderDecoderFamily): number {
  const tokens = input('input_ids', [batch, source], 'int64')
  const mask = input('mask', [batch, 1, 1, source])
  const inputs = { tokens, positions: input('positions', [source], 'int64'), mask }
  return family.encode(model.scope(), inputs, model.configuration).shape.at(-1) as number
}

/** Compiles a program with a cache, whose blocks are numbered in the order in which they are met. */
function compileCached(
  model: Model,
  outputs: Record<string, Tensor>,
  cache: KeyValueCache,
  side: '' | '.decoder',
): Program {
  const refuse = (what: string) =>
    new YuksuError(
      'unsupported-export',
      `a ${model.family.name} model cannot be written as ONNX yet: what it keeps of earlier tokens is ${what}, and the format's cache holds keys and values`,
    )
  if (cache.past.size === 0) throw refuse('a state')
  const names = new Map<string, string>()
  for (const [index, path] of [...cache.past.keys()].entries()) {
    for (const kind of ['key', 'value'] as const) {
      names.set(`past.${path}.${kind}`, `past_key_values.${index}${side}.${kind}`)
      outputs[`present.${index}${side}.${kind}`] = cache.present.get(path)![kind]
    }
  }
  const program = compile(outputs, { rename: (name) => names.get(name) ?? name })
  const other = program.inputs.find(({ name }) => name.startsWith('past.'))
  if (other !== undefined) throw refuse(`also '${other.name.replace('past.', '')}'`)
  return program
}
