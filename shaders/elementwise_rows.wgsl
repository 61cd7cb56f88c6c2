// y = f(a, b, ...): one formula over operands of any strides (transposed, sliced, broadcast with stride 0) into a result of
// any strides. A thread takes WIDTH neighbouring elements, one or four, in some rows below one another; what is the same in
// all of them is read once. Of an operand whose memory runs along the rows it reads squares of four vectors.

override WORKGROUP: u32 = 256;
override WIDTH: u32 = 4;
override OUTER: u32 = 4; // axes beside rows and columns
override SIDE: u32 = 8; // threads that lie side by side work on squares of so many of them

struct Axis {
  size: u32,
  result: i32, // the result's stride
  threads: u32, // side by side along the axis
  squares: u32, // of SIDE threads
  operands: vec4i, // the strides of a, b, c, d
}

struct Params {
  threads: u32,
  result: i32, // offsets, in elements
  each: u32, // rows of a thread
  _0: u32,
  operands: vec4i,
  columns: Axis,
  rows: Axis,
  axes: array<Axis, 4>,
  b: f32, // @slot scalars
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // @slot result
@group(0) @binding(2) var<storage, read> a: array<vec4f>; // @slot operands

fn f(a: f32, b: f32) -> f32 { return max(a, b); } // @slot formula

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.threads) { return; }
  let rows = params.rows;
  let columns = params.columns;
  let inside = thread % (SIDE * SIDE);
  let square = thread / (SIDE * SIDE);
  var rest = square / columns.squares;
  let column = (square - rest * columns.squares) * SIDE + inside % SIDE;
  let below = rest;
  rest /= rows.squares;
  let block = (below - rest * rows.squares) * SIDE + inside / SIDE;
  if (column >= columns.threads || block >= rows.threads) { return; }

  let first = block * params.each;
  let end = min(first + params.each, rows.size);
  var at = params.operands + i32(first) * rows.operands + i32(column * WIDTH) * columns.operands;
  var to = params.result + i32(first) * rows.result + i32(column * WIDTH) * columns.result;
  for (var d = 0u; d < OUTER; d++) {
    let axis = params.axes[d];
    let k = i32(rest % axis.size);
    rest /= axis.size;
    at += k * axis.operands;
    to += k * axis.result;
  }
  var a_at = at.x; let b_ = vec4f(params.b); // @slot once
  for (var row = first; row < end; row++) { // @slot rows
    { let a_ = a[a_at >> 2u]; y[to >> 2u] = vec4f(f(a_.x, b_.x), f(a_.y, b_.y), f(a_.z, b_.z), f(a_.w, b_.w)); } // @slot row
    a_at += rows.operands.x; to += rows.result; // @slot next
  }
}
