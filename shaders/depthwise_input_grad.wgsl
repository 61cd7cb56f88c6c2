// dx[n, r, s, c] = Σ g[n, i, j, o] · w[a, b, o] over the kernel's places (a, b) that met the pixel, i·stride + a·dilation
// − before = r, and the `each` channels o that come from c. One pixel of dx a thread, and one of its channels, or four
// neighbouring ones, where each has one.

override WORKGROUP: u32 = 64;

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
  each: u32,
  g_offset: u32, // in lanes
  w_offset: u32, // in lanes
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<Lanes>;
@group(0) @binding(2) var<storage, read> g: array<Lanes>;
@group(0) @binding(3) var<storage, read> w: array<Lanes>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let first = t % params.in_channels * params.each;
  let pixel = t / params.in_channels;
  let column = pixel % params.image.y + params.before.y;
  let row = pixel / params.image.y % params.image.x + params.before.x;
  let n = pixel / params.image.y / params.image.x;

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
      let at = params.w_offset + (a * params.kernel.y + b) * params.out_channels + first;
      for (var o = 0u; o < params.each; o++) { total += g[start + o] * w[at + o]; }
    }
  }
  dx[t] = total;
}
