// The matrix product C += A · B over packed panels, as in BLIS: A in panels of 6 rows, B in panels of 8 columns, each
// stored step by step along the inner axis, so that the innermost loop reads both in order. A tile of 6 × 8 sums stays
// in twelve registers; x86-64 and ARM have sixteen at least. Panels are always whole: what lies beyond the edge of a
// matrix is whatever was there before, and reaches only what lies beyond the edge of C.

const ROWS: usize = 6;
const COLUMNS: usize = 8;

/** c + a · b; fused where the engine has relaxed SIMD and the machine has the instruction. */
function madd(c: v128, a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/**
 * Packs one panel of `width` lines: element p of line i comes from `from + i · line + p · step`, in bytes, and goes to
 * place p · width + i.
 */
export function pack(from: usize, line: usize, step: usize, width: usize, k: usize, to: usize): void {
  for (let i: usize = 0; i < width; i++) {
    let source = from + i * line;
    let place = to + i * 4;
    for (let p: usize = 0; p < k; p++, source += step, place += width * 4)
      store<f32>(place, load<f32>(source));
  }
}

/** Adds the product of all panels to C, whose lines are `n` long, a multiple of 8. */
export function multiply(m: usize, n: usize, k: usize, a: usize, b: usize, c: usize): void {
  for (let j: usize = 0; j < n; j += COLUMNS)
    for (let i: usize = 0; i < m; i += ROWS)
      tile(k, a + i * k * 4, b + j * k * 4, c + (i * n + j) * 4, n * 4);
}

function tile(k: usize, a: usize, b: usize, c: usize, line: usize): void {
  const c1 = c + line;
  const c2 = c1 + line;
  const c3 = c2 + line;
  const c4 = c3 + line;
  const c5 = c4 + line;
  let s00 = v128.load(c);
  let s01 = v128.load(c, 16);
  let s10 = v128.load(c1);
  let s11 = v128.load(c1, 16);
  let s20 = v128.load(c2);
  let s21 = v128.load(c2, 16);
  let s30 = v128.load(c3);
  let s31 = v128.load(c3, 16);
  let s40 = v128.load(c4);
  let s41 = v128.load(c4, 16);
  let s50 = v128.load(c5);
  let s51 = v128.load(c5, 16);
  for (const end = a + k * 24; a < end; a += 24, b += 32) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    s00 = madd(s00, x, left);
    s01 = madd(s01, x, right);
    x = v128.load_splat<f32>(a, 4);
    s10 = madd(s10, x, left);
    s11 = madd(s11, x, right);
    x = v128.load_splat<f32>(a, 8);
    s20 = madd(s20, x, left);
    s21 = madd(s21, x, right);
    x = v128.load_splat<f32>(a, 12);
    s30 = madd(s30, x, left);
    s31 = madd(s31, x, right);
    x = v128.load_splat<f32>(a, 16);
    s40 = madd(s40, x, left);
    s41 = madd(s41, x, right);
    x = v128.load_splat<f32>(a, 20);
    s50 = madd(s50, x, left);
    s51 = madd(s51, x, right);
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
  v128.store(c4, s40);
  v128.store(c4, s41, 16);
  v128.store(c5, s50);
  v128.store(c5, s51, 16);
}
