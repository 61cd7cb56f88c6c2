// y[o] = the first j for which x[o, j] is largest, or smallest, as in argmax.wgsl, four elements at a time where they lie
// contiguous in memory. `splits` threads share an output and leave a position each for argmax.wgsl to choose from.

override WORKGROUP: u32 = 64;
override KEPT: u32 = 6; // axes that stay
override LANES: u32 = 4; // threads of an output that take turns

struct Params {
  outputs: u32,
  vectors: u32, // whole ones of an output
  rest: u32, // elements behind them
  splits: u32,
  each: u32, // vectors of a thread
  offset: i32, // this and all strides count vectors
  _0: u32,
  _1: u32,
  kept: array<vec4i, 6>, // size and stride
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>; // @slot operand

fn directed(k: vec4i) -> vec4i { return k; } // @slot direction

// Integers that order as the values do, with −0 = 0 and NaN above all.
fn keys(v: vec4f) -> vec4i { return float_keys(v); } // @slot keys
fn float_keys(v: vec4f) -> vec4i {
  let bits = bitcast<vec4i>(v);
  let size = bits & vec4i(0x7fffffff);
  let ordered = select(size, -size, bits < vec4i(0));
  return select(directed(ordered), vec4i(0x7fffffff), size > vec4i(0x7f800000));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.outputs * params.splits) { return; }
  let output = thread / params.splits;
  let split = thread % params.splits;

  var start = params.offset;
  var rest = output;
  for (var d = KEPT; d > 0u; d--) {
    let axis = params.kept[d - 1u];
    start += i32(rest % u32(axis.x)) * axis.y;
    rest /= u32(axis.x);
  }

  let first = split / LANES * LANES * params.each + split % LANES;
  let end = min(first + LANES * params.each, params.vectors);
  var best = vec4u(first);
  var best_keys = vec4i(-0x7fffffff - 1);
  for (var j = first; j < end; j += LANES) {
    let k = keys(x[start + i32(j)]);
    best = select(best, vec4u(j), k > best_keys);
    best_keys = max(best_keys, k);
  }
  if (split == 0u && params.rest > 0u) {
    let k = keys(x[start + i32(params.vectors)]);
    let wins = (k > best_keys) & (vec4u(0u, 1u, 2u, 3u) < vec4u(params.rest));
    best = select(best, vec4u(params.vectors), wins);
    best_keys = select(best_keys, k, wins);
  }

  let positions = best * 4u + vec4u(0u, 1u, 2u, 3u);
  var position = positions.x;
  var key = best_keys.x;
  for (var c = 1; c < 4; c++) {
    let wins = best_keys[c] > key || (best_keys[c] == key && positions[c] < position);
    position = select(position, positions[c], wins);
    key = select(key, best_keys[c], wins);
  }
  y[thread] = i32(min(position, params.vectors * 4u + params.rest - 1u));
}
