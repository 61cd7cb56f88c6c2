// Whole-number functions for expressions, as math.wgsl is for floats. No entry point.

// aᵇ by squaring, modulo 2³²; a negative exponent truncates 1/aᵇ.
fn integer_pow(a: i32, b: i32) -> i32 {
  if (b < 0) { return select(select(0, select(1, -1, (b & 1) != 0), a == -1), 1, a == 1); }
  var result = 1;
  var base = a;
  for (var n = b; n > 0; n >>= 1u) {
    if ((n & 1) != 0) { result *= base; }
    base *= base;
  }
  return result;
}

// Truncates towards zero and saturates; NaN gives 0. The bounds are the nearest floats inside the range.
fn to_int(x: f32) -> i32 {
  let nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
  let inside = i32(clamp(x, -2147483648.0, 2147483520.0));
  return select(select(inside, 2147483647, x >= 2147483648.0), 0, nan);
}

// ⌊a / b⌋; 0 where b is 0, as NumPy.
fn integer_floor_divide(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  let q = a / b;
  return select(q, q - 1, (a % b != 0) && ((a < 0) != (b < 0)));
}

// a − b·⌊a / b⌋: the divisor's sign; 0 where b is 0, as NumPy.
fn integer_remainder(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && ((r < 0) != (b < 0)));
}
