/** @file Runs a unary op on a device through the public API, and finds its largest error. */
import { type Device, tensor } from '../../src/index.ts';
import { unaryOps } from './ops.ts';
import type { UnaryName } from './reference.ts';
import { type Worst, worstOf } from './worst.ts';

export async function measure(name: UnaryName, x: Float32Array, device: Device): Promise<Worst> {
  const input = tensor(x, { device });
  const output = unaryOps[name].run(input);
  try {
    return worstOf(name, x, await output.data(), device.kind === 'webgpu');
  } finally {
    input.dispose();
    output.dispose();
  }
}
