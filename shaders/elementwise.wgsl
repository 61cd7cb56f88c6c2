// y[i] = f(a[i], b[i], ...): one formula over contiguous operands, four elements at a time, and `each` times in a thread.
// LANES threads work on neighbouring vectors. An operation's slots bring its operands and its formula; as it stands this
// file is max(a, b) with a number for b. The last vector may reach into the padding that every buffer ends with.

override WORKGROUP: u32 = 256;
override LANES: u32 = 4;

struct Params {
  vectors: u32,
  each: u32,
  result: u32, // where y begins, in vectors
  _0: u32,
  operands: vec4u, // where a, b, c, d begin: in vectors, or in elements where there is one for all
  b: f32, // @slot scalars
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // @slot result
@group(0) @binding(2) var<storage, read> a: array<vec4f>; // @slot operands

fn f(a: f32, b: f32) -> f32 { return max(a, b); } // @slot formula

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  let first = thread / LANES * LANES * params.each + thread % LANES;
  let end = min(first + LANES * params.each, params.vectors);
  let b4 = vec4f(params.b); // @slot once
  for (var i = first; i < end; i += LANES) { // @slot vectors
    let a4 = a[params.operands.x + i]; // @slot load
    y[params.result + i] = vec4f(f(a4.x, b4.x), f(a4.y, b4.y), f(a4.z, b4.z), f(a4.w, b4.w)); // @slot store
  }
}
