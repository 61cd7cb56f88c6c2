// m ← m + (1 − β₁)(g − m);  v ← v + (1 − β₂)(g² − v);  w ← w − rate · m / (√v + ε), where rate carries the bias
// correction: rate = learning rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). Kingma & Ba 2015, with ε where Keras has it: added to √v
// before the correction. While the status word is set, nothing is changed.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  g_offset: u32,
  rate: f32,
  one_minus_beta1: f32,
  one_minus_beta2: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;
@group(0) @binding(5) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count || atomicLoad(&status[0]) != 0u) { return; }
  let slope = g[params.g_offset + i];
  let mean = m[i] + params.one_minus_beta1 * (slope - m[i]);
  let square = v[i] + params.one_minus_beta2 * (slope * slope - v[i]);
  m[i] = mean;
  v[i] = square;
  w[i] -= params.rate * mean / (sqrt(square) + params.epsilon);
}
