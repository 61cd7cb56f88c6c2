// y[to] = f(a[at.x], b[at.y], ...): one formula over operands of any strides (transposed, sliced,
// broadcast with stride 0) into a result of any strides, one element a thread.

override WORKGROUP: u32 = 64;
override RANK: u32 = 6;

struct Axis {
  size: u32,
  result: i32, // the result's stride
  _0: u32,
  _1: u32,
  operands: vec4i, // the strides of a, b, c, d
}

struct Params {
  count: u32,
  result: i32, // offsets, in elements
  _0: u32,
  _1: u32,
  operands: vec4i,
  axes: array<Axis, 6>,
  b: f32, // @slot scalars
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // @slot result
@group(0) @binding(2) var<storage, read> a: array<f32>; // @slot operands

fn f(a: f32, b: f32) -> f32 { return max(a, b); } // @slot formula

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count) { return; }
  var rest = i;
  var at = params.operands;
  var to = params.result;
  for (var d = RANK; d > 0u; d--) {
    let axis = params.axes[d - 1u];
    let k = i32(rest % axis.size);
    rest /= axis.size;
    at += k * axis.operands;
    to += k * axis.result;
  }
  y[to] = f(a[at.x], params.b); // @slot store
}
