// Optimizer steps in place, over `n` float32 at byte addresses; whole vectors of four, as in elementwise.ts.

/** Adam: the first moment m and the second moment v move towards g and g² by the given shares, w by rate · m / (√v + ε). */
export function adam(
  w: usize,
  m: usize,
  v: usize,
  g: usize,
  n: usize,
  rate: f32,
  share1: f32,
  share2: f32,
  epsilon: f32,
): void {
  for (const end = w + n * 4; w < end; w += 16, m += 16, v += 16, g += 16) {
    const slope = v128.load(g);
    let mean = v128.load(m);
    mean = f32x4.add(mean, f32x4.mul(f32x4.splat(share1), f32x4.sub(slope, mean)));
    let square = v128.load(v);
    square = f32x4.add(square, f32x4.mul(f32x4.splat(share2), f32x4.sub(f32x4.mul(slope, slope), square)));
    v128.store(m, mean);
    v128.store(v, square);
    const step = f32x4.div(
      f32x4.mul(f32x4.splat(rate), mean),
      f32x4.add(f32x4.sqrt(square), f32x4.splat(epsilon)),
    );
    v128.store(w, f32x4.sub(v128.load(w), step));
  }
}
