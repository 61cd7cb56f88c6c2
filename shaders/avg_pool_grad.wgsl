// dx[n, r, s, c] = Σ g[n, i, j, c] / (pixels under the place) over the places (i, j) of the window that hold the pixel
// (r, s). One element of dx a thread.

override WORKGROUP: u32 = 64;

struct Params {
  image: vec2u, // rows and columns of dx, as in all pairs
  window: vec2u,
  places: vec2u,
  stride: vec2u,
  dilation: vec2u, // 1
  before: vec2u, // padding
  threads: u32,
  channels: u32,
  g_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;

// How many pixels of the image lie under a place.
fn pixels(place: vec2u) -> u32 {
  let edge = place * params.stride;
  let start = max(edge, params.before) - params.before;
  let size = min(max(edge + params.window, params.before) - params.before, params.image) - start;
  return size.x * size.y;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let c = t % params.channels;
  let number = t / params.channels;
  let n = number / params.image.y / params.image.x;
  let pixel = vec2u(number / params.image.y % params.image.x, number % params.image.y);
  // The places whose window holds the pixel.
  let edge = pixel + params.before;
  let start = (max(edge + 1u, params.window) - params.window + params.stride - 1u) / params.stride;
  let end = min(edge / params.stride + 1u, params.places);

  var total = 0.0;
  for (var i = start.x; i < end.x; i++) {
    for (var j = start.y; j < end.y; j++) {
      let place = (n * params.places.x + i) * params.places.y + j;
      total += g[params.g_offset + place * params.channels + c] / f32(pixels(vec2u(i, j)));
    }
  }
  dx[t] = total;
}
