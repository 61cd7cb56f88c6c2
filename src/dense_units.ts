/**
 * @file Dense layers of many nets as one operation, with its gradient: one dispatch forward, and one for each gradient. Not
 * among the tensor's methods: it is for populations.
 */
import { defineOp } from './define.ts';
import { denseUnitsRow, denseUnitsWeightGradRow, UNITS, units } from './ops/dense_units.ts';
import { carryOut } from './ops/dispatch.ts';
import { op } from './ops/op.ts';
import type { Tensor } from './tensor.ts';

/** Activations that units can choose; 'none' is for a unit that is not there. */
export type UnitName = keyof typeof UNITS;

export const unitNames = Object.keys(UNITS) as UnitName[];

/** The number by which a unit's activation goes. */
export const kindOf = (name: UnitName): number => unitNames.indexOf(name);

/** The gradient g where a unit's result is y, before its activation. */
const unitSlope = defineOp({
  name: 'unitSlope',
  cpu: (y, g, kind) => {
    const slope = units[kind]?.slope(y) ?? 0;
    return slope === 0 ? 0 : g * slope; // a unit that is off passes no infinity on
  },
  wgsl: 'unit_slope_(a, b, c)',
});

const weightGrad = op<undefined>({ ...denseUnitsWeightGradRow, differentiable: false });

const layer = op<undefined>({
  ...denseUnitsRow,
  vjp: (g, inputs, y) => {
    const [x, w] = inputs;
    const kinds: Tensor | undefined = inputs[2];
    const from = x.shape.at(-1) as number;
    const dz = kinds ? unitSlope(y, g, kinds) : g;
    return [
      () => dz.matmul(w.slice(null, [0, from]).mT),
      () => carryOut('denseUnits', weightGrad, [x, dz]),
      ...(kinds ? [null] : []),
    ];
  },
  saves: 'both',
});

/**
 * f(x @ w + bias) for P nets, [P, B, out]: x is [B, in] for all, or [P, B, in]; w [P, in + 1, out] has the bias as its last
 * row; kinds [P, 1, out] are the numbers of the units' activations, without which all are linear. Second gradients there are
 * none.
 */
export const denseUnits = (x: Tensor, w: Tensor, kinds?: Tensor): Tensor =>
  carryOut('denseUnits', layer, kinds ? [x, w, kinds] : [x, w]);
