// Two halves (IEEE binary16) from each word, as floats; exact.

override WORKGROUP: u32 = 64;

struct Params {
  pairs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec2f>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

fn float(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let size = half & 0x7fffu;
  let small = bitcast<u32>(f32(size) * 5.9604644775390625e-8); // 2^-24
  let normal = (size << 13u) + 0x38000000u;
  let infinite = (size << 13u) | 0x7f800000u;
  return bitcast<f32>(sign | select(select(normal, small, size < 0x400u), infinite, size >= 0x7c00u));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.pairs) { return; }
  y[i] = vec2f(float(x[i] & 0xffffu), float(x[i] >> 16u));
}
