/**
 * Depth up-scaling (SOLAR 10.7B; Kim et al., 2024): a deeper model of the layers of a trained one, some of them twice, to go on training. SOLAR has
 * layers 0 to 23 of 32 and then 8 to 31, without the seam of a layer that is followed by one from far before it.
 */
import { type Checkpoint, openCheckpoint } from '../export/checkpoint.ts'
import { mergeError } from './merge-tensors.ts'
import { checkOut, type MergedModel, writeMerged, type WriteOptions } from './write-merged.ts'

/** A run of layers, both ends counted from 0 and both of it. */
export type LayerRange = readonly [first: number, last: number]

export interface UpscaleOptions extends WriteOptions {
  /** The layers of the new model in their order; without them all but the last quarter, and then all but the first. */
  readonly ranges?: readonly LayerRange[] | undefined
}

export interface Upscaled extends MergedModel {
  /** Which layer of the model each of the new one is. */
  readonly layers: readonly number[]
}

/** Keys of `config.json` that say how many layers there are. */
const countKeys = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers']

/** Makes a deeper decoder of a model folder, a tensor at a time. Throws YuksuError before anything is written where there are no such layers. */
export async function upscaleModel(folder: string, options: UpscaleOptions): Promise<Upscaled> {
  const model = await openCheckpoint(folder)
  try {
    await checkOut(options.out, [model])
    const { key, count } = layerCount(model)
    const layers = layersOf(options.ranges ?? defaultRanges(count), count, folder)
    const settings = settingsOf(model, key, layers)
    const specifications = model.family.parameters(
      model.family.parseConfiguration({ ...model.json, ...settings }),
    )
    const known = new Set(model.specifications.map(({ name }) => name))
    const sources = specifications.map(({ name }) => {
      const source = name.replace(
        layerNumber,
        (_, before: string, place: string) => `${before}${layers[Number(place)]}`,
      )
      if (!known.has(source))
        throw mergeError(`${folder} has no parameter '${source}' for '${name}' of the deeper model`)
      return source
    })
    const upscaled = await writeMerged(
      model,
      {
        parents: [model],
        settings,
        record: { upscale: { layers } },
        specifications,
        read: (_, place) => model.read(sources[place]!),
      },
      options,
    )
    return { ...upscaled, layers }
  } finally {
    await model.close()
  }
}

/** The first number in a parameter's name, which is that of its layer. */
const layerNumber = /^(\D*\.)(\d+)(?=\.)/

function layerCount({ family, folder, settings }: Checkpoint): { key: string; count: number } {
  const key = countKeys.find((name) => typeof settings[name] === 'number')
  if (family.kind !== 'decoder' || key === undefined)
    throw mergeError(`${folder} is a ${family.name} model; only decoders are made deeper`)
  return { key, count: settings[key] as number }
}

/** All but the last quarter and all but the first: SOLAR's 0–23 and 8–31 of 32. */
function defaultRanges(count: number): LayerRange[] {
  const quarter = Math.floor(count / 4)
  return [
    [0, count - quarter - 1],
    [quarter, count - 1],
  ]
}

function layersOf(ranges: readonly LayerRange[], count: number, folder: string): number[] {
  const layers = ranges.flatMap(([first, last]) => {
    if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last < count)) {
      throw mergeError(
        `there are no layers ${first}-${last} in ${folder}, which has 0-${count - 1}; give ranges such as 0-${Math.max(0, count - 2)},${Math.min(1, count - 1)}-${count - 1}`,
      )
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  if (layers.length === 0) throw mergeError('no layers were given; give ranges such as 0-23,8-31')
  return layers
}

/** What `config.json` says otherwise: how many layers there are, and of which kind each is. */
function settingsOf(
  { settings }: Checkpoint,
  key: string,
  layers: readonly number[],
): Record<string, unknown> {
  const types = settings.layer_types
  return {
    ...settings,
    ...(Array.isArray(types) && { layer_types: layers.map((layer) => (types as unknown[])[layer]) }),
    [key]: layers.length,
  }
}
