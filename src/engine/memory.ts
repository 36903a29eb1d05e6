import { YuksuError } from '../errors.ts'
import { bindKernels, type Kernels } from './kernels/kernels.ts'

const pageBytes = 65_536
/** One page less than the 4 GiB that pointers of 32 bits reach: the end of an array must be one of them too. */
const maximumBytes = 65_535 * pageBytes
/** Room is handed out in whole cache lines, which is also what the widest kernel works on at once (32 floats). */
const alignment = 128

/** Floats in a WebAssembly memory together with the kernels that work on them there. */
export interface HostArray {
  readonly data: Float32Array
  /** The byte offset of `data` in its memory. */
  readonly pointer: number
  /** The number of floats to hand to a kernel: `data.length` rounded up, the rest being zeros of this array alone. */
  readonly paddedLength: number
  readonly kernels: Kernels
}

interface Block {
  readonly memory: WebAssembly.Memory
  readonly kernels: Kernels
  used: number
}

function paddedBytes(length: number): number {
  return Math.ceil((length * 4) / alignment) * alignment
}

/**
 * Parameters, gradients and optimizer state. One WebAssembly memory holds at most 4 GiB, so a larger set is spread over
 * several; arrays asked for together share one, because a kernel sees only one.
 */
export class HostMemory {
  private readonly blocks: Block[] = []

  private readonly expectedBytes: number

  /** `expectedBytes`: about how much will be asked for in all; a block is reserved for that at once. */
  constructor(expectedBytes = 0) {
    this.expectedBytes = expectedBytes
  }

  allocate(lengths: readonly number[]): HostArray[] {
    const bytes = lengths.reduce((total, length) => total + paddedBytes(length), 0)
    const block =
      this.blocks.find(({ memory, used }) => used + bytes <= memory.buffer.byteLength) ?? this.reserve(bytes)
    return lengths.map((length) => {
      const pointer = block.used
      block.used += paddedBytes(length)
      return {
        data: new Float32Array(block.memory.buffer, pointer, length),
        pointer,
        paddedLength: paddedBytes(length) / 4,
        kernels: block.kernels,
      }
    })
  }

  private reserve(bytes: number): Block {
    if (bytes > maximumBytes) {
      throw new YuksuError(
        'memory',
        `${(bytes / 2 ** 30).toFixed(1)} GiB were asked for in one piece, and one memory holds 4 GiB; split the largest parameter`,
      )
    }
    // Pages that are never touched cost nothing, but each memory is a reservation: not more than is expected.
    const size = Math.min(maximumBytes, Math.max(bytes, this.expectedBytes, pageBytes))
    const memory = new WebAssembly.Memory({ initial: Math.ceil(size / pageBytes) })
    const block = { memory, kernels: bindKernels(memory), used: 0 }
    this.blocks.push(block)
    return block
  }
}
