// y = f(a, b, ...): one formula over operands of any strides (transposed, sliced, broadcast with stride 0) into a result of
// any strides. A thread takes WIDTH neighbouring elements, one or four, in some rows below one another; what is the same in
// all of them is read once. Of an operand whose memory runs along the rows it reads squares of four vectors.

override WORKGROUP: u32 = 256;
override WIDTH: u32 = 4;
override SIDE: u32 = 8; // threads that lie side by side work on squares of so many of them

struct Axis {
  size: u32,
  result: i32, // the result's stride
  _0: u32,
  _1: u32,
  operands: vec4i, // the strides of a, b, c, d
}

struct Params {
  threads: u32,
  result: i32, // offsets, in elements
  rows: u32, // of a thread
  rank: u32, // two axes or more: the last is that of the columns, the last but one that of the rows
  operands: vec4i,
  axes: array<Axis, 6>,
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
  let rows = params.axes[params.rank - 2u];
  let columns = params.axes[params.rank - 1u];
  let wide = (columns.size + WIDTH - 1u) / WIDTH;
  let tall = (rows.size + params.rows - 1u) / params.rows;
  let inside = thread % (SIDE * SIDE);
  var rest = thread / (SIDE * SIDE);
  let squares = (wide + SIDE - 1u) / SIDE;
  let column = rest % squares * SIDE + inside % SIDE;
  rest /= squares;
  let below = (tall + SIDE - 1u) / SIDE;
  let block = rest % below * SIDE + inside / SIDE;
  rest /= below;
  if (column >= wide || block >= tall) { return; }

  let first = block * params.rows;
  let end = min(first + params.rows, rows.size);
  var at = params.operands + i32(first) * rows.operands + i32(column * WIDTH) * columns.operands;
  var to = params.result + i32(first) * rows.result + i32(column * WIDTH) * columns.result;
  for (var d = params.rank - 2u; d > 0u; d--) {
    let axis = params.axes[d - 1u];
    let k = i32(rest % axis.size);
    rest /= axis.size;
    at += k * axis.operands;
    to += k * axis.result;
  }
  let b_ = vec4f(params.b); // @slot once
  for (var row = first; row < end; row++) { // @slot rows
    { let a_ = a[at.x >> 2u]; y[to >> 2u] = vec4f(f(a_.x, b_.x), f(a_.y, b_.y), f(a_.z, b_.z), f(a_.w, b_.w)); } // @slot row
    at += rows.operands; to += rows.result; // @slot next
  }
}
