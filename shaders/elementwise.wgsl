// y[i] = f(a[i], b[i], ...): one formula over contiguous operands, four elements a thread.
// An operation's slots bring its operands and its formula; as it stands this file is max(a, b)
// with a number for b. The last vector may reach into the padding that every buffer ends with.

override WORKGROUP: u32 = 64;

struct Params {
  vectors: u32,
  b: f32, // @slot scalars
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // @slot result
@group(0) @binding(2) var<storage, read> a: array<vec4f>; // @slot operands

fn f(a: f32, b: f32) -> f32 { return max(a, b); } // @slot formula

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.vectors) { return; }
  let a4 = a[i]; let b4 = vec4f(params.b); // @slot load
  y[i] = vec4f(f(a4.x, b4.x), f(a4.y, b4.y), f(a4.z, b4.z), f(a4.w, b4.w)); // @slot store
}
