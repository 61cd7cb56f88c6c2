// Watches x for NaN and Infinity, by their bits: where there is one, sets the status word, with a number that says when,
// unless it stands for something earlier.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  offset: u32,
  op: u32,
  when: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count || (x[params.offset + i] & 0x7f800000u) != 0x7f800000u) { return; }
  if (atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[2], params.when);
    atomicStore(&status[0], 4u);
  }
}
