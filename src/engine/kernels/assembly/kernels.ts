// Host kernels over the memory that also holds parameters and gradients. Compiled by `npm run kernels` to
// ../kernels.generated.ts. Pointers are byte addresses, lengths count floats and are multiples of 4 (of 32 for dropout).

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
    const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(square), r), e)
    v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), k), f32x4.div(f32x4.mul(mean, s), denominator)))
    w += 16; g += 16; m += 16; v += 16
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
