// y[n, i, j, c] = the mean of x under each place of the window; padding does not count. One element of y a thread.

override WORKGROUP: u32 = 64;

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
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let c = t % params.channels;
  let number = t / params.channels;
  let n = number / params.places.y / params.places.x;
  let place = vec2u(number / params.places.y % params.places.x, number % params.places.y);
  // The pixels under the window.
  let edge = place * params.stride;
  let start = max(edge, params.before) - params.before;
  let end = min(max(edge + params.window, params.before) - params.before, params.image);

  var total = 0.0;
  for (var row = start.x; row < end.x; row++) {
    for (var column = start.y; column < end.y; column++) {
      let pixel = (n * params.image.x + row) * params.image.y + column;
      total += x[params.x_offset + pixel * params.channels + c];
    }
  }
  let size = end - start;
  y[t] = total / f32(size.x * size.y);
}
