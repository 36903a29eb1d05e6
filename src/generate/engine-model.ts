import { YuksuError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import { startDecoder } from './decoder-state.ts'
import type { DecoderModel } from './decoder-model.ts'
import { startEncoderDecoder } from './encoder-decoder-state.ts'
import { type EngineOptions, ProgramRunner } from './program-runner.ts'

/** A model as decoding needs it, run by the engine with key/value caches. Weights are read where training writes them. */
export interface EngineModel extends DecoderModel {
  /** Frees the loaded programs. */
  release(): Promise<void>
}

/** Loads the decoding programs of a model when they are first used. Throws YuksuError for an encoder, which writes nothing. */
export function createEngineModel(model: Model, options: EngineOptions = {}): EngineModel {
  const { family, configuration } = model
  if (family.kind === 'encoder') {
    throw new YuksuError(
      'no-decoder',
      `a ${family.name} model is an encoder: it reads text and writes none; open a decoder or an encoder–decoder`,
    )
  }
  const runner = new ProgramRunner(model, options)
  return {
    vocabularySize: configuration.vocabularySize,
    ...(Number.isFinite(configuration.maxPositions) && { maximumLength: configuration.maxPositions }),
    isEncoderDecoder: family.kind === 'encoder-decoder',
    start: (request) =>
      family.kind === 'encoder-decoder'
        ? startEncoderDecoder(runner, family, request)
        : startDecoder(runner, family, request),
    release: () => runner.release(),
  }
}
