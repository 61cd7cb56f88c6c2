// Reductions of a contiguous [rows, columns] matrix of float32 at byte addresses, over its rows or its columns. Each
// result is added to what lies there already, so that a long reduction comes in pieces. Sums are taken in float64, as in
// the loops: they differ by the order alone. The greatest of numbers among which there is NaN is NaN.

/** sums[r] += Σ of row r; the sums are float64. */
export function sumRows(x: usize, rows: usize, columns: usize, sums: usize): void {
  for (const last = sums + rows * 8; sums < last; sums += 8) {
    const end = x + columns * 4;
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    for (; x + 16 <= end; x += 16) {
      even = f64x2.add(even, f64x2.promote_low_f32x4(v128.load64_zero(x)));
      odd = f64x2.add(odd, f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
    }
    even = f64x2.add(even, odd);
    let sum = load<f64>(sums) + f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    for (; x < end; x += 4) sum += <f64>load<f32>(x);
    store<f64>(sums, sum);
  }
}

/** sums[c] += Σ of column c; the sums are float64. */
export function sumColumns(x: usize, rows: usize, columns: usize, sums: usize): void {
  for (const last = x + rows * columns * 4; x < last; ) {
    const end = x + columns * 4;
    let to = sums;
    for (; x + 8 <= end; x += 8, to += 16)
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v128.load64_zero(x))));
    if (x < end) {
      store<f64>(to, load<f64>(to) + <f64>load<f32>(x));
      x += 4;
    }
  }
}

/** best[r] = the greatest of it and row r. */
export function maxRows(x: usize, rows: usize, columns: usize, best: usize): void {
  for (const last = best + rows * 4; best < last; best += 4) {
    const end = x + columns * 4;
    let greatest = v128.load_splat<f32>(best);
    for (; x + 16 <= end; x += 16) greatest = f32x4.max(greatest, v128.load(x));
    for (; x < end; x += 4) greatest = f32x4.max(greatest, v128.load_splat<f32>(x));
    greatest = f32x4.max(greatest, v128.shuffle<f32>(greatest, greatest, 2, 3, 0, 1));
    greatest = f32x4.max(greatest, v128.shuffle<f32>(greatest, greatest, 1, 0, 3, 2));
    store<f32>(best, f32x4.extract_lane(greatest, 0));
  }
}

/** best[c] = the greatest of it and column c. */
export function maxColumns(x: usize, rows: usize, columns: usize, best: usize): void {
  for (const last = x + rows * columns * 4; x < last; ) {
    const end = x + columns * 4;
    let to = best;
    for (; x + 16 <= end; x += 16, to += 16) v128.store(to, f32x4.max(v128.load(to), v128.load(x)));
    for (; x < end; x += 4, to += 4) store<f32>(to, max<f32>(load<f32>(to), load<f32>(x)));
  }
}
