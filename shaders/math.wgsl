// Scalar f32 maths with IEEE special values, since the WGSL builtins give no such promise.
//
// A tool extracts single functions with the ones they call: no module-scope const or var here, and each
// function's closing brace stands alone in column 0.
//
// - Each comment ends with the worst error seen against float64 in a million stratified points, in ULP, on SwiftShader
//   (where + - * / sqrt round to nearest, fma is not fused and subnormals flush). Where / and sqrt have only WGSL's
//   2.5 ULP, functions that divide may gain that much. Results below 2^-126 may be 0.
// - Compilers may assume that no NaN or Inf exists, so edges are decided on the bits, as u32, and the chosen
//   bits become a float last.
// - Compilers may reassociate or contract. No formula here rests on (a - b) - a, on a rounding error being
//   recovered, or on fma rounding once: where exactness matters the product is exact (a short constant times a small
//   integer) or the work is in integers. Where the order of sums matters they are fma calls, which no compiler takes
//   apart; as a * b + c under -Ofast the two parts of ln2 merged, and exp lost 60 ULP. (Checked as C++: gcc -Ofast with
//   fused fma keeps every bound and every special value.)
// - Polynomials are our own minimax fits (Lawson-weighted least squares, coefficients rounded to f32 one by one);
//   "fit 2^-n" is their relative error in exact arithmetic.

// NaN test, on the bits: x != x folds to false.
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Infinity test, on the bits.
fn is_inf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }

// Neither NaN nor infinite, on the bits.
fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }

// A quiet NaN. A var, as a constant expression may not be NaN or Inf.
fn nan_() -> f32 {
  var b = 0x7fc00000u;
  return bitcast<f32>(b);
}

// +Inf. A var for the same reason.
fn inf_() -> f32 {
  var b = 0x7f800000u;
  return bitcast<f32>(b);
}

// r, but x where x is NaN.
fn keep_nan_(x: f32, r: f32) -> f32 { return bitcast<f32>(select(bitcast<u32>(r), bitcast<u32>(x), is_nan(x))); }

// r, but NaN where x or y is NaN.
fn keep_nan2_(x: f32, y: f32, r: f32) -> f32 { return keep_nan_(x, keep_nan_(y, r)); }

// r, but x where x is NaN or +Inf.
fn keep_top_(x: f32, r: f32) -> f32 {
  let b = bitcast<u32>(x);
  return bitcast<f32>(select(bitcast<u32>(r), b, b == 0x7f800000u || is_nan(x)));
}

// r with the sign of x (r >= 0).
fn with_sign_(x: f32, r: f32) -> f32 { return bitcast<f32>(bitcast<u32>(r) | (bitcast<u32>(x) & 0x80000000u)); }

// 32 x 32 -> 64 bit product as (high, low), exact.
fn mul_wide_(a: u32, b: u32) -> vec2<u32> {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let ll = al * bl;
  let m = ah * bl + (ll >> 16u);
  let n = al * bh + (m & 0xffffu);
  return vec2<u32>(ah * bh + (m >> 16u) + (n >> 16u), (n << 16u) | (ll & 0xffffu));
}

// (e^r - 1 - r) / r^2 for |r| <= 0.3475, fit 2^-31.
fn exp_poly_(r: f32) -> f32 {
  var q = fma(1.97644142e-4f, r, 1.39323808e-3f);
  q = fma(q, r, 8.33354332e-3f);
  q = fma(q, r, 4.16664928e-2f);
  q = fma(q, r, 0.166666657f);
  return fma(q, r, 0.5f);
}

// e^r for |r| <= 0.3475. 0.9 ULP.
fn exp_near_(r: f32) -> f32 { return 1.0f + fma(r * r, exp_poly_(r), r); }

// v 2^k for v >= 0, k added to the exponent field: 0 below 2^-126, Inf above the range. What is scaled last flushes
// only where the result does, in whatever order a compiler multiplies. Exact.
fn scale_(v: f32, k: i32) -> f32 {
  let u = bitcast<u32>(v);
  let e = i32(u >> 23u) + k;
  return bitcast<f32>(select(select(u + (u32(k) << 23u), 0u, e < 1), 0x7f800000u, e > 254));
}

// e^x for finite |x| <= 1000 as (e^r, k): x = k ln2 + r. k is read from the bits of a sum, which no compiler can fold;
// k * (high part of ln2, 15 bits) is exact. 1 ULP.
fn exp_split_(x: f32) -> vec2<f32> {
  let k = f32(bitcast<i32>(fma(x, 1.44269504f, 12582912.0f)) - 0x4b400000);
  return vec2<f32>(exp_near_(fma(k, -1.42860677e-6f, fma(k, -0.693145752f, x))), k);
}

// e^(-s x^2) for |x| <= 14 and s = 1 or 1/2, as (e^r - 1, k). x^2 = h^2 + (x - h)(x + h), h being x to 12 bits, so that
// h^2 is exact: the rounding of x^2 would cost 50 ULP. 1 ULP of e^r.
fn exp_split_square_(x: f32, s: f32) -> vec2<f32> {
  let h = bitcast<f32>((bitcast<u32>(x) + 0x800u) & 0xfffff000u);
  let k = f32(bitcast<i32>(fma(s * x * x, -1.44269504f, 12582912.0f)) - 0x4b400000);
  let r = fma(-s * (x - h), x + h, fma(k, -1.42860677e-6f, fma(k, -0.693145752f, -s * h * h)));
  return vec2<f32>(fma(r * r, exp_poly_(r), r), k);
}

// e^x * 2^j for finite |x| <= 1000 and |j| <= 100. 0 below 2^-126, Inf above the range. 1 ULP.
fn exp_core_(x: f32, j: i32) -> f32 {
  let s = exp_split_(x);
  return scale_(s.x, i32(s.y) + j);
}

// e^x. 0.95 ULP.
fn exp_(x: f32) -> f32 { return keep_nan_(x, exp_core_(clamp(x, -200.0f, 200.0f), 0)); }

// 2^x = 2^k e^((x - k) ln2), exact for integers. 0.95 ULP.
fn exp2_(x: f32) -> f32 {
  let t = clamp(x, -300.0f, 300.0f);
  let k = bitcast<i32>(t + 12582912.0f) - 0x4b400000;
  return keep_nan_(x, scale_(exp_near_((t - f32(k)) * 0.693147181f), k));
}

// e^x - 1 = 2^k (e^r - 1) + (2^k - 1), x = k ln2 + r; 2^128 is made in two steps. 1.4 ULP.
fn expm1_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  let t = clamp(x, -30.0f, 88.8f);
  let k = bitcast<i32>(fma(t, 1.44269504f, 12582912.0f)) - 0x4b400000;
  let kf = f32(k);
  let r = fma(kf, -1.42860677e-6f, fma(kf, -0.693145752f, t));
  let p = fma(r * r, exp_poly_(r), r);
  let s = bitcast<f32>(u32(min(k, 127) + 127) << 23u);
  let v = fma(p, s, s - 1.0f) * select(1.0f, 2.0f, k > 127);
  var u = select(bitcast<u32>(select(v, p, k == 0)), b, (b & 0x7fffffffu) < 0x33000000u); // |x| < 2^-25: x, -0 too
  u = select(u, 0x7f800000u, i32(b) > 0x42b17217); // x > 88.72283
  return bitcast<f32>(select(u, b, is_nan(x)));
}

// x > 0 as 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2): (f, k), exact. A subnormal x is read as an integer times 2^-149,
// so its logarithm is right where arithmetic would flush it.
fn log_split_(x: f32) -> vec2<f32> {
  let b = bitcast<u32>(x);
  let sub = b < 0x00800000u;
  let s = select(b, bitcast<u32>(f32(b)), sub);
  let k = i32(s - 0x3f3504f3u) >> 23u;
  return vec2<f32>(bitcast<f32>(s - (u32(k) << 23u)) - 1.0f, f32(k - select(0, 149, sub)));
}

// log(1 + f) - f for sqrt(1/2) <= 1 + f < sqrt(2), as f^2 (f P(f) - 1/2), fit 2^-27.
fn log_poly_(f: f32) -> f32 {
  var p = fma(-7.63642788e-2f, f, 0.127622128f);
  p = fma(p, f, -0.131596103f);
  p = fma(p, f, 0.1420158f);
  p = fma(p, f, -0.166234091f);
  p = fma(p, f, 0.200012416f);
  p = fma(p, f, -0.250008196f);
  p = fma(p, f, 0.333333313f);
  return f * f * fma(f, p, -0.5f);
}

// r, but the edges of a logarithm's domain: -Inf at +-0, NaN below 0, +Inf and NaN pass.
fn log_edges_(x: f32, r: f32) -> f32 {
  let b = bitcast<u32>(x);
  var u = select(bitcast<u32>(r), b, b >= 0x7f800000u);
  u = select(u, 0x7fc00000u, b > 0x80000000u);
  return bitcast<f32>(select(u, 0xff800000u, (b << 1u) == 0u));
}

// log x = k ln2 + log(1 + f); k * (high part of ln2) is exact. 0.9 ULP.
fn log_(x: f32) -> f32 {
  let s = log_split_(x);
  let r = fma(s.y, 0.693145752f, s.x + fma(s.y, 1.42860677e-6f, log_poly_(s.x)));
  return log_edges_(x, r);
}

// log2 x = k + log(1 + f) log2(e), exact for powers of 2. 1.8 ULP.
fn log2_(x: f32) -> f32 {
  let s = log_split_(x);
  let y = log_poly_(s.x);
  let l = s.x + y;
  return log_edges_(x, s.y + fma(l, 1.44269502f, l * 1.92596303e-8f));
}

// log10 x = k log10(2) + log(1 + f) log10(e), log10(2) in two parts, the high one 12 bits. 2 ULP.
fn log10_(x: f32) -> f32 {
  let s = log_split_(x);
  let l = s.x + log_poly_(s.x);
  return log_edges_(x, fma(s.y, 0.301025391f, fma(l, 0.434294492f, s.y * 4.60503907e-6f)));
}

// log(1 + x) = k ln2 + log(1 + f), k from the exponent of 1 + x, f = x 2^-k + (2^-k - 1), in which only the last sum
// rounds. fma so that no compiler refactors it to (x + 1) 2^-k - 1. 1.5 ULP.
fn log1p_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  let w = bitcast<u32>(1.0f + x);
  let k = i32(w - 0x3f3504f3u) >> 23u;
  let s = bitcast<f32>(u32(127 - min(k, 30)) << 23u);
  let m = bitcast<f32>(w - (u32(k) << 23u)) - 1.0f;
  let f = select(select(fma(x, s, s - 1.0f), m, k > 25), x, k == 0);
  let kf = f32(k);
  let r = fma(kf, 0.693145752f, f + fma(kf, 1.42860677e-6f, log_poly_(f)));
  var u = select(bitcast<u32>(r), b, (b & 0x7fffffffu) < 0x33000000u); // |x| < 2^-25: x, -0 too
  u = select(u, b, i32(b) >= 0x7f800000);
  u = select(u, 0x7fc00000u, b > 0xbf800000u);
  return bitcast<f32>(select(u, 0xff800000u, b == 0xbf800000u));
}

// log(1 + e) for 0 <= e <= 1; k is 0 or 1. 1 ULP.
fn log1p_unit_(e: f32) -> f32 {
  let c = e > 0.414213562f;
  let f = select(e, fma(e, 0.5f, -0.5f), c);
  return f + log_poly_(f) + select(0.0f, 0.693147181f, c);
}

// x^y as C and IEEE pow. |x| = 2^k m, m c = 1 + t with c one of nine 8-bit reciprocals: log2|x| = k - log2(c) + t G(t)
// in fixed point (55 fraction bits, 62 near x = 1); its product with y, 32 fraction bits; then 2^frac by
// polynomial. All integer up to there, so no compiler can spoil it. 2 ULP.
fn pow_(x: f32, y: f32) -> f32 {
  let bx = bitcast<u32>(x);
  let by = bitcast<u32>(y);
  let ax = bx & 0x7fffffffu;
  let ay = by & 0x7fffffffu;
  // |x| = mx 2^(ex - 23), 2^23 <= mx < 2^24, subnormals too
  let sx = select(0u, countLeadingZeros(ax) - 8u, ax < 0x800000u);
  let mx = select((ax & 0x7fffffu) | 0x800000u, (ax << (sx & 31u)) & 0xffffffu, ax < 0x800000u);
  let ex = i32(max(ax >> 23u, 1u)) - 127 - i32(sx);
  // reciprocal, and -log2 of it in units of 2^-55
  const C = array<vec3<u32>, 9>(
    vec3<u32>(256u, 0u, 0u),
    vec3<u32>(228u, 0x1563dcu, 0x29ffacb2u),
    vec3<u32>(205u, 0x2906cbu, 0xcd2baf2du),
    vec3<u32>(186u, 0x3afcd8u, 0x15786af2u),
    vec3<u32>(171u, 0x4a83cfu, 0x0d01c16eu),
    vec3<u32>(158u, 0x591db6u, 0x62b66426u),
    vec3<u32>(146u, 0x67b3d4u, 0x2fd0fc4du),
    vec3<u32>(137u, 0x7373afu, 0x48dce653u),
    vec3<u32>(128u, 0x800000u, 0u));
  let c = C[min((mx - 0x780000u) >> 20u, 8u)];
  // t in units of 2^-31, exact; G in units of 2^-31
  let ti = i32(mx * c.x - 0x80000000u);
  let ta = u32(abs(ti));
  let t = f32(ti) * 4.65661287e-10f;
  var p = fma(0.207542002f, t, -0.241550058f);
  p = fma(p, t, 0.288534939f);
  p = fma(p, t, -0.360672206f);
  p = fma(p, t, 0.48089835f);
  let g1 = mul_wide_(ta, 3098164009u).x;
  let g = 3098164009u - select(g1, 0u - g1, ti < 0) + u32(i32(p * t * t * 2147483648.0f));
  // log2|x| in units of 2^-sc
  let w = mul_wide_(ta, g);
  let bh = (u32(ex) << 23u) + c.y;
  let far = (bh | c.z) != 0u;
  var lh = select(w.x, w.x >> 7u, far);
  var ll = select(w.y, (w.x << 25u) | (w.y >> 7u), far);
  let tn = select(0u, 0xffffffffu, ti < 0);
  ll = ll ^ tn;
  lh = (lh ^ tn) + select(0u, select(0u, 1u, ll == 0xffffffffu), ti < 0);
  ll = ll + (tn & 1u);
  let sl = ll + c.z;
  lh = lh + bh + select(0u, 1u, sl < ll);
  let neg = lh >> 31u;
  // magnitude (one's complement: one unit of 2^-55 off where negative), normalised to 32 bits
  let nm = 0u - neg;
  let ah = lh ^ nm;
  let al = sl ^ nm;
  let z = ah == 0u;
  let nh = select(ah, al, z);
  let nl = select(al, 0u, z);
  let lz = countLeadingZeros(nh) & 31u;
  let lm = (nh << lz) | ((nl >> 1u) >> (31u - lz));
  let le = select(0, -32, z) - i32(lz) - select(30, 23, far);
  // times |y| = my 2^(ey - 23)
  let sy = select(0u, countLeadingZeros(ay) - 8u, ay < 0x800000u);
  let my = select((ay & 0x7fffffu) | 0x800000u, (ay << (sy & 31u)) & 0xffffffu, ay < 0x800000u);
  let ey = i32(max(ay >> 23u, 1u)) - 127 - i32(sy);
  let q = mul_wide_(lm, my << 8u);
  // the product is (q.x, q.y) 2^(-32 - s): 64-bit shift to integer and fraction
  let s = -(le + ey + 1);
  let sb = u32(clamp(s, 1, 63));
  let sr = sb & 31u;
  let lo = ((q.x << 1u) << (31u - sr)) | (q.y >> sr);
  let qi = select(q.x >> sr, 0u, sb > 31u);
  let qf = select(lo, q.x >> sr, sb > 31u);
  let huge = s < 23 && lm != 0u;
  let down = (neg ^ (by >> 31u)) != 0u;
  let ki = select(i32(qi + (qf >> 31u)), 1024, huge);
  let fr = select(f32(i32(qf)) * 2.32830644e-10f, 0.0f, huge || s > 60 || lm == 0u);
  let k = select(ki, -ki, down);
  let r = select(fr, -fr, down) * 0.693147181f;
  let e2 = bitcast<u32>(1.0f + fma(r * r, exp_poly_(r), r));
  let e = i32(e2 >> 23u) + k;
  var u = select(select(e2 + (u32(k) << 23u), 0u, e < 1), 0x7f800000u, e > 254);
  u = select(u, 0x3f800000u, s > 60 || lm == 0u);
  // edges
  let yi = ay >= 0x4b800000u;
  let ys = u32(clamp(23 - ey, 0, 24));
  let whole = yi || (my & ((1u << ys) - 1u)) == 0u;
  let odd = !yi && whole && ((my >> ys) & 1u) != 0u;
  let yneg = (by >> 31u) != 0u;
  let edge = ax == 0u || ax == 0x7f800000u || ay == 0x7f800000u;
  let up = select((ax > 0x3f800000u) != yneg, (ax == 0u) == yneg, ax == 0u || ax == 0x7f800000u);
  u = select(u, select(0u, 0x7f800000u, up), edge);
  u = select(u, 0x3f800000u, ax == 0x3f800000u);
  u = select(u, 0x7fc00000u, (bx >> 31u) != 0u && !whole && !edge);
  u = u | select(0u, bx & 0x80000000u, odd);
  u = select(u, 0x7fc00000u, ax > 0x7f800000u || ay > 0x7f800000u);
  return bitcast<f32>(select(u, 0x3f800000u, ay == 0u || bx == 0x3f800000u));
}

// sqrt x: the builtin with IEEE edges (-0 -> -0, NaN below 0). 0.5 ULP.
fn sqrt_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  var u = select(bitcast<u32>(sqrt(x)), b, b >= 0x7f800000u || b == 0u);
  u = select(u, 0x7fc00000u, b > 0x80000000u);
  return bitcast<f32>(select(u, b, b == 0x80000000u));
}

// 1 / sqrt x: the builtin with IEEE edges (+-0 -> +-Inf, Inf -> 0, NaN below 0). 1.5 ULP.
fn rsqrt_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  var u = select(bitcast<u32>(inverseSqrt(x)), 0u, b == 0x7f800000u);
  u = select(u, b | 0x7f800000u, (b & 0x7fffffffu) == 0u);
  return bitcast<f32>(select(u, 0x7fc00000u, b > 0x80000000u || is_nan(x)));
}

// |x| = q pi/2 + r with |r| <= pi/4, as (bits of r, q mod 4), for every finite x: Payne-Hanek in integers. A 96-bit
// window of 2/pi, chosen by the exponent of x, times the 24-bit significand gives |x| 2/pi mod 4 with 62 fraction
// bits; no f32 lies nearer than 2^-30 to a multiple of pi/2, so over 30 bits of r remain. r: 1 ULP.
fn trig_reduce_(x: f32) -> vec2<u32> {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let m = (a & 0x7fffffu) | 0x800000u;
  let o = (a >> 23u) - 120u; // exponent + 7, the place of the window
  let b0 = o >= 32u;
  let b1 = o >= 64u;
  let b2 = o >= 96u;
  let b3 = o >= 128u;
  // four words of 2/pi, after a leading zero word
  let c0 = 0xa2f9836eu;
  let c1 = 0x4e441529u;
  let c2 = 0xfc2757d1u;
  let c3 = 0xf534ddc0u;
  let c4 = 0xdb629599u;
  let c5 = 0x3c439041u;
  let t0 = select(select(select(select(0u, c0, b0), c1, b1), c2, b2), c3, b3);
  let t1 = select(select(select(select(c0, c1, b0), c2, b1), c3, b2), c4, b3);
  let t2 = select(select(select(select(c1, c2, b0), c3, b1), c4, b2), c5, b3);
  let t3 = select(select(select(select(c2, c3, b0), c4, b1), c5, b2), 0xfe5163abu, b3);
  let s = o & 31u;
  let r = 31u - s;
  let w0 = (t0 << s) | ((t1 >> 1u) >> r);
  let w1 = (t1 << s) | ((t2 >> 1u) >> r);
  let w2 = (t2 << s) | ((t3 >> 1u) >> r);
  let p1 = mul_wide_(m, w1);
  let lo = p1.y + mul_wide_(m, w2).x;
  let hi = m * w0 + p1.x + select(0u, 1u, lo < p1.y);
  // nearest quadrant, and the signed rest as sign and magnitude
  let q = (hi + 0x20000000u) >> 30u;
  let fh = (hi << 2u) | (lo >> 30u);
  let n = 0u - (fh >> 31u);
  let ah = fh ^ n;
  let z = countLeadingZeros(ah) & 31u;
  let frac = (ah << z) | ((((lo << 2u) ^ n) >> 1u) >> (31u - z));
  let v = mul_wide_(frac, 0xc90fdaa2u).x; // times pi/2, in units of 2^(-31 - z)
  let f = f32(i32(v >> 1u)) * bitcast<f32>((97u - z) << 23u);
  let small = a < 0x3f490fdbu; // |x| < pi/4
  return vec2<u32>(select(bitcast<u32>(f) | (n & 0x80000000u), a, small), select(q, 0u, small));
}

// sin r for |r| <= pi/4, fit 2^-28.
fn sin_poly_(r: f32) -> f32 {
  let z = r * r;
  return fma(r * z, fma(fma(-1.95182845e-4f, z, 8.33218917e-3f), z, -0.166666552f), r);
}

// cos r for |r| <= pi/4, fit 2^-33.
fn cos_poly_(r: f32) -> f32 {
  let z = r * r;
  return fma(z * z, fma(fma(2.44323273e-5f, z, -1.38873095e-3f), z, 4.16666456e-2f), fma(z, -0.5f, 1.0f));
}

// sin x, right for every finite x. 1.6 ULP.
fn sin_(x: f32) -> f32 {
  let t = trig_reduce_(x);
  let r = bitcast<f32>(t.x);
  let u = bitcast<u32>(select(sin_poly_(r), cos_poly_(r), (t.y & 1u) != 0u));
  let s = (bitcast<u32>(x) & 0x80000000u) ^ ((t.y & 2u) << 30u);
  return bitcast<f32>(select(0x7fc00000u, u ^ s, is_finite(x)));
}

// cos x, right for every finite x. 1.6 ULP.
fn cos_(x: f32) -> f32 {
  let t = trig_reduce_(x);
  let r = bitcast<f32>(t.x);
  let u = bitcast<u32>(select(cos_poly_(r), sin_poly_(r), (t.y & 1u) != 0u));
  let s = ((t.y + 1u) & 2u) << 30u;
  return bitcast<f32>(select(0x7fc00000u, u ^ s, is_finite(x)));
}

// tan x = sin / cos of the rest, or -cos / sin, right for every finite x. 3.6 ULP.
fn tan_(x: f32) -> f32 {
  let t = trig_reduce_(x);
  let r = bitcast<f32>(t.x);
  let sn = sin_poly_(r);
  let cs = cos_poly_(r);
  let c = (t.y & 1u) != 0u;
  let u = bitcast<u32>(select(sn, -cs, c) / select(cs, sn, c)) ^ (bitcast<u32>(x) & 0x80000000u);
  return bitcast<f32>(select(0x7fc00000u, u, is_finite(x)));
}

// asin s for 0 <= s <= 1/2, z = s^2, fit 2^-28.
fn asin_poly_(s: f32, z: f32) -> f32 {
  var p = fma(4.21583056e-2f, z, 2.41847783e-2f);
  p = fma(p, z, 4.54691499e-2f);
  p = fma(p, z, 7.49530941e-2f);
  p = fma(p, z, 0.166667521f);
  return fma(s * z, p, s);
}

// asin x; pi/2 - 2 asin sqrt((1 - |x|) / 2) above 1/2. 2.3 ULP.
fn asin_(x: f32) -> f32 {
  let a = abs(x);
  let big = a > 0.5f;
  let z = select(a * a, fma(a, -0.5f, 0.5f), big);
  let p = asin_poly_(select(a, sqrt(z), big), z);
  let r = with_sign_(x, select(p, fma(-2.0f, p, 1.57079637f), big));
  return bitcast<f32>(select(bitcast<u32>(r), 0x7fc00000u, (bitcast<u32>(x) & 0x7fffffffu) > 0x3f800000u));
}

// acos x = pi/2 - asin x, or 2 asin sqrt((1 - |x|) / 2) and pi minus that beyond 1/2. 1.2 ULP.
fn acos_(x: f32) -> f32 {
  let a = abs(x);
  let big = a > 0.5f;
  let z = select(a * a, fma(a, -0.5f, 0.5f), big);
  let p = asin_poly_(select(x, sqrt(z), big), z);
  let b = bitcast<u32>(x);
  let far = select(2.0f * p, 3.14159274f - fma(2.0f, p, 8.74227766e-8f), (b >> 31u) != 0u);
  let r = select(1.57079637f - (p + 4.37113883e-8f), far, big);
  return bitcast<f32>(select(bitcast<u32>(r), 0x7fc00000u, (b & 0x7fffffffu) > 0x3f800000u));
}

// atan t - t for |t| <= tan(pi/8), fit 2^-30.
fn atan_poly_(t: f32) -> f32 {
  let z = t * t;
  var p = fma(-6.09005764e-2f, z, 0.105991691f);
  p = fma(p, z, -0.14244391f);
  p = fma(p, z, 0.199985281f);
  p = fma(p, z, -0.333333164f);
  return p * z * t;
}

// atan x: t = x, (x - 1) / (x + 1) + pi/4 or -1 / x + pi/2, one division. 2.6 ULP.
fn atan_(x: f32) -> f32 {
  let a = min(abs(x), 1e30f);
  let m = a > 0.414213562f;
  let h = a > 2.41421356f;
  let t = select(a, select(a - 1.0f, -1.0f, h), m) / select(1.0f, select(a + 1.0f, a, h), m);
  let r = select(0.0f, select(0.785398185f, 1.57079637f, h), m) + (t + atan_poly_(t));
  return keep_nan_(x, with_sign_(x, r));
}

// The angle of (x, y), all quadrants, signed zeros and infinities as IEEE atan2(y, x): atan(min / max) of the
// magnitudes, both scaled where they are huge or tiny, and read as integers where both are subnormal. 2.7 ULP.
fn atan2_(y: f32, x: f32) -> f32 {
  let bx = bitcast<u32>(x);
  let ax = bx & 0x7fffffffu;
  let ay = bitcast<u32>(y) & 0x7fffffffu;
  let hi = max(ax, ay);
  let lo = min(ax, ay);
  let edge = hi == 0u || hi >= 0x7f800000u; // both zero, or an infinity: the ratio is 0 or 1
  let sub = hi < 0x800000u;
  let s = select(select(1.0f, 1.8446744e19f, hi < 0x1f800000u), 0.0625f, hi > 0x7e000000u);
  let d = select(select(bitcast<f32>(hi) * s, f32(hi), sub), 1.0f, edge);
  let n = select(select(bitcast<f32>(lo) * s, f32(lo), sub), select(0.0f, 1.0f, lo == 0x7f800000u), edge);
  let m = n > 0.414213562f * d;
  let t = select(n, n - d, m) / select(d, n + d, m);
  var r = select(0.0f, 0.785398185f, m) + (t + atan_poly_(t));
  // r, pi/2 - r, pi - r or pi/2 + r, the constants with their low parts
  let left = (bx >> 31u) != 0u;
  let steep = ay > ax;
  r = select(r, -r, left != steep);
  let c = select(3.14159274f, 1.57079637f, steep);
  r = select(r, c + (r - select(8.74227766e-8f, 4.37113883e-8f, steep)), left || steep);
  return keep_nan2_(x, y, with_sign_(y, r));
}

// sinh x: odd polynomial to 1 (fit 2^-32), then h - 1 / (4 h) with h = e^|x| / 2. 1.6 ULP.
fn sinh_(x: f32) -> f32 {
  let a = abs(x);
  let z = a * a;
  var p = fma(2.78221319e-6f, z, 1.98428956e-4f);
  p = fma(p, z, 8.33331048e-3f);
  p = fma(p, z, 0.166666672f);
  let h = exp_core_(min(a, 200.0f), -1);
  let r = select(h - 0.25f / h, fma(a * z, p, a), a < 1.0f);
  return keep_nan_(x, with_sign_(x, r));
}

// cosh x = h + 1 / (4 h) with h = e^|x| / 2. 1.4 ULP.
fn cosh_(x: f32) -> f32 {
  let h = exp_core_(min(abs(x), 200.0f), -1);
  return keep_nan_(x, h + 0.25f / h);
}

// tanh x: odd polynomial to 0.625 (fit 2^-28), then 1 - 2 / (e^2|x| + 1). 1.3 ULP.
fn tanh_(x: f32) -> f32 {
  let a = abs(x);
  let z = a * a;
  var p = fma(-5.6922962e-3f, z, 2.06281673e-2f);
  p = fma(p, z, -5.37365153e-2f);
  p = fma(p, z, 0.133314058f);
  p = fma(p, z, -0.333332807f);
  let e = exp_core_(2.0f * min(a, 10.0f), 0);
  let r = select(1.0f - 2.0f / (e + 1.0f), fma(a * z, p, a), a < 0.625f);
  return keep_nan_(x, with_sign_(x, r));
}

// asinh x = log1p(a + a^2 / (1 + sqrt(1 + a^2))), a = |x|; log 2a from 1e10 on. 1.8 ULP.
fn asinh_(x: f32) -> f32 {
  let a = abs(x);
  let big = a > 1e10f;
  let c = min(a, 1e10f);
  let z = c * c;
  let w = select(c + z / (1.0f + sqrt(1.0f + z)), a, big);
  return keep_nan_(x, with_sign_(x, log1p_(w) + select(0.0f, 0.693147181f, big)));
}

// acosh x = log1p(t + sqrt(t (t + 2))), t = x - 1; log 2x from 1e10 on; NaN below 1. 2.1 ULP.
fn acosh_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  let big = x > 1e10f;
  let t = clamp(x, 1.0f, 1e10f) - 1.0f;
  let w = select(t + sqrt(t * (t + 2.0f)), x, big);
  let r = log1p_(w) + select(0.0f, 0.693147181f, big);
  return bitcast<f32>(select(bitcast<u32>(r), 0x7fc00000u, i32(b) < 0x3f800000 || is_nan(x)));
}

// atanh x = log1p(2a / (1 - a)) / 2, a = |x|; Inf at 1, NaN beyond. 2.1 ULP.
fn atanh_(x: f32) -> f32 {
  let c = bitcast<u32>(x) & 0x7fffffffu;
  let a = min(abs(x), 0.99999994f);
  let r = 0.5f * log1p_(2.0f * a / (1.0f - a));
  var u = select(bitcast<u32>(r), c, c < 0x33000000u); // |x| < 2^-25: x
  u = select(u, 0x7f800000u, c == 0x3f800000u);
  u = select(u, 0x7fc00000u, c > 0x3f800000u);
  return with_sign_(x, bitcast<f32>(u));
}

// erf t for |t| <= 0.93: t + t P(t^2), fit 2^-30.
fn erf_poly_(t: f32) -> f32 {
  let z = t * t;
  var p = fma(7.99876216e-5f, z, -8.05014162e-4f);
  p = fma(p, z, 5.19242603e-3f);
  p = fma(p, z, -2.68557351e-2f);
  p = fma(p, z, 0.112836257f);
  p = fma(p, z, -0.376126289f);
  p = fma(p, z, 0.128379166f);
  return select(fma(t, p, t), t * 1.12837917f, abs(t) < 1e-9f); // t p would be subnormal
}

// erf x: the polynomial to 0.93, then 1 - e^-(t + t R(t)) (fit 2^-30). 1.4 ULP.
fn erf_(x: f32) -> f32 {
  let t = min(abs(x), 4.0f);
  var q = fma(1.16106266e-5f, t, -3.26607842e-4f);
  q = fma(q, t, 3.65795824e-3f);
  q = fma(q, t, -2.37949174e-2f);
  q = fma(q, t, 0.106275111f);
  q = fma(q, t, 0.63512814f);
  q = fma(q, t, 0.128654212f);
  return keep_nan_(x, with_sign_(x, select(1.0f - exp_core_(-fma(t, q, t), 0), erf_poly_(t), t < 0.93f)));
}

// (x + c) e^(x^2) erfc x of t = (x - c) / (x + c) for 0.65 <= x <= 9.4, where erfc goes below 2^-126. c = 67/32, for
// which the constant term is almost an f32. Fit 2^-26.9.
fn erfcx_poly_(t: f32) -> f32 {
  var p = fma(-2.25996104e-4f, t, -1.27112307e-3f);
  p = fma(p, t, 1.78405142e-3f);
  p = fma(p, t, 9.2001874e-3f);
  p = fma(p, t, -1.6645696e-2f);
  p = fma(p, t, -5.97303137e-2f);
  p = fma(p, t, 0.315064877f);
  p = fma(p, t, -0.713067293f);
  return fma(p, t, 1.02903032f);
}

// erfc x = 1 - erf x to 0.65, then e^-x^2 times P(t) / (x + c), and 2 minus that below 0. 3.6 ULP.
fn erfc_(x: f32) -> f32 {
  let a = min(abs(x), 11.0f);
  let y = 1.0f / (a + 2.09375f);
  let w = y * erfcx_poly_((a - 2.09375f) * y);
  let s = exp_split_square_(a, 1.0f);
  let q = scale_(fma(w, s.x, w), i32(s.y));
  let far = select(q, 2.0f - q, (bitcast<u32>(x) >> 31u) != 0u);
  return keep_nan_(x, select(far, 1.0f - erf_poly_(x), a < 0.65f));
}

// Integers in the order of the floats, -0 < +0.
fn order_(x: f32) -> i32 {
  let b = bitcast<i32>(x);
  return b ^ ((b >> 31u) & 0x7fffffff);
}

// The larger; NaN where either is NaN; max(-0, 0) = 0. Exact, subnormals kept.
fn max_(a: f32, b: f32) -> f32 {
  let u = select(bitcast<u32>(b), bitcast<u32>(a), order_(a) > order_(b));
  return keep_nan2_(a, b, bitcast<f32>(u));
}

// The smaller; NaN where either is NaN; min(-0, 0) = -0. Exact, subnormals kept.
fn min_(a: f32, b: f32) -> f32 {
  let u = select(bitcast<u32>(b), bitcast<u32>(a), order_(a) < order_(b));
  return keep_nan2_(a, b, bitcast<f32>(u));
}

// min_(max_(x, lo), hi): hi where lo > hi, NaN where any is NaN. Exact.
fn clip_(x: f32, lo: f32, hi: f32) -> f32 { return min_(max_(x, lo), hi); }

// max(x, 0), NaN passes on: 0 for the bits from -0 to -Inf. Exact.
fn relu_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  return bitcast<f32>(select(b, 0u, b - 0x80000000u <= 0x7f800000u));
}

// 1 / (1 + e^-x) as e / (1 + e) or 1 / (1 + e) with e = e^-|x| <= 1, so that no divisor is huge. 2.1 ULP.
fn sigmoid_(x: f32) -> f32 {
  let e = exp_core_(max(-abs(x), -200.0f), 0);
  return keep_nan_(x, select(1.0f, e, (bitcast<u32>(x) >> 31u) != 0u) / (1.0f + e));
}

// log(1 + e^x) = max(x, 0) + log1p(e^-|x|). 1.7 ULP.
fn softplus_(x: f32) -> f32 {
  return keep_top_(x, max(x, 0.0f) + log1p_unit_(exp_core_(max(-abs(x), -200.0f), 0)));
}

// log sigmoid(x) = -softplus(-x). 1.7 ULP.
fn log_sigmoid_(x: f32) -> f32 { return -softplus_(-x); }

// x P(X <= x) for a normal X, which is x/2 erfc(-x / sqrt 2): by erf to 0.92, then like erfc_ of y = |x| / sqrt 2, with
// g = y / (y + c) and t = 2g - 1; -0 at -Inf. 3.6 ULP.
fn gelu_(x: f32) -> f32 {
  let a = min(abs(x), 14.0f);
  let g = a / (a + 2.96100964f);
  let w = 0.707106781f * g * erfcx_poly_(fma(2.0f, g, -1.0f));
  let s = exp_split_square_(a, 0.5f);
  let q = scale_(fma(w, s.x, w), i32(s.y)); // |x| P(X > |x|)
  let far = select(x - q, with_sign_(x, q), (bitcast<u32>(x) >> 31u) != 0u);
  return keep_top_(x, select(far, x * fma(0.5f, erf_poly_(x * 0.707106781f), 0.5f), a < 0.92f));
}

// x / (1 + e^-u) for a u of the sign of x, where e^-|u| = m 2^k, which is scaled last in the left tail. No divisor is
// huge; -0 at -Inf.
fn gate_(x: f32, m: f32, k: i32) -> f32 {
  let d = 1.0f + scale_(m, k);
  let left = scale_(min(abs(x), 200.0f) * m / d, k);
  return keep_top_(x, select(x / d, with_sign_(x, left), (bitcast<u32>(x) >> 31u) != 0u));
}

// x sigmoid(x); -0 at -Inf. 2.7 ULP.
fn silu_(x: f32) -> f32 {
  let s = exp_split_(max(-abs(x), -200.0f));
  return gate_(x, s.x, i32(s.y));
}

// x sigmoid(2u), 2u = 2 sqrt(2/pi) (x + 0.044715 x^3), which is x/2 (1 + tanh u); -0 at -Inf. The exponent
// 2u log2(e) = a (A + B a^2), a = |x|, in fixed point: a with 28 fraction bits, a^2 with 25, their sum with 28, the
// product with 24 and 32 more, so that it is right to 2^-24 where it is 130. 2.9 ULP.
fn gelu_tanh_(x: f32) -> f32 {
  let a = u32(min(abs(x), 10.5f) * 268435456.0f);
  let z = mul_wide_(a, a);
  let v = mul_wide_(a, mul_wide_((z.x << 1u) | (z.y >> 31u), 3537102779u).x + 617994308u);
  let k = (v.x + 0x800000u) >> 24u;
  let r = f32(i32((v.x << 8u) | (v.y >> 24u))) * -1.61385904e-10f; // the rest, times -ln2
  return gate_(x, exp_near_(r), -i32(k));
}

// x tanh(softplus(x)) as x n / (n + 2), n = e^x (e^x + 2), scaled as in gate_; with e^-x above 0; -0 at -Inf. 3.7 ULP.
fn mish_(x: f32) -> f32 {
  let s = exp_split_(max(-abs(x), -200.0f));
  let k = i32(s.y);
  let e = scale_(s.x, k);
  let p = fma(2.0f, e, 1.0f);
  let left = scale_(min(abs(x), 200.0f) * s.x * (e + 2.0f) / fma(e, e + 2.0f, 2.0f), k);
  let right = x * p / fma(2.0f * e, e, p);
  return keep_top_(x, select(right, with_sign_(x, left), (bitcast<u32>(x) >> 31u) != 0u));
}

// x / (1 + |x|), +-1 at +-Inf. 1.5 ULP.
fn softsign_(x: f32) -> f32 {
  let a = min(abs(x), 1e9f);
  return keep_nan_(x, with_sign_(x, a / (1.0f + a)));
}

// x above 0, alpha (e^x - 1) below. 1.6 ULP.
fn elu_(x: f32, alpha: f32) -> f32 {
  let b = bitcast<u32>(x);
  return bitcast<f32>(select(bitcast<u32>(alpha * expm1_(x)), b, i32(b) > 0 || is_nan(x)));
}

// 1.0507 elu(x, 1.6733), the constants of Klambauer et al., "Self-normalizing neural networks" (2017). 1.8 ULP.
fn selu_(x: f32) -> f32 {
  let neg = (bitcast<u32>(x) >> 31u) != 0u;
  return keep_top_(x, select(1.05070099f * x, 1.75809934f * expm1_(x), neg));
}

// x above 0, alpha x below; alpha is finite. -0 at -Inf where alpha is 0. 0.5 ULP.
fn leaky_relu_(x: f32, alpha: f32) -> f32 {
  let b = bitcast<u32>(x);
  let r = bitcast<u32>(alpha * max(x, -3.40282346e38f));
  let u = select(r, (r & 0x80000000u) | 0x7f800000u, b == 0xff800000u && alpha != 0.0f);
  return bitcast<f32>(select(u, b, i32(b) > 0 || is_nan(x)));
}

// min(max(x, 0), 6). Exact.
fn relu6_(x: f32) -> f32 { return clip_(x, 0.0f, 6.0f); }

// relu6(x + 3) / 6. 1.4 ULP.
fn hard_sigmoid_(x: f32) -> f32 { return keep_nan_(x, relu6_(x + 3.0f) * 0.166666667f); }

// x relu6(x + 3) / 6: -0 from -3 down to -Inf, x from 3 on. The limit to 1, on bits, is there only to have the division
// by 6 done before x comes in. 2.5 ULP.
fn hard_silu_(x: f32) -> f32 {
  let h = bitcast<f32>(min(bitcast<u32>(hard_sigmoid_(x)), 0x3f800000u));
  return keep_top_(x, max(x, -3.0f) * h);
}

// -1, 1, or x where that is +-0 or NaN. Exact, subnormals count.
fn sign_(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  return bitcast<f32>(select((b & 0x80000000u) | 0x3f800000u, b, (b << 1u) == 0u || is_nan(x)));
}

// sqrt(x^2 + y^2), both scaled by the exponent of the larger: no overflow. Inf wins over NaN, as in IEEE. 1.2 ULP.
fn hypot_(x: f32, y: f32) -> f32 {
  let ax = bitcast<u32>(x) & 0x7fffffffu;
  let ay = bitcast<u32>(y) & 0x7fffffffu;
  let e = clamp(max(ax, ay) >> 23u, 1u, 253u);
  let s = bitcast<f32>((254u - e) << 23u);
  let u = bitcast<f32>(ax) * s;
  let v = bitcast<f32>(ay) * s;
  var r = bitcast<u32>(sqrt(fma(u, u, v * v)) * bitcast<f32>(e << 23u));
  r = select(r, 0x7fc00000u, ax > 0x7f800000u || ay > 0x7f800000u);
  return bitcast<f32>(select(r, 0x7f800000u, ax == 0x7f800000u || ay == 0x7f800000u));
}

// log(e^a + e^b) = max + log1p(e^-|a - b|). 2.4 ULP of the greatest of |result|, |max| (they cancel where the result is
// near 0) and |a - b| e^-|a - b| (what the rounding of a - b moves).
fn log_add_exp_(a: f32, b: f32) -> f32 {
  let d = select(a - b, 0.0f, bitcast<u32>(a) == bitcast<u32>(b));
  let m = max_(a, b);
  let r = m + log1p_unit_(exp_core_(max(-abs(d), -200.0f), 0));
  return bitcast<f32>(select(bitcast<u32>(m), bitcast<u32>(r), is_finite(m)));
}

// |a| mod |b| exactly, for finite a and b != 0: (bits of it, |a| div |b| mod 2^32). Long division in integers, 8 bits
// of quotient a round: one or two rounds for quotients below 2^8, 36 at the most.
fn fmod_bits_(a: f32, b: f32) -> vec2<u32> {
  let ax = bitcast<u32>(a) & 0x7fffffffu;
  let bx = bitcast<u32>(b) & 0x7fffffffu;
  let ea = max(ax >> 23u, 1u);
  let eb = max(bx >> 23u, 1u);
  let m = (bx & 0x7fffffu) | select(0u, 0x800000u, bx >= 0x800000u);
  var r = (ax & 0x7fffffu) | select(0u, 0x800000u, ax >= 0x800000u);
  var q = 0u;
  var n = i32(ea) - i32(eb);
  if (n < 0 || bx == 0u) {
    return vec2<u32>(ax, 0u);
  }
  q = r / m;
  r = r - q * m;
  while (n > 0) {
    let s = u32(min(n, 8));
    r = r << s;
    let d = r / m;
    r = r - d * m;
    q = (q << s) + d;
    n = n - 8;
  }
  let s = min(countLeadingZeros(r) - 8u, eb - 1u);
  return vec2<u32>(select((r << (s & 31u)) + ((eb - s - 1u) << 23u), 0u, r == 0u), q);
}

// a - floor(a / b) b with the sign of b, as Python's % and NumPy's remainder; NaN for b = 0 or infinite a. Exact, but
// for one rounding where the signs differ, before which a subnormal remainder may flush.
fn remainder_(a: f32, b: f32) -> f32 {
  let r = fmod_bits_(a, b).x;
  let bb = bitcast<u32>(b);
  let sa = bitcast<u32>(a) & 0x80000000u;
  let sb = bb & 0x80000000u;
  let m = select(bitcast<u32>(bitcast<f32>(r | sa) + b), bb, is_inf(b));
  let u = select(select(r | sa, m, sa != sb), sb, r == 0u);
  return bitcast<f32>(select(u, 0x7fc00000u, !is_finite(a) || is_nan(b) || (bb << 1u) == 0u));
}

// floor(a / b) as NumPy's floor_divide, but from the exact quotient (a / b itself from 2^24 on): a / 0 is Inf with a
// sign or NaN, Inf / b is NaN, a zero has the sign of a / b. 0.5 ULP.
fn floor_divide_(a: f32, b: f32) -> f32 {
  let d = fmod_bits_(a, b);
  let az = (bitcast<u32>(a) << 1u) == 0u;
  let bz = (bitcast<u32>(b) << 1u) == 0u;
  let s = (bitcast<u32>(a) ^ bitcast<u32>(b)) & 0x80000000u;
  let t = abs(a / b);
  let q = f32(d.y + select(0u, 1u, s != 0u && d.x != 0u));
  var u = bitcast<u32>(select(q, t, t >= 16777216.0f));
  u = select(u, select(0x7f800000u, 0x7fc00000u, az), bz) | s;
  return bitcast<f32>(select(u, 0x7fc00000u, is_nan(a) || is_nan(b) || (is_inf(a) && !bz)));
}

// An activation by its number, as units of a population have them: 0 for a unit that is not there, whatever x is, then relu,
// leaky relu with 0.2, elu, tanh, sigmoid, softsign; linear for any other. As accurate as the functions that it calls.
fn unit_(x: f32, kind: f32) -> f32 {
  switch i32(kind) {
    case 0: { return 0.0f; }
    case 1: { return relu_(x); }
    case 2: { return leaky_relu_(x, 0.2f); }
    case 3: { return elu_(x, 1.0f); }
    case 4: { return tanh_(x); }
    case 5: { return sigmoid_(x); }
    case 6: { return softsign_(x); }
    default: { return x; }
  }
}

// g times the slope of that activation where its result is y; a NaN passes relu as it does elsewhere. 2 ULP.
fn unit_slope_(y: f32, g: f32, kind: f32) -> f32 {
  switch i32(kind) {
    case 0: { return 0.0f; }
    case 1: { return select(g, 0.0f, y <= 0.0f && !is_nan(y)); }
    case 2: { return select(0.2f * g, g, y > 0.0f); }
    case 3: { return select(g * (y + 1.0f), g, y > 0.0f); }
    case 4: { return g * (1.0f - y * y); }
    case 5: { return g * y * (1.0f - y); }
    case 6: { let s = 1.0f - abs(y); return g * s * s; }
    default: { return g; }
  }
}
