// Operands that lie in any way in buffers filled with NaN around them, for tests of a kernel alone.
import { broadcastLayout, forEachPlace, type Layout, type Shape } from '../../src/core/shape.ts';
import type { Operand } from '../../src/device/device.ts';
import { type HostStorage, hostStorage } from './run-dispatch.ts';

export interface HostOperand extends Operand {
  readonly storage: HostStorage;
}

/** How a tensor lies in memory: its axes from the slowest on, and what stands between and before. */
export interface Lie {
  readonly shape: Shape;
  readonly order?: readonly number[];
  readonly gap?: number;
  readonly offset?: number;
  readonly step?: number;
}

export function layoutOf({
  shape,
  order = shape.map((_, d) => d),
  gap = 0,
  offset = 0,
  step = 1,
}: Lie): Layout {
  const strides = shape.map(() => 0);
  let by = step;
  for (const d of order.toReversed()) {
    strides[d] = by;
    by = by * (shape[d] as number) + (d === order.at(-1) ? gap : 0);
  }
  return { shape, strides, offset };
}

export function operand(lie: Lie, seed: number, dtype: 'float32' | 'int32' = 'float32'): HostOperand {
  const layout = layoutOf(lie);
  const last = layout.strides.reduce((n, s, d) => n + s * ((layout.shape[d] as number) - 1), layout.offset);
  const data = dtype === 'int32' ? new Int32Array(last + 1).fill(-77) : new Float32Array(last + 1).fill(NaN);
  forEachPlace(layout.shape, [layout], ([at = 0], i) => {
    data[at] = dtype === 'int32' ? i * 7 - seed : Math.fround(Math.sin(i + seed) * 10);
  });
  return { ...layout, dtype, storage: hostStorage(data, dtype) };
}

/** The elements in row-major order, broadcast to a shape. */
export const valuesOf = (x: HostOperand, shape: Shape = x.shape): number[] => {
  const list: number[] = [];
  forEachPlace(shape, [broadcastLayout(x, shape)], ([at = 0]) => {
    list.push(x.storage.data[at] as number);
  });
  return list;
};
