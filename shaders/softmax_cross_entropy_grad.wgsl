// dx[r, j] = g[r] · (softmax(x[r])[j] − [j = label[r]]): one thread a row. The forward kernel has checked the labels.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  classes: u32,
  offset: u32,
  labels_offset: u32,
  g_offset: u32,
  g_stride: u32, // 0 where every row has the same gradient
  labels: u32, // of which there may be fewer than rows: then they come again
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;

fn exp_(v: f32) -> f32 { return exp(v); } fn max_(a: f32, b: f32) -> f32 { return max(a, b); } // @slot math

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP + id.x;
  if (row >= params.rows) { return; }
  let first = params.offset + row * params.classes;
  let to = row * params.classes;

  var m = x[first];
  for (var j = 1u; j < params.classes; j++) { m = max_(m, x[first + j]); }
  var total = 0.0;
  for (var j = 0u; j < params.classes; j++) { total += exp_(x[first + j] - m); }
  let label = u32(labels[params.labels_offset + row % params.labels]);
  let scale = g[params.g_offset + row * params.g_stride];
  for (var j = 0u; j < params.classes; j++) {
    let p = exp_(x[first + j] - m) / total;
    dx[to + j] = scale * select(p, p - 1.0, j == label);
  }
}
