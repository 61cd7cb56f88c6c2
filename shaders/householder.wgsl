// QR of stacks of matrices [m, n], m >= n, by Householder's reflections I - 2vv^T: column j of `a` becomes the unit vector
// v from row j on, and r_jj >= 0. Then Q is built backwards from the identity. A small matrix is done by one workgroup
// (PHASE 0); of a large one a dispatch does one phase of one column. y holds Q [m, n] over R [n, n].

override PHASE: u32 = 0; // 0 all, 1 make the reflection, 2 reflect the columns behind it, 3 those of Q, 4 write R, begin Q

override WORKGROUP: u32 = 64; // a power of two
override COLUMNS: u32 = 16; // that a workgroup reflects at once: a power of two, at most WORKGROUP
override LANES: u32 = WORKGROUP / COLUMNS; // threads that share a column

struct Params {
  count: u32, // matrices
  m: u32,
  n: u32,
  step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> a: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP>;

// The larger of two numbers that are not negative, by their bits: NaN is larger than all.
fn larger(a: f32, b: f32) -> f32 { return bitcast<f32>(max(bitcast<u32>(a), bitcast<u32>(b))); }

// The sum or the largest of what the threads hold; every thread gets it.
fn total(value: f32, t: u32, largest: bool) -> f32 {
  workgroupBarrier();
  partial[t] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) {
      let other = partial[t + half];
      if (largest) { partial[t] = larger(partial[t], other); } else { partial[t] += other; }
    }
  }
  return workgroupUniformLoad(&partial[0]);
}

// Makes v of column j, whose multiple of e_j goes to R.
fn reflection(base: u32, r: u32, j: u32, t: u32) {
  let m = params.m;
  let n = params.n;
  var largest = 0.0;
  for (var i = j + t; i < m; i += WORKGROUP) { largest = larger(largest, abs(a[base + i * n + j])); }
  let scale = total(largest, t, true);
  let by = select(1.0 / scale, 0.0, scale < 1.17549435e-38);
  var squares = 0.0;
  for (var i = j + 1u + t; i < m; i += WORKGROUP) {
    let value = a[base + i * n + j] * by;
    a[base + i * n + j] = value;
    squares += value * value;
  }
  let rest = total(squares, t, false);
  let first = a[base + j * n + j] * by;
  let norm = sqrt(first * first + rest);
  var head = first - norm;
  if (first > 0.0) { head = -rest / (first + norm); } // no difference of near numbers
  let length = sqrt(head * head + rest);
  let unit = select(1.0 / length, 0.0, length == 0.0);
  storageBarrier();
  for (var i = j + 1u + t; i < m; i += WORKGROUP) { a[base + i * n + j] *= unit; }
  if (t == 0u) {
    a[base + j * n + j] = head * unit;
    y[r + j * n + j] = norm * scale;
  }
}

// Reflects COLUMNS columns of a from `first` on.
fn reflect_factor(base: u32, j: u32, first: u32, t: u32) {
  let n = params.n;
  let column = first + t % COLUMNS;
  var dot = 0.0;
  if (column < n) {
    for (var i = j + t / COLUMNS; i < params.m; i += LANES) { dot += a[base + i * n + j] * a[base + i * n + column]; }
  }
  let by = 2.0 * shared_by_lanes(dot, t);
  if (column < n) {
    for (var i = j + t / COLUMNS; i < params.m; i += LANES) { a[base + i * n + column] -= by * a[base + i * n + j]; }
  }
}

// The same of Q.
fn reflect_orthogonal(base: u32, q: u32, j: u32, first: u32, t: u32) {
  let n = params.n;
  let column = first + t % COLUMNS;
  var dot = 0.0;
  if (column < n) {
    for (var i = j + t / COLUMNS; i < params.m; i += LANES) { dot += a[base + i * n + j] * y[q + i * n + column]; }
  }
  let by = 2.0 * shared_by_lanes(dot, t);
  if (column < n) {
    for (var i = j + t / COLUMNS; i < params.m; i += LANES) { y[q + i * n + column] -= by * a[base + i * n + j]; }
  }
}

// The sum over the threads that share a column.
fn shared_by_lanes(value: f32, t: u32) -> f32 {
  workgroupBarrier();
  partial[t] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var lane = 0u; lane < LANES; lane++) { sum += partial[t % COLUMNS + lane * COLUMNS]; }
  return sum;
}

// R's upper triangle without its diagonal, zeros below, and the identity where Q will be.
fn begin(base: u32, q: u32, r: u32, t: u32, threads: u32) {
  let n = params.n;
  for (var k = t; k < params.m * n; k += threads) {
    let i = k / n;
    let j = k % n;
    y[q + k] = select(0.0, 1.0, i == j);
    if (i < n && i != j) { y[r + k] = select(0.0, a[base + k], j > i); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let m = params.m;
  let n = params.n;
  for (var matrix = group.y; matrix < params.count; matrix += groups.y) {
    let base = matrix * m * n;
    let q = matrix * (m + n) * n;
    let r = q + m * n;
    let first = group.x * COLUMNS;
    if (PHASE == 1u) {
      reflection(base, r, params.step, t);
    } else if (PHASE == 2u) {
      reflect_factor(base, params.step, params.step + 1u + first, t);
    } else if (PHASE == 3u) {
      reflect_orthogonal(base, q, params.step, params.step + first, t);
    } else if (PHASE == 4u) {
      begin(base, q, r, group.x * WORKGROUP + t, groups.x * WORKGROUP);
    } else {
      for (var j = 0u; j < n; j++) {
        reflection(base, r, j, t);
        storageBarrier();
        for (var c = j + 1u; c < n; c += COLUMNS) { reflect_factor(base, j, c, t); }
        storageBarrier();
      }
      begin(base, q, r, t, WORKGROUP);
      storageBarrier();
      for (var back = 0u; back < n; back++) {
        let j = n - 1u - back;
        for (var c = j; c < n; c += COLUMNS) { reflect_orthogonal(base, q, j, c, t); }
        storageBarrier();
      }
    }
  }
}
