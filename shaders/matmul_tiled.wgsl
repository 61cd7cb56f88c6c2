// C = f(A·B + bias): 64 x 64 elements of C a workgroup, 8 x 8 of them a thread, on a GPU whose
// workgroup memory is faster than its caches. matmul.wgsl tells of slices, blocks and lines.
//
// Step by step through k, the 64 threads bring 64 rows of A and 64 columns of B, 16 slices deep, into
// workgroup memory: each thread one 4x4 block of either. Then each thread multiplies blocks from there.
// Its two blocks of rows lie 32 rows apart, and so do its columns: the eight threads of a row then read
// neighbouring vectors, which no two of them find in the same memory bank.

override RAGGED: bool = true; // k is no multiple of 16
override A_ALONG: bool = false; // neighbours in A lie along k: let neighbouring threads load along k
override B_ALONG: bool = false;

const TILE = 64u;
const DEPTH = 16u;
const BLOCKS = TILE / 4;

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
  mask: u32, // where the mask of an operand begins
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> c: array<f32>; // @slot c
@group(0) @binding(2) var<storage, read> a: array<f32>; // @slot a
@group(0) @binding(3) var<storage, read> b: array<f32>; // @slot b
// @slot bias
// @slot mask

// The slice at k of four lines: [k * BLOCKS + lines / 4].
var<workgroup> aTile: array<vec4f, DEPTH * BLOCKS>;
var<workgroup> bTile: array<vec4f, DEPTH * BLOCKS>;

fn activation(x: f32) -> f32 { return x; } // @slot activation

// What is read of an operand; a slot may multiply it by what a mask of the same layout has there.
fn elementA(i: u32) -> f32 { return a[i]; } // @slot elementA
fn elementB(i: u32) -> f32 { return b[i]; } // @slot elementB

fn sliceA(at: vec4u) -> vec4f { return vec4f(elementA(at.x), elementA(at.y), elementA(at.z), elementA(at.w)); } // @slot sliceA
fn sliceB(at: vec4u) -> vec4f { return vec4f(elementB(at.x), elementB(at.y), elementB(at.z), elementB(at.w)); } // @slot sliceB

/** Of four loads the i-th: a slice, or as many elements of line i. */
fn vectorA(at: vec4u, i: u32) -> vec4f { return sliceA(at + i * params.aK); } // @slot vectorA
fn vectorB(at: vec4u, i: u32) -> vec4f { return sliceB(at + i * params.bK); } // @slot vectorB

/** Four slices; `at` says where the elements of the first lie. Those past k may hold anything. */
fn slicesA(at: vec4u) -> mat4x4f {
  var four: mat4x4f;
  four = mat4x4f(vectorA(at, 0), vectorA(at, 1), vectorA(at, 2), vectorA(at, 3)); // @slot loadA
  return four; // @slot turnA
}
fn slicesB(at: vec4u) -> mat4x4f {
  var four: mat4x4f;
  four = mat4x4f(vectorB(at, 0), vectorB(at, 1), vectorB(at, 2), vectorB(at, 3)); // @slot loadB
  return four; // @slot turnB
}

/** The first `count` slices, and zeros: a product with zero would let a NaN or infinity through. */
fn firstOf(slices: mat4x4f, count: i32) -> mat4x4f {
  if (!RAGGED) { return slices; }
  let zero = vec4f();
  return mat4x4f(
    select(zero, slices[0], count > 0),
    select(zero, slices[1], count > 1),
    select(zero, slices[2], count > 2),
    select(zero, slices[3], count > 3),
  );
}

/** Four lines from line `first` on; the last one stands in for those past the edge. */
fn linesFrom(first: u32, count: u32, stride: u32) -> vec4u {
  return min(first + vec4u(0, 1, 2, 3), vec4u(count - 1)) * stride;
}

/** The block of the tile that a thread loads: x counts four lines, y four slices. */
fn share(thread: u32, along: bool) -> vec2u {
  return select(vec2u(thread % BLOCKS, thread / BLOCKS), vec2u(thread / 4, thread % 4), along);
}

fn blockOfA(k: u32, lines: u32) -> mat4x4f {
  let at = k * BLOCKS + lines;
  return mat4x4f(aTile[at], aTile[at + BLOCKS], aTile[at + 2 * BLOCKS], aTile[at + 3 * BLOCKS]);
}
fn blockOfB(k: u32, lines: u32) -> mat4x4f {
  let at = k * BLOCKS + lines;
  return mat4x4f(bTile[at], bTile[at + BLOCKS], bTile[at + 2 * BLOCKS], bTile[at + 3 * BLOCKS]);
}

/** As many of four elements as C has room for. */
fn storeFour(at: u32, room: u32, x: vec4f) {
  for (var j = 0u; j < min(room, 4); j++) { c[at + j] = activation(x[j]); } // @slot store
}

/** What a row of four gets at last, but for the activation: the bias. */
fn finished(x: vec4f, batch: u32, column: u32) -> vec4f { return x; } // @slot finished

/** Column i of the block is row `row + i` of C, from `column` on; `start` says where its matrix lies. */
fn store(block: mat4x4f, start: u32, batch: u32, row: u32, column: u32) {
  if (column >= params.n) { return; }
  for (var i = 0u; i < 4 && row + i < params.m; i++) {
    let x = finished(block[i], batch, column);
    storeFour(start + (row + i) * params.cLine + column, params.n - column, x);
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let across = (params.n + TILE - 1) / TILE;
  let down = (params.m + TILE - 1) / TILE;
  let tile = group.y * groups.x + group.x;
  let column = tile % across * TILE;
  let row = tile / across % down * TILE;
  let batch = tile / across / down;
  if (batch >= params.batch) { return; }

  var aStart = params.a;
  var bStart = params.b;
  var cStart = params.c;
  var rest = batch;
  for (var d = 4u; d > 0 && rest > 0; d--) {
    let i = rest % params.batchShape[d - 1];
    rest /= params.batchShape[d - 1];
    aStart += i * params.aBatch[d - 1];
    bStart += i * params.bBatch[d - 1];
    cStart += i * params.cBatch[d - 1];
  }
  let aShare = share(thread, A_ALONG);
  let bShare = share(thread, B_ALONG);
  let rows = aStart + linesFrom(row + 4 * aShare.x, params.m, params.aLine);
  let columns = bStart + linesFrom(column + 4 * bShare.x, params.n, params.bLine);
  let aSlot = 4 * aShare.y * BLOCKS + aShare.x;
  let bSlot = 4 * bShare.y * BLOCKS + bShare.x;
  let x = thread % 8;
  let y = thread / 8;

  var c00 = mat4x4f();
  var c01 = mat4x4f();
  var c10 = mat4x4f();
  var c11 = mat4x4f();
  for (var k = 0u; k < params.k; k += DEPTH) {
    let aK = k + 4 * aShare.y;
    let bK = k + 4 * bShare.y;
    let aBlock = firstOf(slicesA(rows + aK * params.aK), i32(params.k) - i32(aK));
    let bBlock = firstOf(slicesB(columns + bK * params.bK), i32(params.k) - i32(bK));
    workgroupBarrier(); // the step before has been read
    for (var i = 0u; i < 4; i++) {
      aTile[aSlot + i * BLOCKS] = aBlock[i];
      bTile[bSlot + i * BLOCKS] = bBlock[i];
    }
    workgroupBarrier();
    for (var i = 0u; i < DEPTH; i += 4) {
      let a0 = transpose(blockOfA(i, y));
      let a1 = transpose(blockOfA(i, y + 8));
      let b0 = blockOfB(i, x);
      let b1 = blockOfB(i, x + 8);
      c00 += b0 * a0;
      c01 += b1 * a0;
      c10 += b0 * a1;
      c11 += b1 * a1;
    }
  }

  store(c00, cStart, batch, row + 4 * y, column + 4 * x);
  store(c01, cStart, batch, row + 4 * y, column + 4 * x + 32);
  store(c10, cStart, batch, row + 4 * y + 32, column + 4 * x);
  store(c11, cStart, batch, row + 4 * y + 32, column + 4 * x + 32);
}
