/** @file Partial sums: several threads share an element of a result, and a second dispatch adds what they leave. */
import reduceSource from '../../shaders/reduce.wgsl?raw';
import { sizeOf } from '../core/shape.ts';
import type { Dispatch, Operand, Storage } from '../device/device.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;

/** y = the sum of the rows of x [rows, size of y]: reduce.wgsl as it stands, with the divisor 1. */
export function sumOfRows(x: Storage, y: Operand, rows: number): Dispatch {
  const size = sizeOf(y.shape);
  const axis = (n: number, stride: number) => [n, stride, 0, 0, ...new Array<number>(20).fill(0)];
  return {
    source: reduceSource,
    shader: 'reduce',
    constants: { WORKGROUP, KEPT: 1, REDUCED: 1 },
    buffers: [
      { storage: y.storage, access: 'read_write' },
      { storage: x, access: 'read' },
    ],
    integers: [size, rows, 1, 1, 0, 0, 0, 0, ...axis(size, 1), ...axis(rows, size)],
    floats: [1],
    workgroups: grid(Math.ceil(size / WORKGROUP)),
    work: rows * size * 4,
  };
}
