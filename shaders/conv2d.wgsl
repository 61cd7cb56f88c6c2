// y[n, i, j, o] = Σ x[n, i·stride + a·dilation − before, ..., c] · w[a, b, c, o] over the kernel's places (a, b) and the
// channels c of o's group; padding is 0. One pixel of y a thread, and one of its channels, or four neighbouring ones.

override WORKGROUP: u32 = 64;

alias Lanes = f32; // @slot lanes

struct Params {
  image: vec2u, // rows and columns of x, as in all pairs
  kernel: vec2u,
  places: vec2u, // of y
  stride: vec2u,
  dilation: vec2u,
  before: vec2u, // padding
  threads: u32,
  in_channels: u32,
  out_channels: u32, // in lanes
  group_in: u32, // channels of x in one group
  group_out: u32, // channels of y in one group, in lanes
  x_offset: u32,
  w_offset: u32, // in lanes
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Lanes>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<Lanes>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let o = t % params.out_channels;
  let place = t / params.out_channels;
  let j = place % params.places.y;
  let i = place / params.places.y % params.places.x;
  let n = place / params.places.y / params.places.x;
  let first = params.x_offset + o / params.group_out * params.group_in;

  var total = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let row = i * params.stride.x + a * params.dilation.x - params.before.x; // above the image: wraps to far below it
    if (row >= params.image.x) { continue; }
    for (var b = 0u; b < params.kernel.y; b++) {
      let column = j * params.stride.y + b * params.dilation.y - params.before.y;
      if (column >= params.image.y) { continue; }
      let start = first + ((n * params.image.x + row) * params.image.y + column) * params.in_channels;
      var at = params.w_offset + (a * params.kernel.y + b) * params.group_in * params.out_channels + o;
      for (var c = 0u; c < params.group_in; c++) {
        total += x[start + c] * w[at];
        at += params.out_channels;
      }
    }
  }
  y[t] = total;
}
