// y[o, j, i] = x[o, indices[j], i]: entries along the middle axis. Negative indices count from the end; one beyond the
// ends sets the status word, and the kernel reads the nearest entry instead.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  inner: u32,
  picked: u32, // indices
  entries: u32, // along the axis of x
  offset: u32, // of x
  indices_offset: u32,
  op: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // @slot result
@group(0) @binding(2) var<storage, read> x: array<f32>; // @slot operand
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.count) { return; }
  let i = t % params.inner;
  let j = (t / params.inner) % params.picked;
  let o = t / params.inner / params.picked;

  let entries = i32(params.entries);
  let index = indices[params.indices_offset + j];
  let entry = select(index, index + entries, index < 0);
  if ((entry < 0 || entry >= entries) && atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[2], u32(index));
    atomicStore(&status[3], params.entries);
    atomicStore(&status[0], 1u);
  }
  let e = u32(clamp(entry, 0, max(entries - 1, 0)));
  y[t] = x[params.offset + (o * params.entries + e) * params.inner + i];
}
