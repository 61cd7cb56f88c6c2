// Solves a @ x = y in place for triangular a [n, n] and y [n, r]: a workgroup takes COLUMNS columns of y, finds an entry
// of each, and takes its part out of the rows that follow.

override WORKGROUP: u32 = 64;
override COLUMNS: u32 = 16; // a power of two, at most WORKGROUP

struct Params {
  count: u32, // matrices
  n: u32,
  r: u32,
  offset: u32, // of a
  lower: u32,
  unit: u32, // 1: the diagonal counts as 1
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let n = params.n;
  let column = group.x * COLUMNS + t % COLUMNS;
  let lane = t / COLUMNS;
  let lanes = WORKGROUP / COLUMNS;
  let exists = column < params.r;
  for (var matrix = group.y; matrix < params.count; matrix += groups.y) {
    let base = params.offset + matrix * n * n;
    let to = matrix * n * params.r + column;
    for (var step = 0u; step < n; step++) {
      let i = select(n - 1u - step, step, params.lower == 1u);
      storageBarrier();
      var x = 0.0;
      if (exists) {
        x = y[to + i * params.r];
        if (params.unit == 0u) { x /= a[base + i * n + i]; }
        for (var k = step + 1u + lane; k < n; k += lanes) {
          let row = select(n - 1u - k, k, params.lower == 1u);
          y[to + row * params.r] -= a[base + row * n + i] * x;
        }
      }
      storageBarrier(); // all have read what is overwritten now
      if (exists && lane == 0u) { y[to + i * params.r] = x; }
    }
  }
}
