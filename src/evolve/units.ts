/**
 * @file Units whose activation is chosen by a number each: a layer of nets with different activations is one operation.
 * Only activations whose derivative follows from their output: the backward pass needs nothing else.
 */
import { defineOp } from '../define.ts';
import type { Tensor } from '../tensor.ts';

interface Unit {
  readonly cpu: (x: number) => number;
  /** The derivative, by the output. */
  readonly slope: (y: number) => number;
}

/** In the order of `unit_` in math.wgsl; what it takes for any other number comes last. */
const UNITS = {
  /** A unit that is not there: padding. Neither it nor its weights have a gradient. */
  none: { cpu: () => 0, slope: () => 0 },
  relu: { cpu: (x) => (x < 0 ? 0 : x), slope: (y) => (y <= 0 ? 0 : 1) },
  leakyRelu: { cpu: (x) => (x < 0 ? 0.2 * x : x), slope: (y) => (y > 0 ? 1 : 0.2) },
  elu: { cpu: (x) => (x < 0 ? Math.expm1(x) : x), slope: (y) => (y > 0 ? 1 : y + 1) },
  tanh: { cpu: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: {
    cpu: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    slope: (y) => y * (1 - y),
  },
  softsign: {
    cpu: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
    slope: (y) => (1 - Math.abs(y)) ** 2,
  },
  linear: { cpu: (x) => x, slope: () => 1 },
} as const satisfies Record<string, Unit>;

type UnitName = keyof typeof UNITS;

/** Activations that members of a population may have. */
export type PopulationActivation = Exclude<UnitName, 'none'>;

const names = Object.keys(UNITS) as UnitName[];
const units: readonly Unit[] = Object.values(UNITS);

export const activationNames = names.filter((name): name is PopulationActivation => name !== 'none');

/** The number by which a unit's activation goes. */
export const kindOf = (name: UnitName): number => names.indexOf(name);

const slope = defineOp({
  name: 'unitSlope',
  cpu: (y, g, kind) => {
    const s = (units[kind] as Unit).slope(y);
    return s === 0 ? 0 : g * s; // a unit that is off passes no infinity on
  },
  wgsl: 'unit_slope_(a, b, c)',
});

/** f(a + b), where the third operand says by its number which activation f is. */
export const activated: (product: Tensor, bias: Tensor, kinds: Tensor) => Tensor = defineOp({
  name: 'unit',
  cpu: (a, b, kind) => (units[kind] as Unit).cpu(a + b),
  wgsl: 'unit_(a + b, c)',
  vjp: (g, [, , kinds], y) => {
    const dz = slope(y, g, kinds);
    return [dz, dz, null];
  },
});
