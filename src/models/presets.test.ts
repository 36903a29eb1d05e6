import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectModel } from './inspect.ts'
import { configurationOf, presetConfiguration, presetNames } from './presets.ts'

/** What the reference library counts in each (`oracles/parameter_counts.py`), where it was compared with what was published. */
const counts = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/parameter-counts.json'), 'utf8'),
) as Record<string, number>

describe('a preset', () => {
  it.each(presetNames)('%s has as many parameters as were published', async (name) => {
    const { parameters, memory, modelType } = await inspectModel(`preset:${name}`)
    expect(parameters.total).toBe(counts[name])
    expect(modelType).toBe(presetConfiguration(name).model_type)
    expect(memory.runBytes16 * 2).toBe(memory.runBytes32)
    for (const bytes of Object.values(memory)) expect(Number.isSafeInteger(bytes)).toBe(true)
  })

  it('is one that the reference library has counted', () => {
    expect(Object.keys(counts)).toEqual([...presetNames])
  })

  it('keeps of each token what its key/value heads are wide', async () => {
    const cached = async (name: string) => (await inspectModel(`preset:${name}`)).memory.cacheBytesPerToken
    // Blocks · keys and values · heads · width · 4 bytes.
    expect(await cached('llama-2-7b')).toBe(32 * 2 * 32 * 128 * 4)
    expect(await cached('llama-2-70b')).toBe(80 * 2 * 8 * 128 * 4)
  })

  it('without attention keeps the same of any number of tokens', async () => {
    const { memory, contextLength } = await inspectModel('preset:mamba-130m')
    expect(memory.cacheBytesPerToken).toBe(0)
    // Layers · width within · (steps of the convolution + numbers of the state) · 4 bytes.
    expect(memory.stateBytes).toBe(24 * 1536 * (3 + 16) * 4)
    expect(contextLength).toBeUndefined()
  })

  it('is refused by a name that is none', async () => {
    await expect(configurationOf('preset:gpt5')).rejects.toMatchObject({
      code: 'unknown-preset',
      message: expect.stringMatching(/^[^\n]*gpt2[^\n]*$/) as string,
    })
  })
})
