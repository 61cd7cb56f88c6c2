// One pass of a stable merge sort of indices along the middle axis of [outer, n, inner]. The first pass sorts blocks of
// BLOCK entries by counting: an entry's place is the number of entries that go before it. Every later pass merges runs
// of `width` in pairs, on ties the left run first. A thread writes ITEMS entries of the merged run: a binary search
// finds how many of the entries before them come from the left run (merge path, Green et al. 2012), then it merges as
// usual. Keys travel along with the indices.

override WORKGROUP: u32 = 64;
override BLOCK: u32 = 16;
override ITEMS: u32 = 16; // divides 2 BLOCK
override FIRST: bool = true;
override LAST: bool = false; // nobody reads the keys any more
override FLOAT: bool = true;
override DESCENDING: bool = false;

struct Params {
  threads: u32,
  inner: u32,
  n: u32,
  width: u32,
  offset: u32, // of the values, in the first pass
  wrap: i32, // added to negative whole numbers: indices that count from the end
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> order: array<i32>;
@group(0) @binding(2) var<storage, read_write> keys: array<i32>;
@group(0) @binding(3) var<storage, read> order_before: array<i32>;
@group(0) @binding(4) var<storage, read> keys_before: array<i32>; // in the first pass the values, floats by their bits

// Whole numbers that order as the values do, with -0 = 0 and NaN above all.
fn key(v: i32) -> i32 {
  let magnitude = v & 0x7fffffff;
  var k = v + select(0, params.wrap, v < 0);
  if (FLOAT) {
    k = select(v, select(-1 - magnitude, 0, magnitude == 0), v < 0);
    k = select(k, 0x7fffffff, magnitude > 0x7f800000);
  }
  return select(k, ~k, DESCENDING);
}

// Finds the place of entry p of the line among the BLOCK entries around it.
fn count(line: u32, p: u32) {
  let first = params.offset + line;
  let k = key(keys_before[first + p * params.inner]);
  let start = p - p % BLOCK;
  var place = start;
  for (var j = start; j < min(start + BLOCK, params.n); j++) {
    let other = key(keys_before[first + j * params.inner]);
    if (other < k || (other == k && j < p)) { place++; }
  }
  order[line + place * params.inner] = i32(p);
  if (!LAST) { keys[line + place * params.inner] = k; }
}

// Writes the entries from p on of the line, merged.
fn merge(line: u32, p: u32) {
  let inner = params.inner;
  let start = p - p % (2u * params.width);
  let left = line + start * inner;
  let left_size = min(params.width, params.n - start);
  let right = left + left_size * inner;
  let right_size = min(params.width, params.n - start - left_size);

  let before = p - start;
  var a = before - min(before, right_size);
  var high = min(before, left_size);
  while (a < high) {
    let middle = (a + high) / 2u;
    if (keys_before[left + middle * inner] <= keys_before[right + (before - 1u - middle) * inner]) {
      a = middle + 1u;
    } else {
      high = middle;
    }
  }
  var b = before - a;

  var key_a = keys_before[left + a * inner];
  var key_b = keys_before[right + b * inner];
  for (var q = p; q < min(p + ITEMS, params.n); q++) {
    let from_left = a < left_size && (b >= right_size || key_a <= key_b);
    let at = select(right + b * inner, left + a * inner, from_left);
    order[line + q * inner] = order_before[at];
    if (!LAST) { keys[line + q * inner] = select(key_b, key_a, from_left); }
    let next = keys_before[at + inner];
    if (from_left) {
      a++;
      key_a = next;
    } else {
      b++;
      key_b = next;
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = id.y * groups.x * WORKGROUP + id.x;
  if (t >= params.threads) { return; }
  let parts = select((params.n + ITEMS - 1u) / ITEMS, params.n, FIRST); // threads a line
  let i = t % params.inner;
  let part = (t / params.inner) % parts;
  let line = t / params.inner / parts * params.n * params.inner + i; // the place of the line's first entry
  if (FIRST) {
    count(line, part);
  } else {
    merge(line, part * ITEMS);
  }
}
