// y[o, e, i] = Σ g[o, j, i] over the j with indices[o, j, i] = e: the gradient of gather. One thread an output adds in
// the order of j, so the sum is the same every time: it looks through all indices of its line, or where the indices are
// many and come sorted (`order`, stable), finds its own by binary search.

override WORKGROUP: u32 = 64;
override SORTED: bool = false;

struct Params {
  count: u32,
  inner: u32,
  picked: u32, // indices of a line
  entries: u32,
  offset: u32, // of g
  indices_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read> order: array<i32>;

// The j-th index of the line, counted from the front.
fn index_at(line: u32, j: u32) -> i32 {
  let index = indices[params.indices_offset + line + j * params.inner];
  return select(index, index + i32(params.entries), index < 0);
}

fn position(line: u32, k: u32) -> u32 {
  if (SORTED) { return u32(order[line + k * params.inner]); }
  return k;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.count) { return; }
  let i = t % params.inner;
  let e = i32((t / params.inner) % params.entries);
  let o = t / params.inner / params.entries;
  let line = o * params.picked * params.inner + i;

  var first = 0u;
  if (SORTED) {
    var high = params.picked;
    while (first < high) {
      let middle = (first + high) / 2u;
      if (index_at(line, position(line, middle)) < e) { first = middle + 1u; } else { high = middle; }
    }
  }
  var total = 0.0;
  for (var k = first; k < params.picked; k++) {
    let j = position(line, k);
    if (index_at(line, j) == e) {
      total += g[params.offset + line + j * params.inner];
    } else if (SORTED) {
      break;
    }
  }
  y[t] = total;
}
