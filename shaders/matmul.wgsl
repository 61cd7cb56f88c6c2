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
//
// The sum is made of parts: one, or as many as there are threads to share a long one, which leave partial
// results. A convolution is such a product too. conv2d.wgsl says where its rows and its many parts lie.

override WORKGROUP: u32 = 64;
override TALL: u32 = 2; // blocks of four rows a thread: 1, 2 or 4
override WIDE: u32 = 2; // blocks of four columns a thread: 1, 2 or 4
override STEP: u32 = 4; // slices at a time: 4, or 1 where a few are all that there are
override RAGGED: bool = true; // the slices of a part are no multiple of four
override LINE: bool = false; // A is a single row
override ROLLED: bool = false; // loads in loops: a third less to compile, and slower
override FLAT: bool = false; // the epilogue in many copies: quick where there is little else to do
override SUMS: bool = false; // one more row of C, the last: the sums of B's columns
override BATCHED: bool = true; // there is more than one matrix

const NOWHERE = 0xffffffffu;

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
  splits: u32, // threads that share a tile
  cSplit: u32, // from the partial results of one to those of the next
  parts: u32, // of the sum
  shares: u32, // parts for each of the threads that share a tile
  depth: u32, // slices of a part
  bPart: u32, // the stride of B from part to part
  // @slot fields
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

/** Of four loads the i-th: a slice, or as many elements of line i. */
fn vectorA(at: vec4u, i: u32) -> vec4f { return sliceA(at + i * params.aK); } // @slot vectorA
fn vectorB(at: vec4u, i: u32) -> vec4f { return sliceB(at + i * params.bK); } // @slot vectorB

/** Four slices; `at` says where the elements of the first lie. Those past k may hold anything. */
fn slicesA(at: vec4u) -> mat4x4f {
  var four: mat4x4f;
  if (ROLLED) { for (var i = 0u; i < 4; i++) { four[i] = vectorA(at, i); } } else { four = mat4x4f(vectorA(at, 0), vectorA(at, 1), vectorA(at, 2), vectorA(at, 3)); } // @slot loadA
  return four; // @slot turnA
}
fn slicesB(at: vec4u) -> mat4x4f {
  var four: mat4x4f;
  if (ROLLED) { for (var i = 0u; i < 4; i++) { four[i] = vectorB(at, i); } } else { four = mat4x4f(vectorB(at, 0), vectorB(at, 1), vectorB(at, 2), vectorB(at, 3)); } // @slot loadB
  return four; // @slot turnB
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
fn linesFrom(first: u32, count: u32) -> vec4u { return min(first + vec4u(0, 1, 2, 3), vec4u(count - 1)); }

/** Where four rows of A begin. */
struct Rows { at: vec4u } // @slot rows
fn rowsFrom(start: u32, first: u32) -> Rows { return Rows(start + linesFrom(first, params.m) * params.aLine); } // @slot rowsFrom

/** A slot may say here what the parts of one matrix have in common. */
fn spanOf(batch: u32) -> vec4u { return vec4u(); } // @slot spanOf

/** Where the slices of a part begin, in A and in B, as seen from the first slice of all; and how many there are. */
struct Part { a: u32, b: u32, count: u32 } // @slot part
fn partOf(i: u32, span: vec4u) -> Part { let k = min(i * params.depth, params.k); return Part(k * params.aK, k * params.bK, min(params.depth, params.k - k)); } // @slot partOf

/** A slot may say which of four rows have elements from slice k on, and leave out what the others would add to C. */
fn inside(rows: Rows, part: Part, k: u32) -> vec4u { return vec4u(); } // @slot inside
fn kept(terms: vec4f, inside: u32) -> vec4f { return terms; } // @slot kept

/** Four rows of the thread's tile of C, or the blocks of B that they meet. */
struct Band {
  block0: mat4x4f,
  block1: mat4x4f,
  block2: mat4x4f,
  block3: mat4x4f,
}

/** c + b·aᵀ by columns: SwiftShader takes a third longer over a product of two matrices. */
fn plus(c: mat4x4f, b: mat4x4f, slices: mat4x4f, in: vec4u) -> mat4x4f {
  let a = transpose(slices);
  let first = c[0] + kept(b * a[0], in.x);
  if (LINE) { return mat4x4f(first, c[1], c[2], c[3]); }
  return mat4x4f(first, c[1] + kept(b * a[1], in.y), c[2] + kept(b * a[2], in.z), c[3] + kept(b * a[3], in.w));
}

fn accumulate(c: ptr<function, Band>, b: Band, a: mat4x4f, in: vec4u) {
  c.block0 = plus(c.block0, b.block0, a, in);
  if (WIDE > 1) { c.block1 = plus(c.block1, b.block1, a, in); }
  if (WIDE > 2) { c.block2 = plus(c.block2, b.block2, a, in); }
  if (WIDE > 3) { c.block3 = plus(c.block3, b.block3, a, in); }
}

/** The same for a single slice: column i of `b` is that of block i, and the products are outer ones. */
fn plusSlice(c: mat4x4f, b: vec4f, a: vec4f, in: vec4u) -> mat4x4f {
  let first = c[0] + kept(b * a.x, in.x);
  if (LINE) { return mat4x4f(first, c[1], c[2], c[3]); }
  return mat4x4f(first, c[1] + kept(b * a.y, in.y), c[2] + kept(b * a.z, in.z), c[3] + kept(b * a.w, in.w));
}

fn accumulateSlice(c: ptr<function, Band>, b: mat4x4f, a: vec4f, in: vec4u) {
  c.block0 = plusSlice(c.block0, b[0], a, in);
  if (WIDE > 1) { c.block1 = plusSlice(c.block1, b[1], a, in); }
  if (WIDE > 2) { c.block2 = plusSlice(c.block2, b[2], a, in); }
  if (WIDE > 3) { c.block3 = plusSlice(c.block3, b[3], a, in); }
}

/** As many of four elements as C has room for. */
fn storeFour(at: u32, room: u32, x: vec4f) {
  c[at] = activation(x.x); if (room > 1) { c[at + 1] = activation(x.y); } if (room > 2) { c[at + 2] = activation(x.z); } if (room > 3) { c[at + 3] = activation(x.w); } // @slot store
}

/** What a row of four gets at last, but for the activation: the bias. */
fn finished(x: vec4f, batch: u32, column: u32) -> vec4f { return x; } // @slot finished

/** Where a row of C begins. */
fn rowOfC(row: u32, batch: u32) -> u32 { return row * params.cLine; } // @slot rowOfC

/** Four elements of a row, from `column` on; `start` says where the matrix lies. */
fn storeRow(x: vec4f, start: u32, batch: u32, row: u32, column: u32) {
  let at = rowOfC(row, batch);
  if (row < params.m && at != NOWHERE) {
    storeFour(start + at + column, params.n - column, finished(x, batch, column));
  }
}

/** Column i of the block is row `row + i` of C. */
fn store(block: mat4x4f, start: u32, batch: u32, row: u32, column: u32) {
  if (column >= params.n) { return; }
  if (FLAT) {
    storeRow(block[0], start, batch, row, column);
    storeRow(block[1], start, batch, row + 1, column);
    storeRow(block[2], start, batch, row + 2, column);
    storeRow(block[3], start, batch, row + 3, column);
  } else {
    var rest = block;
    for (var i = 0u; i < 4; i++) {
      storeRow(rest[0], start, batch, row + i, column);
      rest = mat4x4f(rest[1], rest[2], rest[3], rest[0]);
    }
  }
}

/** All of a band at once: as many copies of the epilogue as it has blocks. */
fn storeBand(band: Band, start: u32, batch: u32, row: u32, column: u32) {
  store(band.block0, start, batch, row, column);
  if (WIDE > 1) { store(band.block1, start, batch, row, column + 4); }
  if (WIDE > 2) { store(band.block2, start, batch, row, column + 8); }
  if (WIDE > 3) { store(band.block3, start, batch, row, column + 12); }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let across = (params.n + 4 * WIDE - 1) / (4 * WIDE);
  let down = max((params.m + 4 * TALL - 1) / (4 * TALL), 1); // of no rows there may be sums
  let tile = id.y * groups.x * WORKGROUP + id.x;
  let column = tile % across * (4 * WIDE);
  let row = tile / across % down * (4 * TALL);
  let split = tile / across / down % params.splits;
  let batch = tile / across / down / params.splits;
  if (batch >= params.batch) { return; }

  var aStart = params.a;
  var bStart = params.b;
  var cStart = params.c + split * params.cSplit;
  if (BATCHED) {
    var rest = batch;
    for (var d = 4u; d > 0 && rest > 0; d--) {
      let i = rest % params.batchShape[d - 1];
      rest /= params.batchShape[d - 1];
      aStart += i * params.aBatch[d - 1];
      bStart += i * params.bBatch[d - 1];
      cStart += i * params.cBatch[d - 1];
    }
  }
  let rows0 = rowsFrom(aStart, row);
  let rows1 = rowsFrom(aStart, row + 4);
  let rows2 = rowsFrom(aStart, row + 8);
  let rows3 = rowsFrom(aStart, row + 12);
  let columns0 = bStart + linesFrom(column, params.n) * params.bLine;
  let columns1 = bStart + linesFrom(column + 4, params.n) * params.bLine;
  let columns2 = bStart + linesFrom(column + 8, params.n) * params.bLine;
  let columns3 = bStart + linesFrom(column + 12, params.n) * params.bLine;

  var c0 = Band();
  var c1 = Band();
  var c2 = Band();
  var c3 = Band();
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  let span = spanOf(batch);
  { let p = split; // @slot eachPart
    let part = partOf(p, span);
    for (var k = 0u; k < part.count; k += STEP) {
      let i = part.a + k * params.aK;
      let j = part.b + k * params.bK;
      if (STEP == 1) {
        var b: mat4x4f;
        b[0] = sliceB(columns0 + j);
        if (WIDE > 1) { b[1] = sliceB(columns1 + j); }
        if (WIDE > 2) { b[2] = sliceB(columns2 + j); }
        if (WIDE > 3) { b[3] = sliceB(columns3 + j); }
        accumulateSlice(&c0, b, sliceA(rows0.at + i), inside(rows0, part, k));
        if (TALL > 1) { accumulateSlice(&c1, b, sliceA(rows1.at + i), inside(rows1, part, k)); }
        if (TALL > 2) { accumulateSlice(&c2, b, sliceA(rows2.at + i), inside(rows2, part, k)); }
        if (TALL > 3) { accumulateSlice(&c3, b, sliceA(rows3.at + i), inside(rows3, part, k)); }
        continue;
      }
      let count = part.count - k;
      var b: Band;
      b.block0 = firstOf(slicesB(columns0 + j), count);
      if (WIDE > 1) { b.block1 = firstOf(slicesB(columns1 + j), count); }
      if (WIDE > 2) { b.block2 = firstOf(slicesB(columns2 + j), count); }
      if (WIDE > 3) { b.block3 = firstOf(slicesB(columns3 + j), count); }
      accumulate(&c0, b, firstOf(slicesA(rows0.at + i), count), inside(rows0, part, k));
      if (TALL > 1) { accumulate(&c1, b, firstOf(slicesA(rows1.at + i), count), inside(rows1, part, k)); }
      if (TALL > 2) { accumulate(&c2, b, firstOf(slicesA(rows2.at + i), count), inside(rows2, part, k)); }
      if (TALL > 3) { accumulate(&c3, b, firstOf(slicesA(rows3.at + i), count), inside(rows3, part, k)); }
      if (SUMS && row == 0) {
        s0 += b.block0 * vec4f(1);
        if (WIDE > 1) { s1 += b.block1 * vec4f(1); }
        if (WIDE > 2) { s2 += b.block2 * vec4f(1); }
        if (WIDE > 3) { s3 += b.block3 * vec4f(1); }
      }
    }
  }

  if (FLAT) {
    storeBand(c0, cStart, batch, row, column);
    if (TALL > 1) { storeBand(c1, cStart, batch, row + 4, column); }
    return;
  }
  // Otherwise band by band and block by block through the first one: sixteen copies of the epilogue would take longer to
  // compile than all the rest.
  if (TALL == 1 && WIDE == 1) {
    store(c0.block0, cStart, batch, row, column);
  } else {
    for (var i = 0u; i < TALL; i++) {
      for (var j = 0u; j < WIDE; j++) {
        store(c0.block0, cStart, batch, row + 4 * i, column + 4 * j);
        c0 = Band(c0.block1, c0.block2, c0.block3, c0.block0);
      }
      c0 = c1;
      c1 = c2;
      c2 = c3;
    }
  }
  if (SUMS && row == 0) {
    for (var j = 0u; j < WIDE; j++) {
      let first = column + 4 * j;
      if (first < params.n) { storeFour(cStart + params.m * params.cLine + first, params.n - first, s0); }
      s0 = s1;
      s1 = s2;
      s2 = s3;
    }
  }
}
