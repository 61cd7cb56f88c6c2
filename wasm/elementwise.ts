// Elementwise kernels over `n` float32 at byte addresses; the result may lie where an operand does. They take whole
// vectors of four, and so touch up to three elements behind the last. The bits are those of loops that compute in float64
// and round: a sum, difference or product of two float32 rounds once either way.

export function add(a: usize, b: usize, y: usize, n: usize): void {
  for (const end = y + n * 4; y < end; a += 16, b += 16, y += 16)
    v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
}

export function sub(a: usize, b: usize, y: usize, n: usize): void {
  for (const end = y + n * 4; y < end; a += 16, b += 16, y += 16)
    v128.store(y, f32x4.sub(v128.load(a), v128.load(b)));
}

export function mul(a: usize, b: usize, y: usize, n: usize): void {
  for (const end = y + n * 4; y < end; a += 16, b += 16, y += 16)
    v128.store(y, f32x4.mul(v128.load(a), v128.load(b)));
}

/** 0 where a < 0, else a: NaN and -0 stay. */
export function relu(a: usize, _b: usize, y: usize, n: usize): void {
  for (const end = y + n * 4; y < end; a += 16, y += 16) {
    const x = v128.load(a);
    v128.store(y, v128.andnot(x, f32x4.lt(x, f32x4.splat(0))));
  }
}

/** 0 where a <= 0, else b: NaN in a lets b pass. */
export function reluGrad(a: usize, b: usize, y: usize, n: usize): void {
  for (const end = y + n * 4; y < end; a += 16, b += 16, y += 16)
    v128.store(y, v128.andnot(v128.load(b), f32x4.le(v128.load(a), f32x4.splat(0))));
}
