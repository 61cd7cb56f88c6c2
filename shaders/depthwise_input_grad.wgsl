// dx[n, r, s, c] = Σ g[n, i, j, o] · w[a, b, o] over the kernel's places (a, b) that met the pixel, i·stride + a·dilation
// − before = r, and the `each` channels o that come from c. A thread makes neighbouring pixels of a row of dx, which share
// what is read of w, and of them one channel, or four neighbouring ones, where each has one.

override WORKGROUP: u32 = 64;
override PIXELS: u32 = 1; // a thread: 1, 2 or 4
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
  let across = (params.image.y + PIXELS - 1) / PIXELS; // threads for a row
  let run = t / params.in_channels;
  let channel = t - run * params.in_channels;
  let first = channel * params.each;
  let line = run / across;
  let s = (run - line * across) * PIXELS;
  let column = s + params.before.y;
  let n = line / params.image.x;
  let row = line - n * params.image.x + params.before.x;
  let width = params.places.y;

  var total0 = Lanes();
  var total1 = Lanes();
  var total2 = Lanes();
  var total3 = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let i = placeAt(row - a * params.dilation.x, params.stride.x); // above the first: wraps to far below the last
    if (i >= params.places.x) { continue; }
    let start = params.g_offset + (n * params.places.x + i) * width * params.out_channels + first;
    for (var b = 0u; b < params.kernel.y; b++) {
      let left = column - b * params.dilation.y;
      let j0 = placeAt(left, params.stride.y);
      let j1 = placeAt(left + 1, params.stride.y);
      let j2 = placeAt(left + 2, params.stride.y);
      let j3 = placeAt(left + 3, params.stride.y);
      let at = params.w_offset + (a * params.kernel.y + b) * params.out_channels + first;
      for (var o = 0u; o < params.each; o++) {
        let weight = w[at + o];
        if (j0 < width) { total0 += g[start + j0 * params.out_channels + o] * weight; }
        if (PIXELS > 1 && j1 < width) { total1 += g[start + j1 * params.out_channels + o] * weight; }
        if (PIXELS > 2 && j2 < width) { total2 += g[start + j2 * params.out_channels + o] * weight; }
        if (PIXELS > 2 && j3 < width) { total3 += g[start + j3 * params.out_channels + o] * weight; }
      }
    }
  }
  let to = (line * params.image.y + s) * params.in_channels + channel;
  dx[to] = total0;
  if (PIXELS > 1 && s + 1 < params.image.y) { dx[to + params.in_channels] = total1; }
  if (PIXELS > 2 && s + 2 < params.image.y) { dx[to + 2 * params.in_channels] = total2; }
  if (PIXELS > 2 && s + 3 < params.image.y) { dx[to + 3 * params.in_channels] = total3; }
}
