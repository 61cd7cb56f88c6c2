// dx[n, r, s, c] = Σ g[n, i, j, o] · w[a, b, o] over the kernel's places (a, b) that met the pixel, i·stride + a·dilation
// − before = r, and the `each` channels o that come from c. One pixel of dx a thread, and one of its channels, or four
// neighbouring ones, where each has one.

override WORKGROUP: u32 = 64;
override STRIDED: bool = true; // some stride is more than one

const NOWHERE = 0xffffffffu;

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

/** The place that begins at an offset, if one does. */
fn placeAt(offset: u32, stride: u32) -> u32 {
  if (!STRIDED) { return offset; }
  let place = offset / stride;
  return select(NOWHERE, place, place * stride == offset);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let pixel = t / params.in_channels;
  let first = (t - pixel * params.in_channels) * params.each;
  let line = pixel / params.image.y;
  let column = pixel - line * params.image.y + params.before.y;
  let n = line / params.image.x;
  let row = line - n * params.image.x + params.before.x;

  var total = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let i = placeAt(row - a * params.dilation.x, params.stride.x); // above the first: wraps to far below the last
    if (i >= params.places.x) { continue; }
    for (var b = 0u; b < params.kernel.y; b++) {
      let j = placeAt(column - b * params.dilation.y, params.stride.y);
      if (j >= params.places.y) { continue; }
      let place = (n * params.places.x + i) * params.places.y + j;
      let start = params.g_offset + place * params.out_channels + first;
      let at = params.w_offset + (a * params.kernel.y + b) * params.out_channels + first;
      for (var o = 0u; o < params.each; o++) { total += g[start + o] * w[at + o]; }
    }
  }
  dx[t] = total;
}
