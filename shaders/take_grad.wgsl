// y[o, e, i] = Σ g[o, j, i] over the j with indices[j] = e: the gradient of take. One thread an output looks through
// all indices in order, so the sum is the same every time.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  inner: u32,
  picked: u32,
  entries: u32,
  offset: u32, // of g
  indices_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.count) { return; }
  let i = t % params.inner;
  let e = i32((t / params.inner) % params.entries);
  let o = t / params.inner / params.entries;

  var total = 0.0;
  for (var j = 0u; j < params.picked; j++) {
    let index = indices[params.indices_offset + j];
    if (index == e || index + i32(params.entries) == e) {
      total += g[params.offset + (o * params.picked + j) * params.inner + i];
    }
  }
  y[t] = total;
}
