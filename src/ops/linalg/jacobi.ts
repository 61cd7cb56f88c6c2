/**
 * @file One-sided Jacobi rotations (Hestenes 1958): rotates the rows of x [..., n, w] in pairs until their first n entries
 * are orthogonal to each other, as far as entries of about 1 have digits; all are finite. On WebGPU disjoint pairs at
 * once, in the order of a round-robin tournament.
 */
import jacobiSource from '../../../shaders/jacobi.wgsl?raw';
import { convergenceError } from '../../core/messages.ts';
import type { Shape } from '../../core/shape.ts';
import type { Dispatch, Kernel } from '../../device/device.ts';
import { dtypeRules, tensorInput } from '../op.ts';
import { copy, fill, scratch, stackOf, WHOLE, workgroupOf } from './stacks.ts';

/** In each every row meets every other once. Random matrices need 8 of 64 rows, 10 of 256, 11 of 512. */
const SWEEPS = 20;
/** The loops end by themselves, and digits of float64 take more. */
const MOST_SWEEPS = 30;
const EPSILON = 2 ** -52;

/** The cosine between rows that counts as 0, in the arithmetic that it is computed in. */
const tolerance = (n: number, epsilon: number): number => Math.max(8, 2 * Math.sqrt(n)) * epsilon;

/** Turns rows p and q of y to be orthogonal, the longer one first; whether they were not. */
function rotate(y: Float64Array, n: number, w: number, p: number, q: number): boolean {
  let [pp, qq, pq] = [0, 0, 0];
  for (let k = 0; k < n; k++) {
    const [a, b] = [y[p * w + k] as number, y[q * w + k] as number];
    pp += a * a;
    qq += b * b;
    pq += a * b;
  }
  const [long, short] = [Math.sqrt(Math.max(pp, qq)), Math.sqrt(Math.min(pp, qq))];
  let [c, s] = [1, 0];
  if (Math.abs(pq) > long * Math.max(tolerance(n, EPSILON) * short, EPSILON)) {
    const zeta = (qq - pp) / (2 * pq);
    const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    c = 1 / Math.sqrt(1 + t * t);
    s = c * t;
  }
  if (pp < 0.9 * qq) [c, s] = [s, -c]; // as converges soon in this order of pairs (de Rijk 1989); near ones stay
  if (c === 1 && s === 0) return false;
  for (let k = 0; k < w; k++) {
    const [a, b] = [y[p * w + k] as number, y[q * w + k] as number];
    y[p * w + k] = c * a - s * b;
    y[q * w + k] = s * a + c * b;
  }
  return true;
}

const kernel: Kernel<undefined> = {
  cpu: ({ op, inputs: [x], outputs: [y] }) => {
    const { count, rows: n, columns: w } = stackOf(x.shape);
    const size = n * w;
    for (let b = 0; b < count; b++) {
      const rows = new Float64Array(size);
      for (let k = 0; k < size; k++) rows[k] = x.data[x.offset + b * size + k] as number;
      let turned = true;
      for (let sweep = 0; turned; sweep++) {
        if (sweep === MOST_SWEEPS) throw convergenceError(op, MOST_SWEEPS);
        turned = false;
        for (let p = 0; p < n; p++)
          for (let q = p + 1; q < n; q++) turned = rotate(rows, n, w, p, q) || turned;
      }
      y.data.set(rows, b * size);
    }
  },
  gpu: ({ inputs: [x], outputs: [y] }, context) => {
    const { count, rows: n, columns: w } = stackOf(x.shape);
    const pairs = Math.ceil(n / 2);
    const rounds = Math.max(2 * pairs - 1, 1);
    const whole = n <= WHOLE;
    const workgroup = workgroupOf(context);
    // Threads that share a pair.
    const least = workgroup / Math.min(2 ** Math.ceil(Math.log2(pairs)), workgroup);
    const lanes = whole || context.info.software ? least : workgroup;
    const turned = scratch(context, 'int32', [count, SWEEPS]);
    const some = (first: number, last: number, groups: number, check: boolean): Dispatch => ({
      source: jacobiSource,
      shader: 'jacobi',
      key: `${workgroup} ${lanes}`,
      constants: { WORKGROUP: workgroup, LANES: lanes },
      buffers: [
        { storage: y.storage, access: 'read_write' },
        { storage: turned.storage, access: 'read_write' },
      ],
      status: true,
      integers: [count, n, w, first, last, SWEEPS, Number(check), context.opId],
      floats: [tolerance(n, 2 ** -23), 2 ** -23],
      workgroups: [groups, Math.min(count, 65535)],
      work: (count * (last - first) * pairs * 12 * w) / (whole ? 3 : 1), // most sweeps find nothing to do
    });
    const begin = [copy(x, y, context), fill(0, turned, context)];
    if (whole) return [...begin, some(0, rounds * SWEEPS, 1, true)];
    const list = Array.from({ length: rounds * SWEEPS }, (_, r) =>
      some(r, r + 1, Math.ceil((pairs * lanes) / workgroup), false),
    );
    return [...begin, ...list, some(0, 0, 1, true)];
  },
};

export const jacobi = {
  parse: (name: string, [x]: readonly unknown[]) => ({
    inputs: [tensorInput(name, x)],
    attrs: undefined,
  }),
  dtypes: dtypeRules.float,
  shape: (_: string, [shape]: readonly [Shape, ...unknown[]]) => shape,
  kernel,
  differentiable: false as const,
};
