/**
 * @file Optimizer updates: the only kernels that change what they are given, the storages of variables and of an
 * optimizer's state, which nobody else sees (dispatch.ts copies first if somebody does). One row an optimizer; one dispatch
 * updates as many variables as the device can bind.
 */
import updateSource from '../../shaders/update.wgsl?raw';
import type { TypedArray } from '../core/dtype.ts';
import { contiguous, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, GpuContext, Kernel, Operand, Simd, Storage } from '../device/device.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;
/** Variables of one dispatch: as many as the parameters have room for. */
const SEGMENTS = 12;

/** What the formulas call their numbers, in order. */
type Numbers = readonly number[];

interface Rule {
  readonly numbers: readonly string[];
  /** Buffers of state, each as long as the variables. */
  readonly slots: number;
  /** Updates element i of w by g; the state's elements are s0[j], s1[j], .... */
  cpu(w: TypedArray, i: number, g: number, state: readonly TypedArray[], j: number, numbers: Numbers): void;
  /** The same for a whole variable, in WebAssembly; false where that cannot be. */
  simd?(simd: Simd, w: CpuOperand, g: CpuOperand, state: readonly CpuOperand[], numbers: Numbers): boolean;
  /** The same: statements on w, g and the state s0[j], s1[j], ... that define `next`. Numbers are fields of params. */
  readonly wgsl: string;
}

export interface UpdateAttrs {
  /** Where each variable's state begins. */
  readonly places: readonly number[];
  /** The rule's numbers now; a captured step asks again whenever it is replayed. */
  numbers(): Numbers;
}

/** Outputs: the buffers of state, then the variables. Inputs: as many gradients. */
function updateKernel(name: string, rule: Rule): Kernel<UpdateAttrs> {
  return {
    cpu: ({ inputs, outputs, attrs: { places, numbers } }, simd) => {
      const slots = outputs.slice(0, rule.slots);
      const state = slots.map((s) => s.data);
      const values = numbers();
      outputs.slice(rule.slots).forEach((w, k) => {
        const g = inputs[k] as CpuOperand;
        const place = (slots[0]?.offset ?? 0) + (places[k] as number);
        const own = slots.map((s) => ({ ...s, ...contiguous(g.shape), offset: place }));
        if (rule.simd?.(simd, w, g, own, values)) return;
        for (let i = 0, end = sizeOf(g.shape); i < end; i++)
          rule.cpu(w.data, w.offset + i, g.data[g.offset + i] as number, state, place + i, values);
      });
    },
    gpu: ({ inputs, outputs, attrs }, context) => {
      const state = outputs.slice(0, rule.slots);
      const segments = outputs.slice(rule.slots).map(
        (w, k): Segment => ({
          w,
          g: inputs[k] as Operand,
          place: (state[0]?.offset ?? 0) + (attrs.places[k] as number),
        }),
      );
      return groups(segments, rule, context).map((group) => dispatchOf(name, rule, group, state, attrs));
    },
  };
}

interface Segment {
  readonly w: Operand;
  readonly g: Operand;
  readonly place: number;
}

/** Each of as many variables as one dispatch can bind, together with the state and the status word. */
function groups(segments: readonly Segment[], rule: Rule, context: GpuContext): Segment[][] {
  const free = context.bindings - rule.slots - 1;
  const found: Segment[][] = [];
  let bound = new Set<Storage>();
  for (const segment of segments) {
    const more = [segment.w.storage, segment.g.storage].filter((s) => !bound.has(s));
    const last = found.at(-1);
    if (last && last.length < SEGMENTS && bound.size + more.length <= free) last.push(segment);
    else {
      found.push([segment]);
      bound = new Set();
    }
    for (const s of [segment.w.storage, segment.g.storage]) bound.add(s);
  }
  return found;
}

function dispatchOf(
  name: string,
  rule: Rule,
  segments: readonly Segment[],
  state: readonly Operand[],
  attrs: UpdateAttrs,
): Dispatch {
  // Vectors may reach into the padding behind a variable and its state; a gradient must begin at one.
  const lanes = segments.every(({ g }) => g.offset % 4 === 0) ? 4 : 1;
  const gradients = [...new Set(segments.map(({ g }) => g.storage))];
  const gradientOf = segments.map(({ g }) => gradients.indexOf(g.storage));
  let end = 0;
  const table = segments.flatMap(({ g, place }) => {
    end += Math.ceil(sizeOf(g.shape) / lanes);
    return [end, g.offset / lanes, place / lanes, 0];
  });
  const padding = new Array<number>(4 * (SEGMENTS - segments.length)).fill(0);
  return {
    source: updateSource,
    shader: 'update',
    key: [name, lanes, ...gradientOf].join(' '),
    slots: slotsOf(rule, lanes, gradientOf, gradients.length),
    constants: { WORKGROUP },
    buffers: [
      ...[...state, ...segments.map(({ w }) => w)].map(({ storage }) => ({
        storage,
        access: 'read_write' as const,
      })),
      ...gradients.map((storage) => ({ storage, access: 'read' as const })),
    ],
    status: true,
    integers: [end, 0, 0, 0, ...table, ...padding],
    floats: attrs.numbers(),
    live: () => ({ floats: attrs.numbers() }),
    workgroups: grid(Math.ceil(end / WORKGROUP)),
    work: end * lanes * 16,
  };
}

function slotsOf(
  { slots, numbers, wgsl }: Rule,
  lanes: number,
  gradientOf: readonly number[],
  gradients: number,
): Record<string, string> {
  const list = (count: number, line: (k: number) => string) =>
    Array.from({ length: count }, (_, k) => line(k));
  const buffer = (binding: number, access: string, name: string) =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<Lanes>;`;
  const variables = gradientOf.length;
  const first = 1 + slots;
  /** The statement for the segment that a thread is in. */
  const choose = (line: (k: number) => string) =>
    `switch s { ${list(variables - 1, (k) => `case ${k}u: { ${line(k)} }`).join(' ')} default: { ${line(variables - 1)} } }`;
  return {
    lanes: `alias Lanes = ${lanes === 4 ? 'vec4f' : 'f32'};`,
    floats: numbers.map((n) => `  ${n}: f32,`).join('\n'),
    weights: [
      ...list(slots, (k) => buffer(1 + k, 'read_write', `s${k}`)),
      ...list(variables, (k) => buffer(first + k, 'read_write', `w${k}`)),
    ].join('\n'),
    gradients: list(gradients, (k) => buffer(first + variables + k, 'read', `g${k}`)).join('\n'),
    state: `@group(0) @binding(${first + variables + gradients}) var<storage, read_write> status: array<atomic<u32>, 4>;`,
    weight: `fn weight(s: u32, i: u32) -> Lanes { ${choose((k) => `return w${k}[i];`)} }`,
    setWeight: `fn setWeight(s: u32, i: u32, w: Lanes) { ${choose((k) => `w${k}[i] = w;`)} }`,
    gradient: `fn gradient(s: u32, i: u32) -> Lanes { ${choose((k) => `return g${gradientOf[k]}[i];`)} }`,
    rule: wgsl,
  };
}

// --- rows ---

/** w ← w − rate · g. */
const descent: Rule = {
  numbers: ['rate'],
  slots: 0,
  cpu: (w, i, g, _, __, [rate = 0]) => {
    w[i] = (w[i] as number) - rate * g;
  },
  wgsl: '  let next = w - params.rate * g;',
};

/** v ← momentum · v − rate · g; w ← w + v, or with Nesterov's look-ahead w + momentum · v − rate · g (Keras' form). */
const momentum = (nesterov: boolean): Rule => ({
  numbers: ['rate', 'momentum'],
  slots: 1,
  cpu: (w, i, g, [velocity], j, [rate = 0, momentum = 0]) => {
    const state = velocity as TypedArray;
    const v = momentum * (state[j] as number) - rate * g;
    state[j] = v;
    w[i] = (w[i] as number) + (nesterov ? momentum * v - rate * g : v);
  },
  wgsl: `  let step = params.rate * g;
  let v = params.momentum * s0[j] - step;
  s0[j] = v;
  let next = w + ${nesterov ? 'params.momentum * v - step' : 'v'};`,
});

/**
 * m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − rate · m / (√v + ε), where rate carries the bias correction:
 * rate = learning rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). Kingma and Ba 2015, with ε where Keras has it: added to √v before the
 * correction.
 */
const adam: Rule = {
  numbers: ['rate', 'away1', 'away2', 'epsilon'], // away is 1 − β
  slots: 2,
  cpu: (w, i, g, [means, squares], j, [rate = 0, away1 = 0, away2 = 0, epsilon = 0]) => {
    const [m, v] = [means as TypedArray, squares as TypedArray];
    const mean = (m[j] as number) + away1 * (g - (m[j] as number));
    const square = (v[j] as number) + away2 * (g * g - (v[j] as number));
    m[j] = mean;
    v[j] = square;
    w[i] = (w[i] as number) - (rate * mean) / (Math.sqrt(square) + epsilon);
  },
  simd: (simd, w, g, [m, v], [rate = 0, away1 = 0, away2 = 0, epsilon = 0]) =>
    simd.adam([w, m as CpuOperand, v as CpuOperand], g, { rate, away1, away2, epsilon }),
  wgsl: `  let m = s0[j] + params.away1 * (g - s0[j]);
  let v = s1[j] + params.away2 * (g * g - s1[j]);
  s0[j] = m;
  s1[j] = v;
  let next = w - params.rate * m / (sqrt(v) + params.epsilon);`,
};

const rules = { sgd: descent, sgdMomentum: momentum(false), sgdNesterov: momentum(true), adam };

export type UpdateName = keyof typeof rules;

/** Buffers of state that each takes. */
export const slotsFor = (name: UpdateName): number => rules[name].slots;

export const updates = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, updateKernel(name, rule)]),
) as Readonly<Record<UpdateName, Kernel<UpdateAttrs>>>;
