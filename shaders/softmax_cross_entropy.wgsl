// loss[r] = log Σ exp(x[r, j] − m) − (x[r, label] − m) with m = max x[r]: one thread a row. A label outside of
// [0, classes) sets the status word.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  classes: u32,
  offset: u32,
  labels_offset: u32,
  op: u32,
  labels: u32, // of which there may be fewer than rows: then they come again
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read_write> status: array<atomic<u32>, 4>;

fn exp_(v: f32) -> f32 { return exp(v); } fn log_(v: f32) -> f32 { return log(v); } fn max_(a: f32, b: f32) -> f32 { return max(a, b); } // @slot math

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP + id.x;
  if (row >= params.rows) { return; }
  let start = params.offset + row * params.classes;

  let label = labels[params.labels_offset + row % params.labels];
  if ((label < 0 || label >= i32(params.classes)) && atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[2], u32(label));
    atomicStore(&status[3], params.classes);
    atomicStore(&status[0], 2u);
  }
  var m = x[start];
  for (var j = 1u; j < params.classes; j++) { m = max_(m, x[start + j]); }
  var total = 0.0;
  for (var j = 0u; j < params.classes; j++) { total += exp_(x[start + j] - m); }
  let chosen = x[start + u32(clamp(label, 0, i32(params.classes) - 1))];
  loss[row] = log_(total) - (chosen - m);
}
