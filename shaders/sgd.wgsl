// velocity ← momentum · velocity − rate · g;  w ← w + velocity, or with Nesterov's look-ahead
// w ← w + momentum · velocity − rate · g (Keras' form). While the status word is set, nothing is changed.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  nesterov: u32,
  g_offset: u32,
  rate: f32,
  momentum: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count || atomicLoad(&status[0]) != 0u) { return; }
  let step = params.rate * g[params.g_offset + i];
  let v = params.momentum * velocity[i] - step;
  velocity[i] = v;
  w[i] += select(v, params.momentum * v - step, params.nesterov == 1u);
}
