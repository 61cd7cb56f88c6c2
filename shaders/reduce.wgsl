// y[o] = x[o, 0] ∘ x[o, 1] ∘ ... ∘ x[o, n−1] for an associative ∘: sums and maxima over any axes of a tensor of any
// strides. `splits` threads share one output and leave that many partial results for a further pass: many short sums
// instead of one long one are parallel, deterministic, and lose fewer digits.

override WORKGROUP: u32 = 64;
override KEPT: u32 = 6; // axes that stay
override REDUCED: u32 = 6; // axes that go

const BLOCK = 64u;

struct Params {
  outputs: u32,
  length: u32, // elements reduced into one output
  splits: u32,
  by_output: u32, // 1: neighbouring threads work on neighbouring outputs, 0: on the same one
  offset: i32,
  _0: u32,
  _1: u32,
  _2: u32,
  kept: array<vec4i, 6>, // size and stride
  reduced: array<vec4i, 6>,
  divisor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // @slot result
@group(0) @binding(2) var<storage, read> x: array<f32>; // @slot operand

fn identity() -> f32 { return 0.0; } // @slot identity
fn combine(a: f32, b: f32) -> f32 { return a + b; } // @slot combine
fn finish(total: f32) -> f32 { return total / params.divisor; } // @slot finish

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.outputs * params.splits) { return; }
  let by_output = params.by_output == 1u;
  let output = select(thread / params.splits, thread % params.outputs, by_output);
  let split = select(thread % params.splits, thread / params.outputs, by_output);

  var start = params.offset;
  var rest = output;
  for (var d = KEPT; d > 0u; d--) {
    let axis = params.kept[d - 1u];
    start += i32(rest % u32(axis.x)) * axis.y;
    rest /= u32(axis.x);
  }

  // In blocks, so that a long sum does not lose its small terms to a large total.
  let stride = BLOCK * params.splits;
  var total = identity();
  for (var block = split; block < params.length; block += stride) {
    var part = identity();
    for (var j = block; j < min(block + stride, params.length); j += params.splits) {
      var at = start;
      var inner = j;
      for (var d = REDUCED; d > 1u; d--) {
        let axis = params.reduced[d - 1u];
        at += i32(inner % u32(axis.x)) * axis.y;
        inner /= u32(axis.x);
      }
      part = combine(part, x[at + i32(inner) * params.reduced[0].y]);
    }
    total = combine(total, part);
  }
  y[output * params.splits + split] = finish(total);
}
