/**
 * Published models by name, `preset:llama-2-7b`, where their `config.json` is all that is asked of them. `presets.json` has the sizes of
 * each, what concerns training alone left out; `oracles/parameter_counts.py` counts them in the reference library.
 */
import { YuksuError } from '../errors.ts'
import { readConfiguration } from './model.ts'
import published from './presets.json' with { type: 'json' }

type Configuration = Readonly<Record<string, unknown>>

const presets = new Map<string, Configuration>(Object.entries(published))

const prefix = 'preset:'

/** Every name that may follow `preset:`. */
export const presetNames: readonly string[] = [...presets.keys()]

/** Whether a model is named by a preset and not by its folder. */
export function isPreset(model: string): boolean {
  return model.startsWith(prefix)
}

/** The content of the `config.json` of a published model. Throws YuksuError for a name that is not known. */
export function presetConfiguration(name: string): Configuration {
  const found = presets.get(name)
  if (found === undefined)
    throw new YuksuError(
      'unknown-preset',
      `no preset is named '${name}'; there are ${presetNames.join(', ')}`,
    )
  return found
}

/** The content of the `config.json` of a model folder, or of `preset:NAME`. Throws as `readConfiguration` does. */
export async function configurationOf(model: string): Promise<Configuration> {
  return isPreset(model) ? presetConfiguration(model.slice(prefix.length)) : readConfiguration(model)
}
