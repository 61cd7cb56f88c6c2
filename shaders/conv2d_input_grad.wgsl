// dx[n, r, s, c] = Σ g[n, i, j, o] · w[a, b, c, o] over the kernel's places (a, b) that met the pixel, i·stride + a·dilation
// − before = r, and the channels o of c's group. One pixel of dx a thread, and one of its channels, or four neighbouring
// ones; then the channels o are taken four at a time too.

override WORKGROUP: u32 = 64;
override LANES: u32 = 1;

alias Lanes = f32; // @slot lanes

struct Params {
  image: vec2u, // rows and columns of dx, as in all pairs
  kernel: vec2u,
  places: vec2u, // of g
  stride: vec2u,
  dilation: vec2u,
  before: vec2u, // padding
  threads: u32,
  in_channels: u32, // in lanes, as all channels
  out_channels: u32,
  group_in: u32, // channels of dx in one group
  group_out: u32, // channels of g in one group
  g_offset: u32, // in lanes
  w_offset: u32, // in lanes
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<Lanes>;
@group(0) @binding(2) var<storage, read> g: array<Lanes>;
@group(0) @binding(3) var<storage, read> w: array<Lanes>;

// v with the rows of w for each channel of dx, which lie `step` apart.
fn product(v: Lanes, at: u32, step: u32) -> Lanes { return v * w[at]; } // @slot product

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let c = t % params.in_channels;
  let pixel = t / params.in_channels;
  let column = pixel % params.image.y + params.before.y;
  let row = pixel / params.image.y % params.image.x + params.before.x;
  let n = pixel / params.image.y / params.image.x;
  let first = c / params.group_in * params.group_out;

  var total = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let down = row - a * params.dilation.x; // above the first place: wraps to far below the last
    let i = down / params.stride.x;
    if (i >= params.places.x || down % params.stride.x != 0u) { continue; }
    for (var b = 0u; b < params.kernel.y; b++) {
      let right = column - b * params.dilation.y;
      let j = right / params.stride.y;
      if (j >= params.places.y || right % params.stride.y != 0u) { continue; }
      let place = (n * params.places.x + i) * params.places.y + j;
      let start = params.g_offset + place * params.out_channels + first;
      let line = ((a * params.kernel.y + b) * params.group_in + c % params.group_in) * LANES;
      let at = params.w_offset + line * params.out_channels + first;
      for (var o = 0u; o < params.group_out; o++) {
        total += product(g[start + o], at + o, params.out_channels);
      }
    }
  }
  dx[t] = total;
}
