// The pixel of its image where x is largest under each place of the window, the first one on ties, −1 for a window of
// padding alone; or what lies at that pixel in h. One place and channel a thread. Values travel as bits.

override WORKGROUP: u32 = 64;
const NONE = 0xffffffffu;

struct Params {
  image: vec2u, // rows and columns of x, as in all pairs
  window: vec2u,
  places: vec2u,
  stride: vec2u,
  dilation: vec2u, // 1
  before: vec2u, // padding
  threads: u32,
  channels: u32,
  x_offset: u32,
  h_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
// @slot picked

// Whole numbers above 0 that order as the floats of these bits do, with −0 = 0 and NaN above all.
fn key(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  let ordered = select(0x80000000u + magnitude, 0x80000000u - magnitude, bits > magnitude);
  return select(ordered, NONE, magnitude > 0x7f800000u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let c = t % params.channels;
  let place = t / params.channels;
  let j = place % params.places.y;
  let i = place / params.places.y % params.places.x;
  let n = place / params.places.y / params.places.x;
  let first = n * params.image.x * params.image.y;

  var winner = NONE;
  var best = 0u;
  for (var a = 0u; a < params.window.x; a++) {
    let row = i * params.stride.x + a - params.before.x; // above the image: wraps to far below it
    if (row >= params.image.x) { continue; }
    for (var b = 0u; b < params.window.y; b++) {
      let column = j * params.stride.y + b - params.before.y;
      if (column >= params.image.y) { continue; }
      let pixel = row * params.image.y + column;
      let k = key(x[params.x_offset + (first + pixel) * params.channels + c]);
      if (k > best) {
        winner = pixel;
        best = k;
      }
    }
  }
  y[t] = winner; // @slot store
}
