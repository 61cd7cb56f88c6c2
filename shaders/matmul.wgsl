// C = f(A·B + bias): one tile of C a thread, kept in registers.
//
// The operands come as slices: four lines (rows of A, columns of B) at one k. Four slices make a 4x4
// matrix whose column i is the slice at k + i, so b * transpose(a) is a sum of four outer products, and
// its column i is row i of C. A thread owns TALL x WIDE such blocks of C: 2 x 2 at most on a GPU, 4 x 4
// on SwiftShader, where a load costs as much as ten multiplications. SwiftShader has no use for
// workgroup memory, and a small product has none anywhere.
//
// Lines past the edge are clamped to the last one before the loop and never stored, so that nothing
// inside the loop asks about bounds. As it stands this file reads operands of any strides; the slots
// bring loads of four neighbours, along k or across the lines, where the layout allows them.

override WORKGROUP: u32 = 64;
override TALL: u32 = 2; // blocks of four rows a thread: 1, 2 or 4
override WIDE: u32 = 2; // blocks of four columns a thread: 1, 2 or 4
override RAGGED: bool = true; // k is no multiple of four
override SUMS: bool = false; // one more row of C, the last: the sums of B's columns

struct Params {
  batchShape: vec4u,
  aBatch: vec4u, // the strides of A and B along the batch's axes
  bBatch: vec4u,
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
  mask: u32, // where the mask of an operand begins
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> c: array<f32>; // @slot c
@group(0) @binding(2) var<storage, read> a: array<f32>; // @slot a
@group(0) @binding(3) var<storage, read> b: array<f32>; // @slot b
// @slot bias
// @slot mask

fn activation(x: f32) -> f32 { return x; } // @slot activation

// What is read of an operand; a slot may multiply it by what a mask of the same layout has there.
fn elementA(i: u32) -> f32 { return a[i]; } // @slot elementA
fn elementB(i: u32) -> f32 { return b[i]; } // @slot elementB

fn sliceA(at: vec4u) -> vec4f { return vec4f(elementA(at.x), elementA(at.y), elementA(at.z), elementA(at.w)); } // @slot sliceA
fn sliceB(at: vec4u) -> vec4f { return vec4f(elementB(at.x), elementB(at.y), elementB(at.z), elementB(at.w)); } // @slot sliceB

/** Four slices; `at` says where the elements of the first lie. Those past k may hold anything. */
fn slicesA(at: vec4u) -> mat4x4f {
  let step = params.aK;
  return mat4x4f(sliceA(at), sliceA(at + step), sliceA(at + 2 * step), sliceA(at + 3 * step)); // @slot slicesA
}
fn slicesB(at: vec4u) -> mat4x4f {
  let step = params.bK;
  return mat4x4f(sliceB(at), sliceB(at + step), sliceB(at + 2 * step), sliceB(at + 3 * step)); // @slot slicesB
}

/** The first `count` slices, and zeros: a product with zero would let a NaN or infinity through. */
fn firstOf(slices: mat4x4f, count: u32) -> mat4x4f {
  if (!RAGGED) { return slices; }
  let zero = vec4f();
  return mat4x4f(
    slices[0],
    select(zero, slices[1], count > 1),
    select(zero, slices[2], count > 2),
    select(zero, slices[3], count > 3),
  );
}

/** Four lines from line `first` on; the last one stands in for those past the edge. */
fn linesFrom(first: u32, count: u32, stride: u32) -> vec4u {
  return min(first + vec4u(0, 1, 2, 3), vec4u(count - 1)) * stride;
}

/** Four rows of the thread's tile of C, or the blocks of B that they meet. */
struct Band {
  block0: mat4x4f,
  block1: mat4x4f,
  block2: mat4x4f,
  block3: mat4x4f,
}

/** c + b·aᵀ by columns: SwiftShader takes a third longer over a product of two matrices. */
fn plus(c: mat4x4f, b: mat4x4f, slices: mat4x4f) -> mat4x4f {
  let a = transpose(slices);
  return mat4x4f(c[0] + b * a[0], c[1] + b * a[1], c[2] + b * a[2], c[3] + b * a[3]);
}

fn accumulate(c: ptr<function, Band>, b: Band, a: mat4x4f) {
  c.block0 = plus(c.block0, b.block0, a);
  if (WIDE > 1) { c.block1 = plus(c.block1, b.block1, a); }
  if (WIDE > 2) { c.block2 = plus(c.block2, b.block2, a); }
  if (WIDE > 3) { c.block3 = plus(c.block3, b.block3, a); }
}

/** Four elements of the row of C that begins at `start`, from `column` on. */
fn storeRow(x: vec4f, start: u32, column: u32) {
  let at = start + column;
  for (var j = 0u; j < 4 && column + j < params.n; j++) { c[at + j] = activation(x[j]); } // @slot store
}

/** Column i of the block is row `row + i` of C, from `column` on. */
fn store(block: mat4x4f, matrix: u32, row: u32, column: u32) {
  let shift = vec4f(); // @slot shift
  for (var i = 0u; i < 4 && row + i < params.m; i++) {
    storeRow(block[i] + shift, matrix + (row + i) * params.n, column);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let across = (params.n + 4 * WIDE - 1) / (4 * WIDE);
  let down = max((params.m + 4 * TALL - 1) / (4 * TALL), 1); // of no rows there may be sums
  let tile = id.y * groups.x * WORKGROUP + id.x;
  let column = tile % across * (4 * WIDE);
  let row = tile / across % down * (4 * TALL);
  let batch = tile / across / down;
  if (batch >= params.batch) { return; }

  var aStart = params.a;
  var bStart = params.b;
  var rest = batch;
  for (var d = 4u; d > 0 && rest > 0; d--) {
    let i = rest % params.batchShape[d - 1];
    rest /= params.batchShape[d - 1];
    aStart += i * params.aBatch[d - 1];
    bStart += i * params.bBatch[d - 1];
  }
  let rows0 = aStart + linesFrom(row, params.m, params.aLine);
  let rows1 = aStart + linesFrom(row + 4, params.m, params.aLine);
  let rows2 = aStart + linesFrom(row + 8, params.m, params.aLine);
  let rows3 = aStart + linesFrom(row + 12, params.m, params.aLine);
  let columns0 = bStart + linesFrom(column, params.n, params.bLine);
  let columns1 = bStart + linesFrom(column + 4, params.n, params.bLine);
  let columns2 = bStart + linesFrom(column + 8, params.n, params.bLine);
  let columns3 = bStart + linesFrom(column + 12, params.n, params.bLine);

  var c0 = Band();
  var c1 = Band();
  var c2 = Band();
  var c3 = Band();
  let sums = SUMS && row == 0;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k = 0u; k < params.k; k += 4) {
    let i = k * params.aK;
    let j = k * params.bK;
    let count = params.k - k;
    var b: Band;
    b.block0 = firstOf(slicesB(columns0 + j), count);
    if (WIDE > 1) { b.block1 = firstOf(slicesB(columns1 + j), count); }
    if (WIDE > 2) { b.block2 = firstOf(slicesB(columns2 + j), count); }
    if (WIDE > 3) { b.block3 = firstOf(slicesB(columns3 + j), count); }
    accumulate(&c0, b, firstOf(slicesA(rows0 + i), count));
    if (TALL > 1) { accumulate(&c1, b, firstOf(slicesA(rows1 + i), count)); }
    if (TALL > 2) { accumulate(&c2, b, firstOf(slicesA(rows2 + i), count)); }
    if (TALL > 3) { accumulate(&c3, b, firstOf(slicesA(rows3 + i), count)); }
    if (sums) {
      s0 += b.block0 * vec4f(1);
      if (WIDE > 1) { s1 += b.block1 * vec4f(1); }
      if (WIDE > 2) { s2 += b.block2 * vec4f(1); }
      if (WIDE > 3) { s3 += b.block3 * vec4f(1); }
    }
  }

  // Band by band and block by block through the first one: sixteen copies of the epilogue would take
  // longer to compile than all the rest.
  let matrix = params.c + batch * params.m * params.n;
  for (var i = 0u; i < TALL; i++) {
    for (var j = 0u; j < WIDE; j++) {
      store(c0.block0, matrix, row + 4 * i, column + 4 * j);
      c0 = Band(c0.block1, c0.block2, c0.block3, c0.block0);
    }
    c0 = c1;
    c1 = c2;
    c2 = c3;
  }
  if (sums) {
    for (var j = 0u; j < WIDE; j++) {
      storeRow(s0, matrix + params.m * params.n, column + 4 * j);
      s0 = s1;
      s1 = s2;
      s2 = s3;
    }
  }
}
