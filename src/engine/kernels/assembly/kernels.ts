// Host kernels over the memory that also holds parameters and gradients. Compiled by `npm run kernels` to
// ../kernels.generated.ts. Pointers are byte addresses, lengths count floats and are multiples of 4 (of 32 for dropout).

/** w ← w · keep − step · m / (√v · root + ε). */
// @ts-ignore: decorator
@inline
function moveByMoments(w: usize, mean: v128, square: v128, step: v128, root: v128, epsilon: v128, keep: v128): void {
  const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), epsilon)
  v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), keep), f32x4.div(f32x4.mul(mean, step), denominator)))
}

/**
 * AdamW (Loshchilov and Hutter, 2019), in the order of operations of torch.optim.AdamW:
 * w ← w · (1 − rate · decay); m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − step · m / (√v · root + ε)
 * with step = rate / (1 − β₁ᵗ), root = 1 / √(1 − β₂ᵗ) and the gradient first scaled by the clipping factor.
 */
export function adamw(
  w: usize, g: usize, m: usize, v: usize, length: i32,
  beta1: f64, beta2: f64, step: f32, root: f32, epsilon: f32, keep: f32, factor: f32,
): void {
  const b1 = f32x4.splat(<f32>beta1), c1 = f32x4.splat(<f32>(1.0 - beta1))
  const b2 = f32x4.splat(<f32>beta2), c2 = f32x4.splat(<f32>(1.0 - beta2))
  const s = f32x4.splat(step), r = f32x4.splat(root), e = f32x4.splat(epsilon)
  const k = f32x4.splat(keep), f = f32x4.splat(factor)
  const end = w + (<usize>length << 2)
  while (w < end) {
    const gradient = f32x4.mul(v128.load(g), f)
    const mean = f32x4.add(f32x4.mul(v128.load(m), b1), f32x4.mul(gradient, c1))
    const square = f32x4.add(f32x4.mul(v128.load(v), b2), f32x4.mul(f32x4.mul(gradient, gradient), c2))
    v128.store(m, mean)
    v128.store(v, square)
    moveByMoments(w, mean, square, s, r, e, k)
    w += 16; g += 16; m += 16; v += 16
  }
}

/** Four numbers of a table of 256 that four bytes are the places of. */
// @ts-ignore: decorator
@inline
function lookUp(table: usize, bytes: usize): v128 {
  let found = v128.load32_zero(table + (<usize>load<u8>(bytes) << 2))
  found = v128.load32_lane(table + (<usize>load<u8>(bytes, 1) << 2), found, 1)
  found = v128.load32_lane(table + (<usize>load<u8>(bytes, 2) << 2), found, 2)
  return v128.load32_lane(table + (<usize>load<u8>(bytes, 3) << 2), found, 3)
}

/**
 * The nearest codes to magnitudes of 0 to 1. The bits of a positive float, as a whole number, grow with it: they are counted
 * in steps of 2^fine, below 2⁻⁷ of eight times that, so narrow that no step has more than one change of code. The step's entry
 * in `table` is (code at its beginning + 1) · 2²⁴ − the bits from which the next code is nearer: adding the bits leaves the code.
 * Magnitudes below that of the bits `lowest` are taken for it.
 */
// @ts-ignore: decorator
@inline
function nearestCodes(magnitudes: v128, table: usize, fine: i32, lowest: i32): v128 {
  // Where an infinite scale made no number of a magnitude, it must not be looked up far away.
  const bits = i32x4.max_s(i32x4.min_s(magnitudes, i32x4.splat(0x3F800000)), i32x4.splat(lowest))
  const even = (0x3C000000 >> fine) - (0x3C000000 >> (fine + 3))
  const steps = i32x4.max_s(i32x4.shr_u(bits, fine), i32x4.add(i32x4.shr_u(bits, fine + 3), i32x4.splat(even)))
  const first = <i32>table - (((0x34000000 >> (fine + 3)) + even) << 2)
  const places = i32x4.add(i32x4.shl(steps, 2), i32x4.splat(first))
  const low = i64x2.extract_lane(places, 0), high = i64x2.extract_lane(places, 1)
  let entries = v128.load32_zero(<usize><u32>low)
  entries = v128.load32_lane(<usize>(<u64>low >> 32), entries, 1)
  entries = v128.load32_lane(<usize><u32>high, entries, 2)
  entries = v128.load32_lane(<usize>(<u64>high >> 32), entries, 3)
  return i32x4.shr_u(i32x4.add(entries, bits), 24)
}

/** 127 and the signed code's distance from zero: 0 to 255, but −1 for −1, which has no code of its own. */
// @ts-ignore: decorator
@inline
function signedCodes(x: usize, scale: v128, table: usize): v128 {
  const value = v128.load(x)
  const code = nearestCodes(f32x4.mul(f32x4.abs(value), scale), table, 17, 0x34000000)
  const sign = i32x4.shr_s(value, 31)
  return i32x4.add(i32x4.sub(v128.xor(code, sign), sign), i32x4.splat(127))
}

/** Zero has code 0 and nothing else does: what is nearer to zero than to the first code, 3.25 · 10⁻⁷, has that code. */
// @ts-ignore: decorator
@inline
function unsignedCodes(x: usize, scale: v128, table: usize): v128 {
  const value = v128.load(x)
  const code = nearestCodes(f32x4.mul(value, scale), table, 16, reinterpret<i32>(<f32>3.25e-7))
  return v128.and(code, f32x4.gt(value, f32x4.splat(0)))
}

// @ts-ignore: decorator
@inline
function largestLane(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)), max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  )
}

/** 1 / scale, or 0 where that would be infinite: such a block is as good as zero. */
// @ts-ignore: decorator
@inline
function inverse(scale: f32): f32 {
  return scale < 1.1754943508222875e-38 ? 0 : 1 / scale
}

/**
 * AdamW as above on moments of one byte an element and one scale per 256 elements (Dettmers et al., 2022). `tables` has room
 * for 256 floats, then what the bytes of the mean and of the square stand for as shares of the scale, 256 floats each, then
 * the entries by which `nearestCodes` finds the code of a mean, 577, and of a square, 1153. Gradients are overwritten.
 */
export function adamw8Bit(
  w: usize, g: usize, m: usize, v: usize, meanScales: usize, squareScales: usize, tables: usize, length: i32,
  beta1: f64, beta2: f64, step: f32, root: f32, epsilon: f32, keep: f32, factor: f32,
): void {
  const b1 = f32x4.splat(<f32>beta1), c1 = f32x4.splat(<f32>(1.0 - beta1))
  const b2 = f32x4.splat(<f32>beta2), c2 = f32x4.splat(<f32>(1.0 - beta2))
  const s = f32x4.splat(step), r = f32x4.splat(root), e = f32x4.splat(epsilon)
  const k = f32x4.splat(keep), f = f32x4.splat(factor)
  const meanValues = tables + 1024, squareValues = tables + 2048
  const meanEntries = tables + 3072, squareEntries = tables + 5380
  for (; length > 0; length -= 256) {
    const count = <usize>min(length, 256)
    let scale = v128.load32_splat(meanScales), squareScale = v128.load32_splat(squareScales)
    let largestMean = f32x4.splat(0), largestSquare = f32x4.splat(0)
    for (let index: usize = 0; index < count; index += 4) {
      const place = g + (index << 2)
      const gradient = f32x4.mul(v128.load(place), f)
      const mean = f32x4.add(
        f32x4.mul(f32x4.mul(lookUp(meanValues, m + index), scale), b1), f32x4.mul(gradient, c1),
      )
      const square = f32x4.add(
        f32x4.mul(f32x4.mul(lookUp(squareValues, v + index), squareScale), b2),
        f32x4.mul(f32x4.mul(gradient, gradient), c2),
      )
      v128.store(place, mean)
      v128.store(tables + (index << 2), square)
      largestMean = f32x4.pmax(largestMean, f32x4.abs(mean))
      largestSquare = f32x4.pmax(largestSquare, square)
      moveByMoments(w + (index << 2), mean, square, s, r, e, k)
    }
    const meanMaximum = largestLane(largestMean), squareMaximum = largestLane(largestSquare)
    store<f32>(meanScales, meanMaximum)
    store<f32>(squareScales, squareMaximum)
    scale = f32x4.splat(inverse(meanMaximum))
    squareScale = f32x4.splat(inverse(squareMaximum))
    for (let index: usize = 0; index < count; index += 16) {
      const mean = g + (index << 2), square = tables + (index << 2)
      const meanCodes = i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(
          signedCodes(mean, scale, meanEntries), signedCodes(mean + 16, scale, meanEntries),
        ),
        i16x8.narrow_i32x4_s(
          signedCodes(mean + 32, scale, meanEntries), signedCodes(mean + 48, scale, meanEntries),
        ),
      )
      // Counted from zero's code, so that memory of zeros is a state of zeros.
      v128.store(m + index, i8x16.sub(meanCodes, i8x16.splat(127)))
      v128.store(v + index, i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(
          unsignedCodes(square, squareScale, squareEntries), unsignedCodes(square + 16, squareScale, squareEntries),
        ),
        i16x8.narrow_i32x4_s(
          unsignedCodes(square + 32, squareScale, squareEntries), unsignedCodes(square + 48, squareScale, squareEntries),
        ),
      ))
    }
    w += count << 2; g += count << 2; m += count; v += count; meanScales += 4; squareScales += 4
  }
}

/**
 * Stochastic gradient descent with momentum, as torch.optim.SGD: b ← momentum · b + g; w ← keep · w − rate · d with d = b, or
 * g + momentum · b by Nesterov's rule. The gradient is first scaled by the clipping factor.
 */
export function sgd(
  w: usize, g: usize, b: usize, length: i32,
  momentum: f32, nesterov: bool, rate: f32, keep: f32, factor: f32,
): void {
  const m = f32x4.splat(momentum), r = f32x4.splat(rate), k = f32x4.splat(keep), f = f32x4.splat(factor)
  const end = w + (<usize>length << 2)
  while (w < end) {
    const gradient = f32x4.mul(v128.load(g), f)
    const buffer = f32x4.add(f32x4.mul(v128.load(b), m), gradient)
    v128.store(b, buffer)
    const direction = nesterov ? f32x4.add(gradient, f32x4.mul(buffer, m)) : buffer
    v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), k), f32x4.mul(direction, r)))
    w += 16; g += 16; b += 16
  }
}

/**
 * Lion (Chen et al., 2023): w ← keep · w − rate · sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g, the gradient first scaled by
 * the clipping factor. The sign of 0 is 0.
 */
export function lion(
  w: usize, g: usize, m: usize, length: i32,
  beta1: f64, beta2: f64, rate: f32, keep: f32, factor: f32,
): void {
  const b1 = f32x4.splat(<f32>beta1), c1 = f32x4.splat(<f32>(1.0 - beta1))
  const b2 = f32x4.splat(<f32>beta2), c2 = f32x4.splat(<f32>(1.0 - beta2))
  const r = f32x4.splat(rate), k = f32x4.splat(keep), f = f32x4.splat(factor), zero = f32x4.splat(0)
  const end = w + (<usize>length << 2)
  while (w < end) {
    const gradient = f32x4.mul(v128.load(g), f)
    const mean = v128.load(m)
    const direction = f32x4.add(f32x4.mul(mean, b1), f32x4.mul(gradient, c1))
    const up = v128.and(f32x4.gt(direction, zero), r)
    const down = v128.and(f32x4.lt(direction, zero), r)
    v128.store(w, f32x4.add(f32x4.sub(f32x4.mul(v128.load(w), k), up), down))
    v128.store(m, f32x4.add(f32x4.mul(mean, b2), f32x4.mul(gradient, c2)))
    w += 16; g += 16; m += 16
  }
}

/**
 * Sums of g² + ε of a matrix by rows and by columns, the gradient first scaled by the clipping factor: what Adafactor keeps
 * means of. `rowSums` and `columnSums` are overwritten.
 */
export function squaresByAxis(
  g: usize, rows: i32, columns: i32, rowSums: usize, columnSums: usize, epsilon: f32, factor: f32,
): void {
  memory.fill(columnSums, 0, <usize>columns << 2)
  for (let row = 0; row < rows; row++) {
    let total: f64 = 0
    for (let column = 0; column < columns; column++) {
      const gradient = load<f32>(g) * factor
      const square = gradient * gradient + epsilon
      total += square
      const place = columnSums + (<usize>column << 2)
      store<f32>(place, load<f32>(place) + square)
      g += 4
    }
    store<f32>(rowSums + (<usize>row << 2), <f32>total)
  }
}

/**
 * g ← factor · g · r[row] · c[column]: Adafactor's gradient over the root of its squares' mean, which is known by rows and
 * columns only.
 */
export function scaleByAxis(
  g: usize, rows: i32, columns: i32, rowFactors: usize, columnFactors: usize, factor: f32,
): void {
  for (let row = 0; row < rows; row++) {
    const scale = load<f32>(rowFactors + (<usize>row << 2)) * factor
    for (let column = 0; column < columns; column++) {
      store<f32>(g, load<f32>(g) * scale * load<f32>(columnFactors + (<usize>column << 2)))
      g += 4
    }
  }
}

/** Σ x², summed in double precision: the norm of many gradients must not depend on their order of magnitude. */
export function sumOfSquares(x: usize, length: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0)
  const end = x + (<usize>length << 2)
  while (x < end) {
    const value = v128.load(x)
    const a = f64x2.promote_low_f32x4(value)
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(value, value, 1, 0))
    low = f64x2.add(low, f64x2.mul(a, a))
    high = f64x2.add(high, f64x2.mul(b, b))
    x += 16
  }
  const total = f64x2.add(low, high)
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)
}

/** y ← keep · y + take · x: moving averages and means of checkpoints. */
export function blend(y: usize, x: usize, length: i32, keep: f32, take: f32): void {
  const k = f32x4.splat(keep), t = f32x4.splat(take)
  const end = y + (<usize>length << 2)
  while (y < end) {
    v128.store(y, f32x4.add(f32x4.mul(v128.load(y), k), f32x4.mul(v128.load(x), t)))
    y += 16; x += 16
  }
}

// @ts-ignore: decorator
@inline
function highProduct(a: v128, multiplier: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, multiplier)
  const high = i64x2.extmul_high_i32x4_u(a, multiplier)
  return i32x4.shuffle(low, high, 1, 3, 5, 7)
}

// @ts-ignore: decorator
@inline
function storeMask(pointer: usize, bits: v128, threshold: v128, value: v128): void {
  const kept = i16x8.ge_u(bits, threshold)
  v128.store(pointer, v128.and(i32x4.extend_low_i16x8_s(kept), value))
  v128.store(pointer + 16, v128.and(i32x4.extend_high_i16x8_s(kept), value))
}

/**
 * A dropout mask: 0 with probability threshold / 65536, else `value`. The bits come from Philox4x32 with 7 rounds
 * (Salmon et al., 2011), a function of (seed, step, part, site, index) alone, so any mask can be made again at any time.
 */
export function dropoutMask(
  y: usize, length: i32, threshold: i32, value: f32,
  seedLow: i32, seedHigh: i32, step: i32, part: i32, site: i32,
): void {
  const m0 = i32x4.splat(0xD2511F53), m1 = i32x4.splat(0xCD9E8D57)
  const limit = i16x8.splat(<i16>threshold), kept = f32x4.splat(value)
  let index = i32x4(0, 1, 2, 3)
  const next = i32x4.splat(4)
  const end = y + (<usize>length << 2)
  // Sites of one program share a counter word with the part: both stay far below 65,536.
  const place = i32x4.splat((part << 16) ^ site)
  while (y < end) {
    let c0 = index, c1 = place, c2 = i32x4.splat(step), c3 = i32x4.splat(0)
    let k0 = seedLow, k1 = seedHigh
    for (let round = 0; round < 7; round++) {
      const high0 = highProduct(c0, m0), low0 = i32x4.mul(c0, m0)
      const high1 = highProduct(c2, m1), low1 = i32x4.mul(c2, m1)
      c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0))
      c1 = low1
      c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1))
      c3 = low0
      k0 += 0x9E3779B9
      k1 += 0xBB67AE85
    }
    storeMask(y, c0, limit, kept)
    storeMask(y + 32, c1, limit, kept)
    storeMask(y + 64, c2, limit, kept)
    storeMask(y + 96, c3, limit, kept)
    y += 128
    index = i32x4.add(index, next)
  }
}

/**
 * Sums of rows drawn with replacement, as many as there are: what a bootstrap is made of. `table` is `[rows, columns]` of
 * f64 with `columns` a multiple of 4, `sums` `[resamples, columns]`, and `places` is room for `rows` + 3 integers. The
 * draws are mulberry32's, four at a time.
 */
export function resampleSums(
  table: usize, rows: i32, columns: i32, places: usize, sums: usize, resamples: i32, seed: i32,
): void {
  const increment: i32 = 0x6D2B79F5
  let state = i32x4.add(i32x4.splat(seed), i32x4.mul(i32x4.splat(increment), i32x4(1, 2, 3, 4)))
  const next = i32x4.splat(4 * increment)
  const one = i32x4.splat(1), sixtyOne = i32x4.splat(61)
  const count = i32x4.splat(rows), stride = i32x4.splat(columns << 3)
  const end = places + (<usize>rows << 2)
  const even = places + (<usize>(rows & ~1) << 2)
  for (let resample = 0; resample < resamples; resample++) {
    for (let place = places; place < end; place += 16) {
      let bits = i32x4.mul(v128.xor(state, i32x4.shr_u(state, 15)), v128.or(state, one))
      const mixed = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 7)), v128.or(bits, sixtyOne))
      bits = v128.xor(i32x4.add(bits, mixed), bits)
      bits = v128.xor(bits, i32x4.shr_u(bits, 14))
      v128.store(place, i32x4.mul(highProduct(bits, count), stride))
      state = i32x4.add(state, next)
    }
    for (let column = 0; column < columns; column += 4) {
      const start = table + (<usize>column << 3)
      // Two sums of each column at a time, since one alone waits for itself.
      let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0)
      let place = places
      while (place < even) {
        const first = start + load<u32>(place), second = start + load<u32>(place, 4)
        a = f64x2.add(a, v128.load(first))
        b = f64x2.add(b, v128.load(first, 16))
        c = f64x2.add(c, v128.load(second))
        d = f64x2.add(d, v128.load(second, 16))
        place += 8
      }
      if (place < end) {
        const last = start + load<u32>(place)
        a = f64x2.add(a, v128.load(last))
        b = f64x2.add(b, v128.load(last, 16))
      }
      v128.store(sums, f64x2.add(a, c))
      v128.store(sums, f64x2.add(b, d), 16)
      sums += 32
    }
  }
}
