import { kernelsBase64 } from './kernels.generated.ts'

/** The host kernels bound to one memory. Pointers are byte offsets into it; see `assembly/kernels.ts` for each. */
export interface Kernels {
  adamw(
    w: number,
    g: number,
    m: number,
    v: number,
    length: number,
    beta1: number,
    beta2: number,
    step: number,
    root: number,
    epsilon: number,
    keep: number,
    factor: number,
  ): void
  adamw8Bit(
    w: number,
    g: number,
    m: number,
    v: number,
    meanScales: number,
    squareScales: number,
    tables: number,
    length: number,
    beta1: number,
    beta2: number,
    step: number,
    root: number,
    epsilon: number,
    keep: number,
    factor: number,
  ): void
  sgd(
    w: number,
    g: number,
    b: number,
    length: number,
    momentum: number,
    nesterov: number,
    rate: number,
    keep: number,
    factor: number,
  ): void
  lion(
    w: number,
    g: number,
    m: number,
    length: number,
    beta1: number,
    beta2: number,
    rate: number,
    keep: number,
    factor: number,
  ): void
  squaresByAxis(
    g: number,
    rows: number,
    columns: number,
    rowSums: number,
    columnSums: number,
    epsilon: number,
    factor: number,
  ): void
  scaleByAxis(
    g: number,
    rows: number,
    columns: number,
    rowFactors: number,
    columnFactors: number,
    factor: number,
  ): void
  sumOfSquares(x: number, length: number): number
  blend(y: number, x: number, length: number, keep: number, take: number): void
  dropoutMask(
    y: number,
    length: number,
    threshold: number,
    value: number,
    seedLow: number,
    seedHigh: number,
    step: number,
    part: number,
    site: number,
  ): void
  resampleSums(
    table: number,
    rows: number,
    columns: number,
    places: number,
    sums: number,
    resamples: number,
    seed: number,
  ): void
}

let compiled: WebAssembly.Module | undefined

/** Instantiates the kernels over a memory. */
export function bindKernels(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(kernelsBase64), (letter) => letter.charCodeAt(0)))
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels
}
