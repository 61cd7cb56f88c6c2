// C = f(A·B + bias): one element of C a thread, for operands of any strides and any element type.
// Integers wrap around. The yardstick that the faster variants are tested with.

override WORKGROUP: u32 = 64;

alias Element = f32; // @slot element

struct Params {
  batchShape: vec4u,
  aBatch: vec4u, // the strides of A, B and C along the batch's axes
  bBatch: vec4u,
  cBatch: vec4u,
  m: u32,
  n: u32,
  k: u32,
  batch: u32,
  a: u32, // offsets
  b: u32,
  c: u32,
  bias: u32,
  aLine: u32, // the strides of A along m and k
  aK: u32,
  bLine: u32, // the strides of B along n and k
  bK: u32,
  cLine: u32, // the stride of C along m
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> c: array<Element>;
@group(0) @binding(2) var<storage, read> a: array<Element>;
@group(0) @binding(3) var<storage, read> b: array<Element>;
// @slot bias

fn activation(x: Element) -> Element { return x; } // @slot activation

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WORKGROUP + id.x;
  let column = index % params.n;
  let row = index / params.n % params.m;
  let batch = index / params.n / params.m;
  if (batch >= params.batch) { return; }

  var i = params.a + row * params.aLine;
  var j = params.b + column * params.bLine;
  var to = params.c + row * params.cLine + column;
  var rest = batch;
  for (var d = 4u; d > 0 && rest > 0; d--) {
    let at = rest % params.batchShape[d - 1];
    rest /= params.batchShape[d - 1];
    i += at * params.aBatch[d - 1];
    j += at * params.bBatch[d - 1];
    to += at * params.cBatch[d - 1];
  }
  var sum = Element();
  for (var k = 0u; k < params.k; k++) {
    sum += a[i] * b[j];
    i += params.aK;
    j += params.bK;
  }
  let shift = Element(); // @slot shift
  c[to] = activation(sum + shift);
}
