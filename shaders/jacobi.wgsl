// One-sided Jacobi: rows of y [n, w], which are finite, are rotated in pairs until their first n entries are orthogonal to
// each other. In a round every row meets one other, as in a round-robin tournament; n - 1 rounds (n odd: n) are a sweep.
// Rounds `first` to `last` are done by one workgroup a matrix, or one round by many. `turned` counts the rotations of
// each sweep: after one without any, the rest do nothing; if the last still had some, the status word is set.

override WORKGROUP: u32 = 64;
override LANES: u32 = 64; // threads that share a pair: a power of two, at most WORKGROUP

struct Params {
  count: u32, // matrices
  n: u32,
  w: u32,
  first: u32,
  last: u32,
  sweeps: u32,
  check: u32, // 1: sets the status word
  op: u32,
  tolerance: f32, // the cosine that counts as 0
  epsilon: f32, // what a row may share with a longer one: rounding errors of entries of about 1
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> turned: array<atomic<i32>>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>, 4>;

var<workgroup> partial: array<vec3f, WORKGROUP>;
var<workgroup> done: u32;

// Who sits at place i in a round: 0 stays, the others move on.
fn player(i: u32, round: u32, others: u32) -> u32 {
  return select(1u + (i - 1u + round) % others, 0u, i == 0u);
}

fn rotate(base: u32, p: u32, q: u32, exists: bool, t: u32, sweep: u32) {
  let lane = t % LANES;
  let row_p = base + p * params.w;
  let row_q = base + q * params.w;
  var squares = vec3f();
  if (exists) {
    for (var k = lane; k < params.n; k += LANES) {
      let a = y[row_p + k];
      let b = y[row_q + k];
      squares += vec3f(a * a, b * b, a * b);
    }
  }
  workgroupBarrier();
  partial[t] = squares;
  workgroupBarrier();
  if (!exists) { return; }
  var sum = vec3f();
  for (var k = 0u; k < LANES; k++) { sum += partial[t - lane + k]; }

  let long = sqrt(select(sum.y, sum.x, sum.x > sum.y));
  let short = sqrt(select(sum.x, sum.y, sum.x > sum.y));
  let most = long * select(params.epsilon, params.tolerance * short, params.tolerance * short > params.epsilon);
  if (abs(sum.z) <= most) { return; }
  let zeta = (sum.y - sum.x) / (2.0 * sum.z);
  let size = abs(zeta);
  // 1 / (|zeta| + sqrt(1 + zeta^2)), whose square may overflow
  let tangent = select(1.0 / (size + sqrt(1.0 + zeta * zeta)), 0.5 / size, size > 1e9) * select(1.0, -1.0, zeta < 0.0);
  let c = 1.0 / sqrt(1.0 + tangent * tangent);
  let s = c * tangent;
  for (var k = lane; k < params.w; k += LANES) {
    let a = y[row_p + k];
    let b = y[row_q + k];
    y[row_p + k] = c * a - s * b;
    y[row_q + k] = s * a + c * b;
  }
  if (lane == 0u) { atomicAdd(&turned[sweep], 1); }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) t: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let pairs = (params.n + 1u) / 2u;
  let others = max(2u * pairs - 1u, 1u);
  let slots = WORKGROUP / LANES;
  for (var matrix = group.y; matrix < params.count; matrix += groups.y) {
    let base = matrix * params.n * params.w;
    let counts = matrix * params.sweeps;
    for (var round = params.first; round < params.last; round++) {
      let sweep = round / others;
      workgroupBarrier();
      if (t == 0u) { done = select(0u, 1u, sweep > 0u && atomicLoad(&turned[counts + max(sweep, 1u) - 1u]) == 0); }
      if (workgroupUniformLoad(&done) == 1u) { break; }
      for (var block = group.x * slots; block < pairs; block += groups.x * slots) {
        let k = block + t / LANES;
        let a = player(k, round % others, others);
        let b = player(2u * pairs - 1u - k, round % others, others);
        let exists = k < pairs && max(a, b) < params.n && a != b;
        rotate(base, min(a, b), max(a, b), exists, t, counts + sweep);
      }
      storageBarrier();
    }
    storageBarrier();
    if (params.check == 1u && group.x == 0u && t == 0u) {
      if (atomicLoad(&turned[counts + params.sweeps - 1u]) != 0 && atomicLoad(&status[0]) == 0u) {
        atomicStore(&status[1], params.op);
        atomicStore(&status[2], params.sweeps);
        atomicStore(&status[0], 5u);
      }
    }
  }
}
