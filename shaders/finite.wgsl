// Looks for NaN and Infinity in x, by their bits. Among the inputs of an operation one sets the flag; in its output, while
// the flag is not set, it sets the status word, unless that stands for something earlier.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,
  offset: u32,
  op: u32,
  is_output: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> flag: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>, 4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count || (x[params.offset + i] & 0x7f800000u) != 0x7f800000u) { return; }
  if (params.is_output == 0u) {
    atomicStore(&flag[0], 1u);
  } else if (atomicLoad(&flag[0]) == 0u && atomicLoad(&status[0]) == 0u) {
    atomicStore(&status[1], params.op);
    atomicStore(&status[0], 3u);
  }
}
