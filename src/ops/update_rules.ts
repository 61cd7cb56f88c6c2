/**
 * @file The formulas of optimizers, a row each, written twice: for the CPU, and in WGSL. Where Keras and PyTorch place
 * the same number differently, a row has a number for either place, and one of them is 0 or 1.
 */
import type { TypedArray } from '../core/dtype.ts';
import type { CpuOperand, Simd } from '../device/device.ts';

/** What the formulas call their numbers, in order. */
export type Numbers = readonly number[];

/** Weight decay: the weights shrink before the update (decoupled), or the gradient grows by a share of them (l2). */
export type Decay = 'decoupled' | 'l2';

export interface Rule {
  readonly numbers: readonly string[];
  /** Buffers of state, each as long as the variables. */
  readonly slots: number;
  /** Updates element i of w by g; the state's elements are s0[j], s1[j], .... */
  cpu(w: TypedArray, i: number, g: number, state: readonly TypedArray[], j: number, numbers: Numbers): void;
  /** The same for a whole variable, in WebAssembly; false where that cannot be. */
  simd?(simd: Simd, w: CpuOperand, g: CpuOperand, state: readonly CpuOperand[], numbers: Numbers): boolean;
  /**
   * The same: statements on w, g and the state s0[j], s1[j], ... that define `next`. Numbers are fields of params. Each
   * element of the state is read once: loads take longest to compile.
   */
  readonly wgsl: string;
}

/** w ← w − rate · g. */
const descent: Rule = {
  numbers: ['rate'],
  slots: 0,
  cpu: (w, i, g, _, __, [rate = 0]) => {
    w[i] = (w[i] as number) - rate * g;
  },
  wgsl: '  let next = w - params.rate * g;',
};

/**
 * v ← momentum · v + gain · g; w ← w − rate · v, or with Nesterov's look-ahead w − rate · (momentum · v + gain · g). Keras has
 * the learning rate in the gain, PyTorch in the rate.
 */
const momentum = (nesterov: boolean): Rule => ({
  numbers: ['rate', 'gain', 'momentum'],
  slots: 1,
  cpu: (w, i, g, [velocity], j, [rate = 0, gain = 0, momentum = 0]) => {
    const state = velocity as TypedArray;
    const v = momentum * (state[j] as number) + gain * g;
    state[j] = v;
    w[i] = (w[i] as number) - rate * (nesterov ? momentum * v + gain * g : v);
  },
  wgsl: `  let step = params.gain * g;
  let v = params.momentum * s0[j] + step;
  s0[j] = v;
  let next = w - params.rate * ${nesterov ? '(params.momentum * v + step)' : 'v'};`,
});

/**
 * v ← v + (1 − ρ)(g² − v); w ← w − rate · gain · g / (√(v + inner) + outer) (Hinton 2012). Centered: v less the square of the
 * gradients' mean a ← a + (1 − ρ)(g − a), which rounding must not make negative. With momentum: b ← momentum · b +
 * gain · g / (...), and w ← w − rate · b. Epsilon is inner in Keras, outer in PyTorch; the learning rate is in the gain or
 * the rate.
 */
const rmsprop = (centered: boolean, momentum: boolean): Rule => {
  const buffer = centered ? 2 : 1;
  return {
    numbers: ['rate', 'gain', 'away', 'inner', 'outer', ...(momentum ? ['momentum'] : [])],
    slots: 1 + Number(centered) + Number(momentum),
    cpu: (w, i, g, state, j, [rate = 0, gain = 0, away = 0, inner = 0, outer = 0, momentum = 0]) => {
      const v = towards(state, 0, j, g * g, away);
      const spread = centered ? Math.max(v - towards(state, 1, j, g, away) ** 2, 0) : v;
      let step = (gain * g) / (Math.sqrt(spread + inner) + outer);
      const velocity = state[buffer];
      if (velocity) {
        step += momentum * (velocity[j] as number);
        velocity[j] = step;
      }
      w[i] = (w[i] as number) - rate * step;
    },
    wgsl: `  let v = towards(s0[j], g * g, params.away);
  s0[j] = v;
  ${centered ? 'let mean = towards(s1[j], g, params.away); s1[j] = mean;' : ''}
  let spread = ${centered ? 'max(v - mean * mean, Lanes(0.0))' : 'v'};
  let own = params.gain * g / (sqrt(spread + params.inner) + params.outer);
  ${momentum ? `let step = own + params.momentum * s${buffer}[j]; s${buffer}[j] = step;` : 'let step = own;'}
  let next = w - params.rate * step;`,
  };
};

/** The state moves towards a value by a share of the way. */
function towards(
  state: readonly TypedArray[],
  slot: number,
  j: number,
  value: number,
  share: number,
): number {
  const s = state[slot] as TypedArray;
  const next = (s[j] as number) + share * (value - (s[j] as number));
  s[j] = next;
  return next;
}

/** v ← v + g²; w ← w − rate · g / (√(v + inner) + outer) (Duchi, Hazan and Singer 2011); epsilon as in rmsprop. */
const adagrad: Rule = {
  numbers: ['rate', 'inner', 'outer'],
  slots: 1,
  cpu: (w, i, g, [squares], j, [rate = 0, inner = 0, outer = 0]) => {
    const state = squares as TypedArray;
    const v = (state[j] as number) + g * g;
    state[j] = v;
    w[i] = (w[i] as number) - (rate * g) / (Math.sqrt(v + inner) + outer);
  },
  wgsl: `  let v = s0[j] + g * g;
  s0[j] = v;
  let next = w - params.rate * g / (sqrt(v + params.inner) + params.outer);`,
};

/** v ← v + (1 − ρ)(g² − v); d = g · √(u + ε) / √(v + ε); u ← u + (1 − ρ)(d² − u); w ← w − rate · d (Zeiler 2012). */
const adadelta: Rule = {
  numbers: ['rate', 'away', 'epsilon'],
  slots: 2,
  cpu: (w, i, g, state, j, [rate = 0, away = 0, epsilon = 0]) => {
    const v = towards(state, 0, j, g * g, away);
    const d = (g * Math.sqrt((state[1]?.[j] as number) + epsilon)) / Math.sqrt(v + epsilon);
    towards(state, 1, j, d * d, away);
    w[i] = (w[i] as number) - rate * d;
  },
  wgsl: `  let v = towards(s0[j], g * g, params.away);
  s0[j] = v;
  let u = s1[j];
  let d = g * sqrt(u + params.epsilon) / sqrt(v + params.epsilon);
  s1[j] = towards(u, d * d, params.away);
  let next = w - params.rate * d;`,
};

/**
 * m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − rate · m / (√v + ε), where rate carries the bias correction:
 * rate = learning rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). Kingma and Ba 2015, with ε where Keras has it: added to √v before the
 * correction. AMSGrad (Reddi, Kale and Kumar 2018): the largest v so far in place of v.
 */
const adam = (amsgrad: boolean): Rule => ({
  numbers: ['rate', 'away1', 'away2', 'epsilon'], // away is 1 − β
  slots: amsgrad ? 3 : 2,
  cpu: (w, i, g, state, j, [rate = 0, away1 = 0, away2 = 0, epsilon = 0]) => {
    const m = towards(state, 0, j, g, away1);
    const v = towards(state, 1, j, g * g, away2);
    w[i] = (w[i] as number) - (rate * m) / (Math.sqrt(amsgrad ? largest(state, 2, j, v) : v) + epsilon);
  },
  ...(amsgrad
    ? {}
    : {
        simd: (simd, w, g, [m, v], [rate = 0, away1 = 0, away2 = 0, epsilon = 0]) =>
          simd.adam([w, m as CpuOperand, v as CpuOperand], g, { rate, away1, away2, epsilon }),
      }),
  wgsl: `  let m = towards(s0[j], g, params.away1);
  let v = towards(s1[j], g * g, params.away2);
  s0[j] = m;
  s1[j] = v;
  ${amsgrad ? 'let largest = max(s2[j], v); s2[j] = largest;' : 'let largest = v;'}
  let next = w - params.rate * m / (sqrt(largest) + params.epsilon);`,
});

/** The state becomes a value that is larger. */
function largest(state: readonly TypedArray[], slot: number, j: number, value: number): number {
  const s = state[slot] as TypedArray;
  const next = Math.max(s[j] as number, value);
  s[j] = next;
  return next;
}

/** m as in adam; u ← max(β₂ · u, |g| + inner); w ← w − rate · m / (u + outer). Kingma and Ba 2015, section 7; epsilon is outer in Keras, inner in PyTorch. */
const adamax: Rule = {
  numbers: ['rate', 'away1', 'beta2', 'inner', 'outer'],
  slots: 2,
  cpu: (w, i, g, state, j, [rate = 0, away1 = 0, beta2 = 0, inner = 0, outer = 0]) => {
    const m = towards(state, 0, j, g, away1);
    const [, norms] = state as [TypedArray, TypedArray];
    const u = Math.max(beta2 * (norms[j] as number), Math.abs(g) + inner);
    norms[j] = u;
    w[i] = (w[i] as number) - (rate * m) / (u + outer);
  },
  wgsl: `  let m = towards(s0[j], g, params.away1);
  let u = max(params.beta2 * s1[j], abs(g) + params.inner);
  s0[j] = m;
  s1[j] = u;
  let next = w - params.rate * m / (u + params.outer);`,
};

/** m and v as in adam; w ← w − (rateM · m + rateG · g) / (√(scale · v) + ε): Nesterov's look-ahead (Dozat 2016). */
const nadam: Rule = {
  numbers: ['rateM', 'rateG', 'away1', 'away2', 'scale', 'epsilon'],
  slots: 2,
  cpu: (w, i, g, state, j, [rateM = 0, rateG = 0, away1 = 0, away2 = 0, scale = 0, epsilon = 0]) => {
    const m = towards(state, 0, j, g, away1);
    const v = towards(state, 1, j, g * g, away2);
    w[i] = (w[i] as number) - (rateM * m + rateG * g) / (Math.sqrt(scale * v) + epsilon);
  },
  wgsl: `  let m = towards(s0[j], g, params.away1);
  let v = towards(s1[j], g * g, params.away2);
  s0[j] = m;
  s1[j] = v;
  let next = w - (params.rateM * m + params.rateG * g) / (sqrt(params.scale * v) + params.epsilon);`,
};

/** w ← w − rate · sign(m + (1 − β₁)(g − m)); m ← m + (1 − β₂)(g − m) (Chen et al. 2023). The sign of a NaN is one, which WGSL does not promise. */
const lion: Rule = {
  numbers: ['rate', 'away1', 'away2'],
  slots: 1,
  cpu: (w, i, g, state, j, [rate = 0, away1 = 0, away2 = 0]) => {
    const m = state[0]?.[j] as number;
    w[i] = (w[i] as number) - rate * Math.sign(m + away1 * (g - m));
    towards(state, 0, j, g, away2);
  },
  wgsl: `  let m = s0[j];
  let c = towards(m, g, params.away1);
  s0[j] = towards(m, g, params.away2);
  let next = w - params.rate * select(sign(c), c, (bitcast<Bits>(c) & Bits(0x7fffffffu)) > Bits(0x7f800000u));`,
};

/**
 * For populations, whose members differ: descent where each weight has a learning rate and an L2 factor of its own, in the
 * last two slots, which stay as they are.
 */
const descentEach: Rule = {
  numbers: [],
  slots: 2,
  cpu: (w, i, g, state, j) => {
    const [rate, share] = each(state, 0, j);
    w[i] = (w[i] as number) - rate * (g + share * (w[i] as number));
  },
  wgsl: '  let next = w - s0[j] * (g + s1[j] * w);',
};

/** The same of Adam: `rate` is what the bias correction makes of a learning rate of 1. */
const adamEach: Rule = {
  numbers: ['rate', 'away1', 'away2', 'epsilon'],
  slots: 4,
  cpu: (w, i, g, state, j, [rate = 0, away1 = 0, away2 = 0, epsilon = 0]) => {
    const [own, share] = each(state, 2, j);
    const slope = g + share * (w[i] as number);
    const m = towards(state, 0, j, slope, away1);
    const v = towards(state, 1, j, slope * slope, away2);
    w[i] = (w[i] as number) - (rate * own * m) / (Math.sqrt(v) + epsilon);
  },
  wgsl: `  let steep = g + s3[j] * w;
  let m = towards(s0[j], steep, params.away1);
  let v = towards(s1[j], steep * steep, params.away2);
  s0[j] = m;
  s1[j] = v;
  let next = w - params.rate * s2[j] * m / (sqrt(v) + params.epsilon);`,
};

/** A weight's own learning rate and L2 factor, from a slot and the one behind it. */
const each = (state: readonly TypedArray[], slot: number, j: number): [rate: number, share: number] => [
  state[slot]?.[j] as number,
  state[slot + 1]?.[j] as number,
];

export const updateRules = {
  sgd: descent,
  sgdEach: descentEach,
  sgdMomentum: momentum(false),
  sgdNesterov: momentum(true),
  rmsprop: rmsprop(false, false),
  rmspropMomentum: rmsprop(false, true),
  rmspropCentered: rmsprop(true, false),
  rmspropCenteredMomentum: rmsprop(true, true),
  adagrad,
  adadelta,
  adam: adam(false),
  adamAmsgrad: adam(true),
  adamEach,
  adamax,
  nadam,
  lion,
};

export type UpdateName = keyof typeof updateRules;

/** Buffers of state that each takes. */
export const slotsFor = (name: UpdateName): number => updateRules[name].slots;
