/**
 * @file Nets of different widths and depths in tensors of one shape. A layer is as wide as the widest member's, and what a
 * member lacks is zero; hidden layers that it lacks are identities, behind its own: h·I + 0 = h to the last bit. Pure.
 */
import { hostArray, type TypedArray } from '../core/dtype.ts';
import { kindOf } from '../dense_units.ts';
import { type Ends, type Member, pairs, widthsOf } from './member.ts';

/** A layer's kernel [from, to] and bias [to] on the host. */
export interface HostLayer {
  readonly kernel: TypedArray;
  readonly bias: TypedArray;
}

export type FloatType = 'float32' | 'float64';

/** Where the layers of a member lie among those of the stack: undefined for one that it lacks. */
export function slotsOf({ hidden }: Pick<Member, 'hidden'>, depth: number): (number | undefined)[] {
  const own = Array.from({ length: depth }, (_, k) => (k < hidden.length ? k : undefined));
  return [...own, hidden.length];
}

/** Widths of a member in a stack of `depth` hidden layers: those that it lacks are as wide as its last. */
const spread = (member: Member, ends: Ends, depth: number): number[] => {
  const widths = widthsOf(member, ends);
  const last = widths[member.hidden.length] as number;
  return [...widths.slice(0, -1), ...Array<number>(depth - member.hidden.length).fill(last), ends.outputs];
};

/** Inputs, hidden layers and outputs of a stack that has room for all the members. */
export function widthsOfStack(members: readonly Member[], ends: Ends): number[] {
  const depth = Math.max(...members.map(({ hidden }) => hidden.length));
  const all = members.map((member) => spread(member, ends, depth));
  return (all[0] as number[]).map((_, k) => Math.max(...all.map((widths) => widths[k] as number)));
}

/** A matrix in the corner of a larger one that begins at `at`; or back. */
function copyCorner(
  [rows, columns]: readonly [number, number],
  width: number,
  at: number,
  copy: (small: number, large: number) => void,
): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) copy(r * columns + c, at + r * width + c);
}

/**
 * What a layer of the stack holds, [P, from + 1, to], from those of the members. Where a member lacks it, `lacking` gives the
 * kernel's diagonal: 1 for weights, so that it is an identity, 0 for what belongs to weights.
 */
export function stacked(
  members: readonly Member[],
  ends: Ends,
  widths: readonly number[],
  layer: number,
  dtype: FloatType,
  of: (member: number, layer: number) => HostLayer,
  lacking: 0 | 1,
): TypedArray {
  const [from, to] = pairs(widths)[layer] as [number, number];
  const weights = hostArray(dtype, members.length * (from + 1) * to, 'population');
  members.forEach((member, p) => {
    const at = p * (from + 1) * to;
    const own = slotsOf(member, widths.length - 2)[layer];
    if (own === undefined) {
      const units = widthsOf(member, ends)[member.hidden.length] as number;
      for (let i = 0; i < units; i++) weights[at + i * to + i] = lacking;
      return;
    }
    const { kernel, bias } = of(p, own);
    const size = pairs(widthsOf(member, ends))[own] as [number, number];
    copyCorner(size, to, at, (small, large) => {
      weights[large] = kernel[small] as number;
    });
    weights.set(bias, at + from * to);
  });
  return weights;
}

/** The layers of one member out of those of the stack. */
export function unstacked(
  member: Member,
  p: number,
  ends: Ends,
  widths: readonly number[],
  dtype: FloatType,
  arrays: readonly TypedArray[],
): HostLayer[] {
  const own = pairs(widthsOf(member, ends));
  return slotsOf(member, widths.length - 2).flatMap((k, layer) => {
    if (k === undefined) return [];
    const [from, to] = pairs(widths)[layer] as [number, number];
    const size = own[k] as [number, number];
    const weights = arrays[layer] as TypedArray;
    const at = p * (from + 1) * to;
    const kernel = hostArray(dtype, size[0] * size[1], 'population');
    copyCorner(size, to, at, (small, large) => {
      kernel[small] = weights[large] as number;
    });
    const bias = at + from * to;
    return [{ kernel, bias: weights.slice(bias, bias + size[1]) }];
  });
}

/** The kinds of a hidden layer's units, [P, 1, to]: 'none' where there is only padding. */
export function kindsOf(
  members: readonly Member[],
  ends: Ends,
  widths: readonly number[],
  layer: number,
  dtype: FloatType,
): TypedArray {
  const to = widths[layer + 1] as number;
  const kinds = hostArray(dtype, members.length * to, 'population').fill(kindOf('none'));
  members.forEach((member, p) => {
    const own = slotsOf(member, widths.length - 2)[layer];
    const last = widthsOf(member, ends)[member.hidden.length] as number;
    const { units, activation } = member.hidden[own ?? -1] ?? { units: last, activation: 'linear' };
    kinds.fill(kindOf(activation), p * to, p * to + units);
  });
  return kinds;
}
