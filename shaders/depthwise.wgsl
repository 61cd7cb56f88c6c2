// y[n, i, j, o] = Σ x[n, i·stride + a·dilation − before, ..., o / each] · w[a, b, o] over the kernel's places (a, b):
// every channel of x makes `each` of y. Padding adds nothing. A thread makes neighbouring pixels of a row of y, which
// share what is read of w, and of them one channel, or four neighbouring ones. Slots add a bias, and apply an activation.

override WORKGROUP: u32 = 64;
override PIXELS: u32 = 1; // a thread: 1, 2 or 4

alias Lanes = f32; // @slot lanes

struct Params {
  image: vec2u, // rows and columns of x, as in all pairs
  kernel: vec2u,
  places: vec2u, // of y
  stride: vec2u,
  dilation: vec2u,
  before: vec2u, // padding
  threads: u32,
  in_channels: u32, // in elements of x
  out_channels: u32, // in lanes
  each: u32, // in lanes
  x_offset: u32, // in elements of x
  w_offset: u32, // in lanes
  bias: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Lanes>;
@group(0) @binding(2) var<storage, read> x: array<f32>; // @slot x
@group(0) @binding(3) var<storage, read> w: array<Lanes>;
// @slot bias

fn activation(x: f32) -> f32 { return x; } // @slot activation

fn store(at: u32, total: Lanes, o: u32) {
  let shift = Lanes(); // @slot shift
  let z = total + shift;
  y[at] = activation(z); // @slot store
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let across = (params.places.y + PIXELS - 1) / PIXELS; // threads for a row
  let run = t / params.out_channels;
  let o = t - run * params.out_channels;
  let line = run / across;
  let j = (run - line * across) * PIXELS;
  let n = line / params.places.x;
  let i = line - n * params.places.x;
  let channel = params.x_offset + o / params.each;
  let kernel = params.w_offset + o;
  let width = params.image.y;
  let stride = params.stride.y;

  var total0 = Lanes();
  var total1 = Lanes();
  var total2 = Lanes();
  var total3 = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let row = i * params.stride.x + a * params.dilation.x - params.before.x; // above the image: wraps to far below it
    if (row >= params.image.x) { continue; }
    let start = channel + (n * params.image.x + row) * width * params.in_channels;
    for (var b = 0u; b < params.kernel.y; b++) {
      let column = j * stride + b * params.dilation.y - params.before.y;
      let weight = w[kernel + (a * params.kernel.y + b) * params.out_channels];
      if (column < width) { total0 += x[start + column * params.in_channels] * weight; }
      if (PIXELS > 1 && column + stride < width) { total1 += x[start + (column + stride) * params.in_channels] * weight; }
      if (PIXELS > 2 && column + 2 * stride < width) { total2 += x[start + (column + 2 * stride) * params.in_channels] * weight; }
      if (PIXELS > 2 && column + 3 * stride < width) { total3 += x[start + (column + 3 * stride) * params.in_channels] * weight; }
    }
  }
  let at = (line * params.places.y + j) * params.out_channels + o;
  store(at, total0, o);
  if (PIXELS > 1 && j + 1 < params.places.y) { store(at + params.out_channels, total1, o); }
  if (PIXELS > 2 && j + 2 < params.places.y) { store(at + 2 * params.out_channels, total2, o); }
  if (PIXELS > 2 && j + 3 < params.places.y) { store(at + 3 * params.out_channels, total3, o); }
}
