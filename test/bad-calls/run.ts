// Makes a bad call, and looks whether anything is left of it.
import { concat, type Memory, memory, scope, type Tensor } from '../../src/index.ts';
import { visitTensors } from '../../src/tree.ts';
import type { Given } from './table.ts';

export const live = (): Pick<Memory, 'tensors' | 'bytes'> => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

export interface Outcome {
  /** What was thrown, or rejected with. */
  readonly error?: unknown;
  /** What came out instead. */
  readonly value?: unknown;
}

export async function outcome(call: () => unknown): Promise<Outcome> {
  try {
    const value = call();
    return { value: value instanceof Promise ? await value : value };
  } catch (error) {
    return { error };
  }
}

/** As `outcome`, with what lived before and afterwards; what came out is disposed but for what was given. */
export async function traced(call: () => unknown, given: Given) {
  const before = live();
  const found = await outcome(call);
  const own = new Set<unknown>(Object.values(given));
  visitTensors(found.value, (t) => {
    if (!own.has(t)) t.dispose();
  });
  return { ...found, before, after: live() };
}

/** Everything that was given, read at once behind some new work on it: what bad calls must not have changed. */
export async function contents(given: Given): Promise<number[]> {
  const { x, y, v, w, s, k, mask, half, square, image, ones, p, q } = given;
  const all = scope(() => {
    const untouched = [x, y, v, w, s, k, mask, half, square, image, ones, p, q];
    return concat([...untouched, x.matmul(square)].map((t: Tensor) => t.astype('float32').flatten()));
  });
  const values = [...(await all.data())];
  all.dispose();
  return values;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** What `contents` must be: x, y, v, w, s, k, mask, half, square, image, ones, p, q, and x @ square. */
export const CONTENTS = [
  ...[...upTo(6), ...upTo(6), ...upTo(3), ...upTo(2), 7, 0, 1, 1, 0, 1, 2, ...upTo(9), ...upTo(12), 1],
  ...[...upTo(2), ...upTo(3), 30, 36, 42, 66, 81, 96],
];
