import { expect, it } from 'vitest'
import { configurationText } from './configuration-text.ts'

it('writes whole numbers with a point where the field is a float, and no others', () => {
  const configuration = {
    final_logit_softcapping: 30,
    initializer_factor: 1,
    rms_norm_eps: 1e-6,
    initializer_range: 0.02,
    vocab_size: 30,
    note: '"rope_theta": 5,',
    attn_logit_softcapping: null,
    rope_parameters: { full_attention: { rope_theta: 1_000_000, factor: 8 } },
    max_position_embeddings: 64,
    rope_theta: 1e21,
    router_jitter_noise: 0,
  }
  const text = configurationText(configuration)
  expect(JSON.parse(text)).toEqual(configuration)
  const values = Object.fromEntries(
    [...text.matchAll(/"(\w+)": (-?[\d.e+-]+)/g)].map(([, name, value]) => [name, value]),
  )
  expect(values).toMatchObject({
    final_logit_softcapping: '30.0',
    initializer_factor: '1.0',
    vocab_size: '30',
    factor: '8.0',
    max_position_embeddings: '64',
    router_jitter_noise: '0.0',
  })
  expect(text).toContain('"rope_theta": 1000000.0')
  expect(text.endsWith('}\n')).toBe(true)
})
