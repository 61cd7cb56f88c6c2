// Philox 4x32-10 (Salmon et al. 2011), as core/random.ts: block n of the stream `key` is a pure function of both. Each
// thread makes one block of four random words; a slot makes them into four numbers of some distribution. The last
// block may reach into the padding that every buffer ends with.

override WORKGROUP: u32 = 64;

struct Params {
  blocks: u32,
  first_low: u32, // the first block's number, 64 bits
  first_high: u32,
  key_low: u32,
  key_high: u32,
  // @slot parameters
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4i>; // @slot result

// The 64-bit product as (high, low), by halves of 16 bits.
fn wide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let cross = a0 * b1 + (middle & 0xffffu);
  return vec2u(a1 * b1 + (middle >> 16u) + (cross >> 16u), a * b);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let p = wide(0xd2511f53u, c.x);
    let q = wide(0xcd9e8d57u, c.z);
    c = vec4u(q.x ^ c.y ^ k.x, q.y, p.x ^ c.w ^ k.y, p.y);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// In [0, 1), multiples of 2^-24: exact.
fn unit(words: vec4u) -> vec4f { return vec4f(words >> vec4u(8u)) * 5.9604644775390625e-8; }

// @slot functions

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.blocks) { return; }
  let low = params.first_low + t;
  let high = params.first_high + select(0u, 1u, low < t);
  let words = philox(vec4u(low, high, 0u, 0u), vec2u(params.key_low, params.key_high));
  y[t] = bitcast<vec4i>(words); // @slot store
}
