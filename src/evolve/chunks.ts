/**
 * @file Which members train together: as few dispatches as can be, without computing too much padding, and within the memory
 * that there is. By structure and adapter alone, never by the clock. Pure.
 */
import type { Device } from '../device/device.ts';
import { type Ends, type Member, pairs, widthsOf } from './member.ts';
import { type FloatType, widthsOfStack } from './padding.ts';

/** What a chunk must fit to. */
export interface Room {
  readonly device: Pick<Device, 'kind' | 'info' | 'bindableBytes'>;
  readonly dtype: FloatType;
  /** Examples at once. */
  readonly batch: number;
  /** Arrays that are held for each weight: its value, its gradient, the optimizer's. */
  readonly perWeight: number;
  /** Bytes that a chunk may take. */
  readonly memory: number;
}

/** Multiplications that take as long as the host and the device need for the dispatches of a step, whatever is in them. */
const overheadOf = ({ kind, info }: Room['device']): number =>
  kind === 'webgpu' && !info.software ? 2 ** 28 : 2 ** 21;

/** Tensors of a layer's outputs that live at once in a step: before and after the activation, and their gradients. */
const PER_OUTPUT = 4;

interface Need {
  /** Of all tensors of a step, and of the largest one. */
  readonly bytes: number;
  readonly largest: number;
}

/** Memory that a step of `count` members in a stack of these widths takes. */
export function needOf(
  count: number,
  widths: readonly number[],
  { batch, dtype, perWeight }: Omit<Room, 'device' | 'memory'>,
): Need {
  const size = dtype === 'float64' ? 8 : 4;
  const sizes = pairs(widths).map(([from, to]) => ({ weights: (from + 1) * to, outputs: batch * to }));
  const weights = sizes.reduce((sum, s) => sum + s.weights, 0);
  const outputs = sizes.reduce((sum, s) => sum + s.outputs, 0);
  const widest = Math.max(...sizes.map((s) => s.outputs));
  return {
    bytes: size * count * (perWeight * weights + PER_OUTPUT * outputs),
    largest: size * count * Math.max(weights, widest), // the optimizer's state lies in one tensor
  };
}

interface Group {
  readonly indices: readonly number[];
  readonly widths: readonly number[];
  readonly cost: number;
}

/** Lists of places in `members`, each of which trains as one. */
export function chunksOf(members: readonly Member[], ends: Ends, room: Room): number[][] {
  const overhead = overheadOf(room.device);
  const groupOf = (indices: readonly number[], distinct: readonly number[]): Group => {
    const widths = widthsOfStack(
      distinct.map((k) => members[k] as Member),
      ends,
    );
    const products = pairs(widths).reduce((sum, [from, to]) => sum + from * to, 0);
    return { indices, widths, cost: overhead + 3 * products * room.batch * indices.length };
  };
  const fits = (count: number, widths: readonly number[]) => {
    const { bytes, largest } = needOf(count, widths, room);
    return bytes <= room.memory && largest <= room.device.bindableBytes;
  };
  const groups = alike(members, ends).flatMap((indices) => {
    const { widths } = groupOf(indices, indices.slice(0, 1));
    let most = indices.length;
    while (most > 1 && !fits(most, widths)) most = Math.ceil(most / 2);
    return Array.from({ length: Math.ceil(indices.length / most) }, (_, k) => {
      const part = indices.slice(k * most, (k + 1) * most);
      return groupOf(part, part.slice(0, 1));
    });
  });
  for (;;) {
    const merged = groups.slice(1).map((b, k) => {
      const a = groups[k] as Group;
      const both = [...a.indices, ...b.indices];
      const whole = groupOf(both, both);
      const saves = fits(both.length, whole.widths) ? a.cost + b.cost - whole.cost : 0;
      return { whole, saves };
    });
    const best = merged.reduce((top, { saves }, k) => (saves > (merged[top]?.saves ?? 0) ? k : top), -1);
    if (best < 0) return groups.map(({ indices }) => [...indices]);
    groups.splice(best, 2, (merged[best] as (typeof merged)[number]).whole);
  }
}

/** Members of one structure together, structures that are near each other side by side. */
function alike(members: readonly Member[], ends: Ends): number[][] {
  const found = new Map<string, number[]>();
  members.forEach((member, k) => {
    const key = widthsOf(member, ends).join();
    const list = found.get(key) ?? [];
    list.push(k);
    found.set(key, list);
  });
  const widths = ([k]: number[]) => widthsOf(members[k as number] as Member, ends);
  return [...found.values()].sort((a, b) => {
    const [v, w] = [widths(a), widths(b)];
    if (v.length !== w.length) return v.length - w.length;
    const differs = v.findIndex((n, d) => n !== w[d]);
    return differs < 0 ? 0 : (v[differs] as number) - (w[differs] as number);
  });
}
