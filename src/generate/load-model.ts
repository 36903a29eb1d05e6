import type { EngineOptions } from './program-runner.ts'
import { YuksuError } from '../errors.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { ForwardPass, type Logits } from '../models/forward.ts'
import { openModel, type Model } from '../models/model.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { readModelDefaults } from './model-defaults.ts'
import type { GenerationOptions } from './options.ts'
import { createTextModel, type TextModel, type WriteHooks, type WrittenText } from './text-model.ts'

/** Whole numbers as a program has them: one row, rows of one length, or a flat array with its shape. */
export type TokenGrid =
  | ArrayLike<number | bigint>
  | readonly ArrayLike<number | bigint>[]
  | { readonly data: ArrayLike<number | bigint>; readonly shape: readonly number[] }

export interface LoadedForwardInputs {
  /** Token ids, `[batch, length]`. */
  readonly inputIds: TokenGrid
  /** 1 where there is a token, 0 at padding; all ones by default. */
  readonly attentionMask?: TokenGrid | undefined
  /** What the decoder of an encoder–decoder reads, `[batch, target]`. */
  readonly decoderInputIds?: TokenGrid | undefined
}

/** A model in memory. */
export interface LoadedModel {
  /** Family, configuration and parameter values. */
  readonly model: Model
  readonly parameterCounts: { readonly total: number; readonly trainable: number }
  /** The logits at every position, `[batch, length, vocabulary]`; for an encoder–decoder those of its decoder. */
  forward(inputs: LoadedForwardInputs): Promise<Logits>
  /** Writes one text for each given one; the folder needs a tokenizer. Without options the model's own settings hold. */
  generate(
    texts: readonly string[],
    options?: GenerationOptions,
    hooks?: WriteHooks,
  ): Promise<readonly WrittenText[]>
  /** Frees the programs in the runtime. */
  release(): Promise<void>
}

/**
 * Loads a model folder in the Hugging Face layout, `config.json` and `model.safetensors`, in one file or in shards; or a model by its name on
 * the hub, `organization/model` or `organization/model@revision`, which is fetched into the cache where it is not there.
 *
 * @throws YuksuError `no-model` where there is no such folder, `model-family` for a model we do not have, and naming the
 * first tensor or setting that does not fit.
 */
export async function loadModel(nameOrFolder: string, options: EngineOptions = {}): Promise<LoadedModel> {
  const folder = await resolveModelFolder(nameOrFolder)
  const model = await openModel(folder)
  const pass = new ForwardPass(model)
  let texts: TextModel | undefined

  const openTexts = async () =>
    createTextModel(model, await loadTokenizer(folder), readModelDefaults(folder, model), options)

  return {
    model,
    parameterCounts: model.parameterCounts,
    async forward({ inputIds, attentionMask, decoderInputIds }) {
      if (decoderInputIds !== undefined && model.family.kind === 'decoder') {
        throw new YuksuError(
          'unexpected-input',
          `decoderInputIds was given, but a ${model.family.name} model has no encoder; give inputIds alone`,
        )
      }
      return pass.run({
        inputIds: rowsOf(inputIds, 'inputIds'),
        ...(attentionMask !== undefined && { attentionMask: rowsOf(attentionMask, 'attentionMask') }),
        ...(decoderInputIds !== undefined && { decoderInputIds: rowsOf(decoderInputIds, 'decoderInputIds') }),
      })
    },
    async generate(given, options, hooks) {
      texts ??= await openTexts()
      return texts.write(given, options, hooks)
    },
    async release() {
      await pass.release()
      await texts?.release()
    },
  }
}

/** Rows of numbers from any of the forms; what is in them is checked where they are used. */
function rowsOf(grid: TokenGrid, name: string): number[][] {
  if (typeof grid === 'object' && grid !== null && 'data' in grid) {
    const { data, shape } = grid
    const [batch, length] = shape
    if (shape.length !== 2 || data.length !== batch! * length!) {
      throw new YuksuError(
        'input-shape',
        `${name}: ${data?.length} numbers of shape [${shape?.join(', ')}]; expected [batch, length] with as many numbers`,
      )
    }
    return Array.from({ length: batch! }, (_, row) =>
      Array.from({ length: length! }, (_, column) => Number(data[row * length! + column])),
    )
  }
  const rows = Array.from(grid as ArrayLike<number | bigint | ArrayLike<number | bigint>>)
  if (rows.every((row) => typeof row === 'object' && row !== null))
    return rows.map((row) => Array.from(row, Number))
  if (rows.some((row) => typeof row === 'object' && row !== null)) {
    throw new YuksuError('input-shape', `${name}: numbers and rows are mixed; give rows of one length`)
  }
  return [rows.map(Number)]
}
