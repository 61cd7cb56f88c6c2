// softmax(x)[r] = exp(x[r] − m) / Σ exp(x[r'] − m) with m = max x: one thread a row. Rows lie `inner` apart; those that lie
// contiguous in memory go four elements at a time.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  length: u32, // this and the offset count values: elements, or vectors of them
  inner: u32,
  offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;
@group(0) @binding(2) var<storage, read> x: array<Value>;

fn exp_(v: f32) -> f32 { return exp(v); } fn max_(a: f32, b: f32) -> f32 { return max(a, b); } // @slot math
alias Value = f32; // @slot value
fn higher(a: Value, b: Value) -> Value { return max_(a, b); } // @slot higher
fn highest(v: Value) -> f32 { return v; } // @slot highest
fn power(v: Value) -> Value { return exp_(v); } // @slot power
fn sum(v: Value) -> f32 { return v; } // @slot sum
fn result(shifted: Value, total: f32) -> Value { return power(shifted) / total; } // @slot result

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP + id.x;
  if (row >= params.rows) { return; }
  let start = row / params.inner * params.inner * params.length + row % params.inner;
  let end = start + params.length * params.inner;

  var top = x[params.offset + start];
  for (var at = start + params.inner; at < end; at += params.inner) {
    top = higher(top, x[params.offset + at]);
  }
  let m = highest(top);
  var total = Value();
  for (var at = start; at < end; at += params.inner) {
    total += power(x[params.offset + at] - m);
  }
  let scale = sum(total);
  for (var at = start; at < end; at += params.inner) {
    y[at] = result(x[params.offset + at] - m, scale);
  }
}
