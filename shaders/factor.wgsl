// Elimination in place, column by column: LU with row exchanges, or Cholesky's factorisation of the lower triangle. A small
// matrix is done by one workgroup (PHASE 0); of a large one a dispatch does one phase of one column. A row of y has
// `width` entries: n of the matrix, and for LU the row that it comes from, and -1 where a row was exchanged, else 1.

override PHASE: u32 = 0; // 0 all, 1 the pivot and its column, 2 what lies behind them
override CHOLESKY: bool = false;
override WORKGROUP: u32 = 64; // a power of two

struct Params {
  count: u32, // matrices
  n: u32,
  width: u32,
  step: u32,
  required: u32, // 1: a pivot of 0 sets the status word
  op: u32,
  errors: f32, // rounding errors of what was subtracted from a pivot, relatively
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>, 4>;

var<workgroup> sizes: array<f32, WORKGROUP>;
var<workgroup> places: array<u32, WORKGROUP>;

fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// Where the largest of column j from the diagonal on stands, the first of equal ones.
fn largest(base: u32, j: u32, t: u32) -> u32 {
  var size = -1.0;
  var place = j;
  for (var i = j + t; i < params.n; i += WORKGROUP) {
    let value = abs(y[base + i * params.width + j]);
    if (value > size) {
      size = value;
      place = i;
    }
  }
  workgroupBarrier();
  sizes[t] = size;
  places[t] = place;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) {
      let other = sizes[t + half];
      if (other > sizes[t] || (other == sizes[t] && places[t + half] < places[t])) {
        sizes[t] = other;
        places[t] = places[t + half];
      }
    }
  }
  return workgroupUniformLoad(&places[0]);
}

// What was taken out of the pivot of column j, without signs.
fn subtracted(base: u32, j: u32, t: u32) -> f32 {
  var sum = 0.0;
  for (var k = t; k < j; k += WORKGROUP) {
    let left = y[base + j * params.width + k];
    let other = select(base + k * params.width + j, base + j * params.width + k, CHOLESKY);
    sum += abs(left * y[other]);
  }
  workgroupBarrier();
  sizes[t] = sum;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) { sizes[t] += sizes[t + half]; }
  }
  return workgroupUniformLoad(&sizes[0]);
}

fn pivot(matrix: u32, j: u32, t: u32) {
  let n = params.n;
  let width = params.width;
  let base = matrix * n * width;
  if (!CHOLESKY) {
    if (j == 0u) {
      for (var i = t; i < n; i += WORKGROUP) { y[base + i * width + n] = f32(i); }
      storageBarrier();
    }
    let best = largest(base, j, t);
    if (t == 0u) { y[base + j * width + n + 1u] = select(-1.0, 1.0, best == j); }
    if (best != j) {
      for (var k = t; k <= n; k += WORKGROUP) {
        let a = y[base + j * width + k];
        y[base + j * width + k] = y[base + best * width + k];
        y[base + best * width + k] = a;
      }
    }
    storageBarrier();
  }
  let taken = subtracted(base, j, t);
  let found = y[base + j * width + j];
  // For Cholesky what there was before is the pivot and what was taken from it, and a negative one is none.
  let low = select(abs(found) <= params.errors * taken, found <= params.errors * (abs(found) + taken), CHOLESKY);
  let none = low && !is_nan(found);
  if (none && params.required == 1u && t == 0u && atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[2], j);
    atomicStore(&status[3], select(0xffffffffu, matrix, params.count > 1u));
    atomicStore(&status[0], select(6u, 7u, CHOLESKY));
  }
  let value = select(found, 0.0, none);
  let by = select(value, sqrt(value), CHOLESKY);
  storageBarrier(); // all have read the pivot
  if (t == 0u) { y[base + j * width + j] = by; }
  for (var i = j + 1u + t; i < n; i += WORKGROUP) {
    let at = base + i * width + j;
    y[at] = select(y[at] / by, 0.0, none);
    if (CHOLESKY) { y[base + j * width + i] = 0.0; } // the upper triangle
  }
}

// Takes the outer product of column j and row j (for Cholesky: of column j with itself) out of what lies behind them.
fn update(matrix: u32, j: u32, t: u32, threads: u32) {
  let width = params.width;
  let base = matrix * params.n * width;
  let side = params.n - j - 1u;
  for (var k = t; k < side * side; k += threads) {
    let row = j + 1u + k / side;
    let column = j + 1u + k % side;
    if (CHOLESKY && column > row) { continue; }
    let other = select(base + j * width + column, base + column * width + j, CHOLESKY);
    y[base + row * width + column] -= y[base + row * width + j] * y[other];
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var matrix = group.y; matrix < params.count; matrix += groups.y) {
    if (PHASE == 1u) {
      pivot(matrix, params.step, t);
    } else if (PHASE == 2u) {
      update(matrix, params.step, group.x * WORKGROUP + t, groups.x * WORKGROUP);
    } else {
      for (var j = 0u; j < params.n; j++) {
        pivot(matrix, j, t);
        storageBarrier();
        update(matrix, j, t, WORKGROUP);
        storageBarrier();
      }
    }
  }
}
