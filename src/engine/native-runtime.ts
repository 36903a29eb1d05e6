import { loadNativeLibrary, type NativeTensor } from './native-library.ts'
import { dataTypes } from './onnx.ts'
import type { ProgramToLoad, RuntimeOptions, RuntimeSession } from './runtime.ts'
import type { HostTensor } from './session.ts'
import type { DataType } from './tensor.ts'

/** The same runtime with the operators of our own library beside its own. Throws YuksuError where the library is not built or cannot be used. */
export async function createNativeSession(
  { bytes, inputs, outputs }: ProgramToLoad,
  options: RuntimeOptions,
): Promise<RuntimeSession> {
  const library = await loadNativeLibrary()
  const names = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name)
  const session = library.create(bytes, names(inputs), names(outputs), {
    ...options,
    keepMemory: Number(options.keepMemory),
    spin: Number(options.spin),
  })
  return {
    run: async (given, targets) =>
      library
        .run(
          session,
          given.map(nativeTensor),
          targets.map((target) => (target === null ? null : nativeTensor(target))),
        )
        .map((result, index) => targets[index] ?? hostTensor(result)),
    endProfiling: () => void library.endProfiling(session),
    release: async () => library.release(session),
  }
}

function nativeTensor({ dtype, data, shape }: HostTensor): NativeTensor {
  return [dataTypes[dtype], data, shape]
}

const arrays = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

function hostTensor([code, data, shape]: NativeTensor): HostTensor {
  const dtype = (Object.keys(arrays) as (keyof typeof arrays)[]).find((name) => dataTypes[name] === code)!
  return { dtype: dtype satisfies DataType, data: new arrays[dtype](data as ArrayBuffer), shape }
}
