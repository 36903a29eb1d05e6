import type { Tensor as RuntimeTensor } from 'onnxruntime-node'
import type { ProgramToLoad, RuntimeOptions, RuntimeSession } from './runtime.ts'
import type { HostTensor } from './session.ts'
import type { DataType } from './tensor.ts'

/** A program in the ONNX Runtime that npm brings. */
export async function createStockSession(
  { bytes, inputs, outputs }: ProgramToLoad,
  options: RuntimeOptions,
): Promise<RuntimeSession> {
  // It is large: loaded when the first session is made.
  const runtime = await import('onnxruntime-node')
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Planning memory for every shape holds 50 % more of it and is no faster.
    enableMemPattern: false,
    ...(!options.keepMemory && { enableCpuMemArena: false }),
    logSeverityLevel: 3,
    ...(options.profilePrefix !== undefined && {
      enableProfiling: true,
      profileFilePrefix: options.profilePrefix,
    }),
    extra: { session: { intra_op: { allow_spinning: options.spin ? '1' : '0' } } },
  })
  /** The runtime's view of a host tensor, made once: parameters are the same object at every run. */
  const views = new WeakMap<HostTensor, RuntimeTensor>()
  const viewOf = (tensor: HostTensor): RuntimeTensor => {
    const known = views.get(tensor)
    if (known !== undefined) return known
    const made = new runtime.Tensor(tensor.dtype, tensor.data as Float32Array, tensor.shape)
    views.set(tensor, made)
    return made
  }
  return {
    async run(given, targets) {
      const feeds = Object.fromEntries(inputs.map(({ name }, index) => [name, viewOf(given[index]!)]))
      const fetches = Object.fromEntries(
        outputs.map(({ name }, index) => {
          const target = targets[index]
          return [name, target === null || target === undefined ? null : viewOf(target)]
        }),
      )
      const results = await session.run(feeds, fetches)
      return outputs.map(({ name }, index) => targets[index] ?? hostTensor(results[name] as RuntimeTensor))
    },
    endProfiling: () => session.endProfiling(),
    release: () => session.release(),
  }
}

function hostTensor({ type, data, dims }: RuntimeTensor): HostTensor {
  return { dtype: type as DataType, data: data as Float32Array, shape: dims }
}
