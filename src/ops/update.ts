/**
 * @file Optimizer updates: the only kernels that change what they are given. The outputs are variables' storages, which
 * nobody else sees (dispatch.ts copies first if somebody does).
 */
import adamSource from '../../shaders/adam.wgsl?raw';
import sgdSource from '../../shaders/sgd.wgsl?raw';
import { sizeOf } from '../core/shape.ts';
import type { AdamRates, Dispatch, Kernel, Operand } from '../device/device.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;

function updateDispatch(
  shader: string,
  source: string,
  targets: readonly Operand[],
  g: Operand,
  integers: readonly number[],
  floats: readonly number[],
): Dispatch {
  const count = sizeOf(g.shape);
  return {
    source,
    shader,
    constants: { WORKGROUP },
    buffers: [
      ...targets.map(({ storage }) => ({ storage, access: 'read_write' as const })),
      { storage: g.storage, access: 'read' },
    ],
    status: true,
    integers: [count, ...integers],
    floats,
    workgroups: grid(Math.ceil(count / WORKGROUP)),
    work: count * 16,
  };
}

export interface SgdStep {
  readonly rate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Targets: w, velocity. Input: the gradient. */
const sgd: Kernel<SgdStep> = {
  cpu: ({ inputs: [g], outputs: [w, velocity], attrs: { rate, momentum, nesterov } }) => {
    for (let i = 0, end = sizeOf(g.shape); i < end; i++) {
      const step = rate * (g.data[g.offset + i] as number);
      const v = momentum * (velocity.data[i] as number) - step;
      velocity.data[i] = v;
      w.data[i] = (w.data[i] as number) + (nesterov ? momentum * v - step : v);
    }
  },
  gpu: ({ inputs: [g], outputs, attrs: { rate, momentum, nesterov } }) => [
    updateDispatch('sgd', sgdSource, outputs, g, [nesterov ? 1 : 0, g.offset], [rate, momentum]),
  ],
};

/** Targets: w, first moment, second moment. Input: the gradient. */
const adam: Kernel<AdamRates> = {
  cpu: ({ inputs: [g], outputs, attrs }, simd) => {
    if (simd.adam(outputs, g, attrs)) return;
    const [w, m, v] = outputs;
    const { rate, beta1, beta2, epsilon } = attrs;
    for (let i = 0, end = sizeOf(g.shape); i < end; i++) {
      const slope = g.data[g.offset + i] as number;
      const mean = (m.data[i] as number) + (1 - beta1) * (slope - (m.data[i] as number));
      const square = (v.data[i] as number) + (1 - beta2) * (slope * slope - (v.data[i] as number));
      m.data[i] = mean;
      v.data[i] = square;
      w.data[i] = (w.data[i] as number) - (rate * mean) / (Math.sqrt(square) + epsilon);
    }
  },
  gpu: ({ inputs: [g], outputs, attrs: { rate, beta1, beta2, epsilon } }) => [
    updateDispatch('adam', adamSource, outputs, g, [g.offset], [rate, 1 - beta1, 1 - beta2, epsilon]),
  ],
};

export const updates = { sgd, adam };
