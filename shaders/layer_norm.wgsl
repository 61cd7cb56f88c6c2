// y[r] = (x[r] − mean) / √(variance + epsilon) · gamma + beta, row by row. On a software adapter a thread takes a row; on a
// GPU a workgroup does, whose threads read side by side. Elements go four at a time where rows begin at vectors.

override WORKGROUP: u32 = 64;
override TEAM: u32 = 1; // threads of a row

struct Params {
  rows: u32,
  length: u32, // this and the places count values: elements, or vectors of them
  offset: u32,
  gamma: u32, // of gamma and beta: where they begin, and 0 where one element stands for all
  gamma_step: u32,
  beta: u32,
  beta_step: u32,
  _0: u32,
  count: f32, // elements of a row
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;
@group(0) @binding(2) var<storage, read> x: array<Value>;
@group(0) @binding(3) var<storage, read> gamma: array<Value>; // @slot gamma
@group(0) @binding(4) var<storage, read> beta: array<Value>; // @slot beta

alias Value = f32; // @slot value
fn sum(v: Value) -> f32 { return v; } // @slot sum
fn rsqrt_(v: f32) -> f32 { return inverseSqrt(v); } // @slot math
fn total(v: f32, lane: u32) -> f32 { return v; } // @slot total

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % TEAM;
  let group = id.y * groups.x + id.x;
  let row = group * WORKGROUP + local; // @slot row
  if (row >= params.rows) { return; }
  let first = params.offset + row * params.length;
  let end = first + params.length;

  var part = Value();
  for (var j = first + lane; j < end; j += TEAM) { part += x[j]; }
  let mean = Value(total(sum(part), lane) / params.count);
  var spread = Value();
  for (var j = first + lane; j < end; j += TEAM) {
    let d = x[j] - mean;
    spread += d * d;
  }
  let scale = rsqrt_(total(sum(spread), lane) / params.count + params.epsilon);
  for (var j = lane; j < params.length; j += TEAM) {
    let stretch = Value(gamma[params.gamma + j * params.gamma_step]);
    let shift = Value(beta[params.beta + j * params.beta_step]);
    y[row * params.length + j] = (x[first + j] - mean) * scale * stretch + shift;
  }
}
