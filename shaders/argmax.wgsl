// y[o] = the first j for which x[o, j] is largest, or with the other direction smallest; a NaN goes before everything. As in reduce.wgsl `splits`
// threads share an output; the next pass chooses among the positions that they found.

override WORKGROUP: u32 = 64;
override KEPT: u32 = 6;
override REDUCED: u32 = 6;

struct Params {
  outputs: u32,
  length: u32,
  splits: u32,
  offset: i32,
  kept: array<vec4i, 6>,
  reduced: array<vec4i, 6>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<f32>; // @slot operand
// @slot candidates

fn directed(k: i32) -> i32 { return k; } // @slot direction

// Integers that order as the values do, with −0 = 0 and NaN above all.
fn key(v: f32) -> i32 { return float_key(v); } // @slot key
fn float_key(v: f32) -> i32 {
  let bits = bitcast<i32>(v);
  let ordered = select(bits, -1 - (bits & 0x7fffffff), bits < 0);
  let nan = (bits & 0x7fffffff) > 0x7f800000;
  return select(directed(select(ordered, 0, (bits & 0x7fffffff) == 0)), 0x7fffffff, nan);
}

fn candidate(output: u32, j: u32) -> u32 { return j; } // @slot candidate

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.outputs * params.splits) { return; }
  let output = thread / params.splits;

  var start = params.offset;
  var rest = output;
  for (var d = KEPT; d > 0u; d--) {
    let axis = params.kept[d - 1u];
    start += i32(rest % u32(axis.x)) * axis.y;
    rest /= u32(axis.x);
  }

  var best = 0u;
  var best_key = 0;
  var found = false;
  for (var j = thread % params.splits; j < params.length; j += params.splits) {
    let position = candidate(output, j);
    var at = start;
    var inner = position;
    for (var d = REDUCED; d > 1u; d--) {
      let axis = params.reduced[d - 1u];
      at += i32(inner % u32(axis.x)) * axis.y;
      inner /= u32(axis.x);
    }
    let k = key(x[at + i32(inner) * params.reduced[0].y]);
    if (!found || k > best_key || (k == best_key && position < best)) {
      best = position;
      best_key = k;
      found = true;
    }
  }
  y[thread] = i32(best);
}
