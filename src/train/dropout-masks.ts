import { elementCount, resolveShape, type Sizes } from '../engine/dimension.ts'
import type { ProgramInput } from '../engine/lowering.ts'
import { HostMemory, type HostArray } from '../engine/memory.ts'
import { floats, type HostTensor } from '../engine/session.ts'

/** Which masks are drawn: those of one part of one step. */
export interface MaskPlace {
  readonly step: number
  readonly part: number
}

/** The dropout masks of a program, each a function of (seed, step, part, its place in the program) alone. */
export class DropoutMasks {
  private readonly seed: number
  private readonly sites: ReadonlyMap<string, number>
  private array: HostArray | undefined

  /** `inputs`: those of the whole program, whose order gives each mask its place. */
  constructor(seed: number, inputs: readonly ProgramInput[]) {
    this.seed = seed
    this.sites = new Map(inputs.filter(isMask).map(({ name }, site) => [name, site]))
  }

  /** The masks among the inputs, by name. They hold until this is called again: all lie in one memory. */
  fill(inputs: readonly ProgramInput[], sizes: Sizes, { step, part }: MaskPlace): Record<string, HostTensor> {
    const masks = inputs.filter(isMask).map(({ name, shape, random }) => ({
      name,
      rate: random!.rate,
      shape: resolveShape(shape, sizes),
    }))
    const padded = (shape: readonly number[]) => Math.ceil(elementCount(shape) / 32) * 32
    const total = masks.reduce((sum, { shape }) => sum + padded(shape), 0)
    if (total === 0) return {}
    if (this.array === undefined || this.array.data.length < total) {
      this.array = new HostMemory().allocate([total])[0]!
    }
    const { data, pointer, kernels } = this.array
    const [low, high] = [this.seed | 0, Math.floor(this.seed / 0x100000000) | 0]
    const filled: Record<string, HostTensor> = {}
    let offset = 0
    for (const { name, shape, rate } of masks) {
      const length = padded(shape)
      const threshold = Math.round(rate * 65_536)
      kernels.dropoutMask(
        pointer + offset * 4,
        length,
        threshold,
        65_536 / (65_536 - threshold),
        low,
        high,
        step,
        part,
        this.sites.get(name)!,
      )
      filled[name] = floats(data.subarray(offset, offset + elementCount(shape)), shape)
      offset += length
    }
    return filled
  }
}

function isMask({ random }: ProgramInput): boolean {
  return random !== undefined
}
