/**
 * @file Checks for NaN and Infinity, as kernels. That of `debug({ nan: true })`: an operation's inputs set a flag where one
 * is not finite, and its output is an error where it is not finite although the flag is not set. And that of a value that
 * is watched, such as the loss of a training.
 */
import finiteSource from '../../shaders/finite.wgsl?raw';
import watchSource from '../../shaders/watch.wgsl?raw';
import { nonFiniteError, watchedError } from '../core/messages.ts';
import { sizeOf } from '../core/shape.ts';
import type { Kernel } from '../device/device.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;

/** Input: contiguous float elements. Output: the flag, one integer. The operation's name is what the error says. */
export const finiteKernel: Kernel<'input' | 'output'> = {
  cpu: ({ op, inputs: [x], outputs: [flag], attrs: role }) => {
    const values = x.data.subarray(x.offset, x.offset + sizeOf(x.shape));
    if (flag.data[0] !== 0 || values.every((value) => Number.isFinite(value))) return;
    if (role === 'output') throw nonFiniteError(op);
    flag.data[0] = 1;
  },
  gpu: ({ inputs: [x], outputs: [flag], attrs: role }, context) => {
    const count = sizeOf(x.shape);
    return [
      {
        source: finiteSource,
        shader: 'finite',
        constants: { WORKGROUP },
        buffers: [
          { storage: flag.storage, access: 'read_write' },
          { storage: x.storage, access: 'read' },
        ],
        status: true,
        integers: [count, x.offset, context.opId, Number(role === 'output')],
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count,
      },
    ];
  },
};

/** Input: contiguous float elements. A NaN or Infinity among them is an error that knows the step. */
export const watchKernel: Kernel<() => number> = {
  cpu: ({ op, inputs: [x], attrs: step }) => {
    const values = x.data.subarray(x.offset, x.offset + sizeOf(x.shape));
    if (!values.every((value) => Number.isFinite(value))) throw watchedError(op, step());
  },
  gpu: ({ inputs: [x], attrs: step }, context) => {
    const count = sizeOf(x.shape);
    const { opId } = context;
    const integers = () => [count, x.offset, opId, step()];
    return [
      {
        source: watchSource,
        shader: 'watch',
        constants: { WORKGROUP },
        buffers: [{ storage: x.storage, access: 'read' }],
        status: true,
        integers: integers(),
        live: () => ({ integers: integers() }),
        workgroups: grid(Math.ceil(count / WORKGROUP)),
        work: count,
      },
    ];
  },
};

/** Whether the attributes of an operation hold a number that is not finite: then its output may well be so too. */
export function holdsNonFinite(attrs: unknown): boolean {
  const values = typeof attrs === 'object' && attrs !== null ? Object.values(attrs) : [attrs];
  return values.some((value) => typeof value === 'number' && !Number.isFinite(value));
}
