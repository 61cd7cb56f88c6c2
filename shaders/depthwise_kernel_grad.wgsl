// dw[a, b, o] = Σ x[n, i·stride + a·dilation − before, ..., o / each] · g[n, i, j, o] over images n and places (i, j):
// every channel of x makes `each` of y. One element of dw a thread, or four that neighbour in o; `splits` threads share
// them, each with every splits-th row of g, and leave that many partial sums [splits, a, b, o].

override WORKGROUP: u32 = 64;

alias Lanes = f32; // @slot lanes

struct Params {
  image: vec2u, // rows and columns of x, as in all pairs
  kernel: vec2u,
  places: vec2u, // of g
  stride: vec2u,
  dilation: vec2u,
  before: vec2u, // padding
  threads: u32,
  in_channels: u32, // in elements of x
  out_channels: u32, // in lanes
  each: u32, // in lanes
  x_offset: u32, // in elements of x
  g_offset: u32, // in lanes
  rows: u32, // of g, over all images
  splits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dw: array<Lanes>;
@group(0) @binding(2) var<storage, read> x: array<f32>; // @slot x
@group(0) @binding(3) var<storage, read> g: array<Lanes>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let tap = t / params.out_channels;
  let o = t - tap * params.out_channels;
  let row_of_taps = tap / params.kernel.y;
  let right = (tap - row_of_taps * params.kernel.y) * params.dilation.y;
  let split = row_of_taps / params.kernel.x;
  let down = (row_of_taps - split * params.kernel.x) * params.dilation.x;
  let channel = params.x_offset + o / params.each;

  var total = Lanes();
  for (var line = split; line < params.rows; line += params.splits) {
    let n = line / params.places.x;
    let i = line - n * params.places.x;
    let row = i * params.stride.x + down - params.before.x; // above the image: wraps to far below it
    if (row >= params.image.x) { continue; }
    let start = channel + (n * params.image.x + row) * params.image.y * params.in_channels;
    let at = params.g_offset + line * params.places.y * params.out_channels + o;
    var part = Lanes(); // rows first: short sums lose fewer digits
    for (var j = 0u; j < params.places.y; j++) {
      let column = j * params.stride.y + right - params.before.y;
      if (column >= params.image.y) { continue; }
      part += x[start + column * params.in_channels] * g[at + j * params.out_channels];
    }
    total += part;
  }
  dw[t] = total;
}
