import { loadNativeLibrary } from '../native-library.ts'
import type { HostArray } from '../memory.ts'
import type { Kernels } from './kernels.ts'

/**
 * Kernels like these over one memory, of which those that the native library has are its own, on several threads: the same to the bit, but for a sum of squares,
 * which is added up in another order.
 * Throws YuksuError where the library is not built or cannot be used.
 */
export async function nativeKernels({ data, kernels }: HostArray, threads: number): Promise<Kernels> {
  const library = await loadNativeLibrary()
  return {
    ...kernels,
    sumOfSquares: (pointer, length) => library.sumOfSquares(data.buffer, pointer, length, threads),
    adamw: (...numbers) => library.adamw(data.buffer, Float64Array.from(numbers), threads),
  }
}
