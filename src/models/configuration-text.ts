/**
 * `config.json` as text. transformers reads some fields as floats alone and refuses `30` where it wrote `30.0` itself; JavaScript has one
 * kind of number and writes the former.
 */
export function configurationText(configuration: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(configuration, null, 2).replace(wholeFloats, '$1.0')}\n`
}

/** Fields that are floats whatever the model type. */
const floatFields = [
  'attention_factor',
  'attn_logit_softcapping',
  'beta_fast',
  'beta_slow',
  'decoder_layerdrop',
  'encoder_layerdrop',
  'factor',
  'final_logit_softcapping',
  'high_freq_factor',
  'init_std',
  'initializer_factor',
  'initializer_range',
  'layer_norm_eps',
  'layer_norm_epsilon',
  'low_freq_factor',
  'partial_rotary_factor',
  'rms_norm_eps',
  'rope_local_base_freq',
  'rope_theta',
  'rotary_emb_base',
  'rotary_pct',
  'router_aux_loss_coef',
  'router_jitter_noise',
  'time_step_floor',
  'time_step_max',
  'time_step_min',
  'time_step_scale',
]

/** A line that gives one of them a whole number. */
const wholeFloats = new RegExp(`^(\\s*"(?:${floatFields.join('|')})": -?\\d+)(?=,?$)`, 'gm')
