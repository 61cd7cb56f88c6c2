// softmax(x)[r] = exp(x[r] − m) / Σ exp(x[r'] − m) with m = max x: one thread a row. Rows lie `inner` apart.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  length: u32,
  inner: u32,
  offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

fn exp_(v: f32) -> f32 { return exp(v); } fn max_(a: f32, b: f32) -> f32 { return max(a, b); } // @slot math
fn value(shifted: f32, total: f32) -> f32 { return exp_(shifted) / total; } // @slot value

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP + id.x;
  if (row >= params.rows) { return; }
  let start = row / params.inner * params.inner * params.length + row % params.inner;

  var m = x[params.offset + start];
  for (var j = 1u; j < params.length; j++) {
    m = max_(m, x[params.offset + start + j * params.inner]);
  }
  var total = 0.0;
  for (var j = 0u; j < params.length; j++) {
    total += exp_(x[params.offset + start + j * params.inner] - m);
  }
  for (var j = 0u; j < params.length; j++) {
    let at = start + j * params.inner;
    y[at] = value(x[params.offset + at] - m, total);
  }
}
