// Mistakes on purpose, in one row of the table at a time, to see how many of them random programs find. A mutant is a CPU
// device in float32 on which that row is wrong.

import { isFloat } from '../../src/core/dtype.ts';
import type { Tensor, TypedArray } from '../../src/index.ts';
import type { Gradient } from '../../src/ops/op.ts';
import { type OpName, table } from '../../src/ops/table.ts';
import { type Watch, WatchedDevice } from './noise.ts';

/** What is done to a result. */
const kernels = {
  /** Off by one in ten thousand; whole numbers and truth values by one. */
  scaled: (y: TypedArray, float: boolean) =>
    y.set(y.map((v) => (float ? v * (1 + 1e-4) : v === 0 ? 1 : v - 1))),
  /** The last element is forgotten. */
  forgotten: (y: TypedArray) => y.fill(0, y.length - 1),
  /** Elements lie in another order, as they would if an axis was mistaken for another. */
  reversed: (y: TypedArray) => y.reverse(),
} satisfies Record<string, (y: TypedArray, float: boolean) => unknown>;

/** What is done to the gradients of a rule. */
const gradients = {
  'gradient scaled': (g: Tensor) => g.mul(1.001),
  'gradient negated': (g: Tensor) => g.neg(),
} satisfies Record<string, (g: Tensor) => Tensor>;

export type Mistake = keyof typeof kernels | keyof typeof gradients;

export interface Mutant {
  readonly op: OpName;
  readonly mistake: Mistake;
}

const isKernel = (mistake: Mistake): mistake is keyof typeof kernels => mistake in kernels;

/** Every mistake in every row that has a kernel, or a rule to make it in. */
export function allMutants(): Mutant[] {
  return Object.entries(table).flatMap(([op, row]) =>
    [...('kernel' in row ? Object.keys(kernels) : []), ...('vjp' in row ? Object.keys(gradients) : [])].map(
      (mistake) => ({ op: op as OpName, mistake: mistake as Mistake }),
    ),
  );
}

/** The device, and whether the mistake has changed anything so far. */
export function mutantDevice({ op, mistake }: Mutant): {
  readonly device: WatchedDevice;
  changed(): boolean;
} {
  let changed = false;
  const watch: Watch = isKernel(mistake)
    ? {
        kernel: (name, { outputs: [{ data, dtype }] }) => {
          if (name !== op) return;
          const before = data.slice();
          kernels[mistake](data, isFloat(dtype));
          changed ||= data.some((v, k) => !Object.is(v, before[k]));
        },
      }
    : {
        gradients: (name, found) =>
          name === op
            ? found.map((g) =>
                wrong(g, gradients[mistake], () => {
                  changed = true;
                }),
              )
            : found,
      };
  return { device: new WatchedDevice(watch), changed: () => changed };
}

function wrong(gradient: Gradient, change: (g: Tensor) => Tensor, tell: () => void): Gradient {
  return (
    gradient &&
    (() => {
      tell();
      return change(typeof gradient === 'function' ? gradient() : gradient);
    })
  );
}
