// y[r, d] = 1 where d = indices[r], else 0. An index outside of [0, depth) sets the status word.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  depth: u32,
  offset: u32,
  op: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // @slot result
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.count) { return; }
  let index = indices[params.offset + t / params.depth];
  if ((index < 0 || index >= i32(params.depth)) && atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[2], u32(index));
    atomicStore(&status[3], params.depth);
    atomicStore(&status[0], 2u);
  }
  y[t] = select(0.0, 1.0, i32(t % params.depth) == index); // @slot store
}
