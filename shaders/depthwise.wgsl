// y[n, i, j, o] = Σ x[n, i·stride + a·dilation − before, ..., o / each] · w[a, b, o] over the kernel's places (a, b):
// every channel of x makes `each` of y. Padding is 0. One pixel of y a thread, and one of its channels, or four
// neighbouring ones. Slots add a bias, and apply an activation.

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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let place = t / params.out_channels;
  let o = t - place * params.out_channels;
  let line = place / params.places.y;
  let j = place - line * params.places.y;
  let n = line / params.places.x;
  let i = line - n * params.places.x;
  let channel = params.x_offset + o / params.each;
  let kernel = params.w_offset + o;

  var total = Lanes();
  for (var a = 0u; a < params.kernel.x; a++) {
    let row = i * params.stride.x + a * params.dilation.x - params.before.x; // above the image: wraps to far below it
    if (row >= params.image.x) { continue; }
    for (var b = 0u; b < params.kernel.y; b++) {
      let column = j * params.stride.y + b * params.dilation.y - params.before.y;
      if (column >= params.image.y) { continue; }
      let pixel = (n * params.image.x + row) * params.image.y + column;
      let tap = a * params.kernel.y + b;
      total += x[channel + pixel * params.in_channels] * w[kernel + tap * params.out_channels];
    }
  }
  let shift = Lanes(); // @slot shift
  let z = total + shift;
  y[t] = activation(z); // @slot store
}
