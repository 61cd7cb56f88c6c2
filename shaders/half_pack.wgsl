// y[i] = two floats as halves (IEEE binary16) in one word, rounded to nearest even. In integers, for pack2x16float may
// round either way, and leaves open what becomes of large numbers.

override WORKGROUP: u32 = 64;

struct Params {
  pairs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<vec2f>;

fn half(v: f32) -> u32 {
  let bits = bitcast<u32>(v);
  let size = bits & 0x7fffffffu;
  let rounded = size + 0xfffu + ((size >> 13u) & 1u);
  let normal = (rounded - 0x38000000u) >> 13u;
  let small = u32(round(bitcast<f32>(min(size, 0x38800000u)) * 16777216.0)); // in steps of 2^-24
  let finite = select(normal, small, size < 0x38800000u);
  let infinite = select(0x7c00u, 0x7e00u, size > 0x7f800000u);
  return select(finite, infinite, size >= 0x477ff000u) | ((bits >> 16u) & 0x8000u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.pairs) { return; }
  y[i] = half(x[i].x) | (half(x[i].y) << 16u);
}
