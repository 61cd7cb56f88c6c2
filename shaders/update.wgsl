// One step of an optimizer for several variables at once. Each is a segment of the threads, or several that follow one
// another everywhere are one; its state lies in a slice of the state's buffers, which hold that of all variables. The rule,
// from the weights w, their gradient g and the state to the next weights and state, is a slot, and so is weight decay; as it
// stands this is plain gradient descent of one variable. While the status word is set, nothing is changed.

override WORKGROUP: u32 = 64;

alias Lanes = f32; alias Bits = u32; // @slot lanes

struct Params {
  threads: u32,
  _0: u32,
  _1: u32,
  _2: u32,
  segments: array<vec4u, 12>, // the first thread behind it; where its gradient, its state and the variable begin, in lanes
  rate: f32, // @slot floats
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w0: array<Lanes>; // @slot weights
@group(0) @binding(2) var<storage, read> g0: array<Lanes>; // @slot gradients
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>, 4>; // @slot state

fn weight(s: u32, i: u32) -> Lanes { return w0[i]; } // @slot weight
fn setWeight(s: u32, i: u32, w: Lanes) { w0[i] = w; } // @slot setWeight
fn gradient(s: u32, i: u32) -> Lanes { return g0[i]; } // @slot gradient

/** A thread's segment, which of them it is, and its first thread. */
struct Found { s: u32, first: u32, segment: vec4u }

/** Goes on behind segment k where the thread lies there. Once for each of them, without a loop: threads stay together. */
fn further(found: Found, thread: u32, k: u32) -> Found {
  let end = params.segments[k].x;
  let past = thread >= end;
  return Found(found.s + u32(past), select(found.first, end, past), select(found.segment, params.segments[k + 1], past));
}

/** The state moves towards a value by a share of the way. */
fn towards(s: Lanes, value: Lanes, share: f32) -> Lanes { return s + share * (value - s); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WORKGROUP + id.x;
  if (thread >= params.threads || atomicLoad(&status[0]) != 0u) { return; }
  var found = Found(0, 0, params.segments[0]);
  // @slot further
  let s = found.s;
  let at = found.segment + thread - found.first;
  let j = at.z;
  let kept = weight(s, at.w);
  let w = kept; // @slot decayed
  let slope = gradient(s, at.y);
  let g = slope; // @slot steeper
  let next = w - params.rate * g; // @slot rule
  setWeight(s, at.w, next);
}
