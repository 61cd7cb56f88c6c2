// y[o] = x[o, 0] ∘ x[o, 1] ∘ ... ∘ x[o, n−1] as in reduce.wgsl, four elements at a time: of one sum, which lies contiguous in
// memory, or (ALONG 0) of four neighbouring sums, which lie across it. `splits` threads share a sum and leave partial
// results. They come [outputs, splits], or [splits, outputs] of sums that lie across.

override WORKGROUP: u32 = 64;
override KEPT: u32 = 6; // axes that stay
override ALONG: u32 = 1;
override LANES: u32 = 4; // threads of a group that take turns

struct Params {
  groups: u32, // of one sum, or of four
  vectors: u32, // whole ones that are reduced in a group
  rest: u32, // elements behind them
  splits: u32,
  each: u32, // vectors of a thread
  offset: i32, // this and all strides count vectors
  step: i32, // from one vector of a group to the next, where they lie across
  _0: u32,
  kept: array<vec4i, 6>, // size and stride
  divisor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // @slot result
@group(0) @binding(2) var<storage, read> x: array<vec4f>; // @slot operand

alias Element = f32; // @slot element
fn identity() -> Element { return 0.0; } // @slot identity
fn combine(a: Element, b: Element) -> Element { return a + b; } // @slot combine
fn finish(total: Element) -> Element { return total / params.divisor; } // @slot finish

alias Vector = vec4<Element>;

fn join(a: Vector, b: Vector) -> Vector {
  return Vector(combine(a.x, b.x), combine(a.y, b.y), combine(a.z, b.z), combine(a.w, b.w));
}

fn finished(total: Vector) -> Element { return finish(combine(combine(total.x, total.y), combine(total.z, total.w))); }
fn store(total: Vector, group: u32, split: u32) { y[group * params.splits + split] = finished(total); } // @slot store

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.groups * params.splits) { return; }
  let group = select(thread % params.groups, thread / params.splits, ALONG == 1u);
  let split = select(thread / params.groups, thread % params.splits, ALONG == 1u);

  var start = params.offset;
  var outer = group;
  for (var d = KEPT; d > 0u; d--) {
    let axis = params.kept[d - 1u];
    start += i32(outer % u32(axis.x)) * axis.y;
    outer /= u32(axis.x);
  }

  // By twos and fours, so that a long sum does not lose its small terms to a large total.
  let first = split / LANES * LANES * params.each + split % LANES;
  let end = min(first + LANES * params.each, params.vectors);
  let apart = select(params.step, 1, ALONG == 1u);
  let step = i32(LANES) * apart;
  var total = Vector(identity());
  var j = first;
  var at = start + i32(first) * apart;
  for (; j + 7u * LANES < end; j += 8u * LANES) {
    let left = join(join(x[at], x[at + step]), join(x[at + 2 * step], x[at + 3 * step]));
    let right = join(join(x[at + 4 * step], x[at + 5 * step]), join(x[at + 6 * step], x[at + 7 * step]));
    total = join(total, join(left, right));
    at += 8 * step;
  }
  for (; j < end; j += LANES) {
    total = join(total, x[at]);
    at += step;
  }
  if (split == 0u && params.rest > 0u) {
    let behind = x[start + i32(params.vectors)];
    total = join(total, select(Vector(identity()), behind, vec4u(0u, 1u, 2u, 3u) < vec4u(params.rest)));
  }
  store(total, group, split);
}
