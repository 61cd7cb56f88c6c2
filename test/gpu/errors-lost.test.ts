// Tensors of a GPU that is gone: closed by close(), or lost with the GPUDevice that the caller has made. Whatever would
// need it throws the same error, which says what happened; nothing is left behind, and other devices go on.
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  concat,
  type Device,
  DeviceLostError,
  einsum,
  grad,
  init,
  optimizers,
  random,
  type Tensor,
  tensor,
  type Variable,
  variable,
  withDevice,
  zeros,
} from '../../src/index.ts';
import { live, outcome } from '../bad-calls/run.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();
afterAll(testDevice);

interface Gone {
  readonly device: Device;
  readonly x: Tensor;
  readonly k: Tensor;
  readonly v: Variable;
  readonly cpu: Device;
  /** On the CPU. */
  readonly there: Tensor;
}

const calls: [what: string, call: (gone: Gone) => unknown][] = [
  ['add', ({ x }) => x.add(1)],
  ['add as the second operand', ({ x }) => zeros([2], { device: x.device }).add(x)],
  ['sum', ({ x }) => x.sum()],
  ['matmul', ({ x }) => x.matmul(x)],
  ['take', ({ x, k }) => x.take(k)],
  ['take by numbers', ({ x }) => x.take([0, 1])],
  ['softmax', ({ x }) => x.softmax()],
  ['sort', ({ x }) => x.sort()],
  ['var', ({ x }) => x.var()],
  ['concat', ({ x }) => concat([x, x])],
  ['einsum', ({ x }) => einsum('i,i->', x, x)],
  ['astype', ({ x }) => x.astype('int32')],
  ['grad', ({ x }) => grad((t: Tensor) => t.square().sum())(x)],
  ['sgd', ({ x, v }) => optimizers.sgd(1).step([v], [x])],
  ['adam', ({ x, v }) => optimizers.adam(1).step([v], [x])],
  ['data', ({ x }) => x.data()],
  ['array', ({ x }) => x.array()],
  ['print', ({ x }) => x.print()],
  ['to the CPU', ({ x, cpu }) => x.to(cpu)],
  ['to it', ({ device, there }) => there.to(device)],
  ['tensor', ({ device }) => tensor([1], { device })],
  ['zeros', ({ device }) => zeros([1], { device })],
  ['random numbers', ({ device }) => random(1).normal([3], { device })],
  ['withDevice', ({ device }) => withDevice(device, () => tensor([1]))],
  ['flush', ({ device }) => device.flush()],
];

/** What names itself in the errors of calls that are not called as they are described. */
const NAMES: Readonly<Record<string, string>> = {
  'add as the second operand': 'zeros',
  'take by numbers': 'take',
  'to the CPU': 'to',
  'to it': 'to',
  'random numbers': 'normal',
  withDevice: 'tensor',
};

const endings: [how: string, end: (raw: GPUDevice, device: Device) => void, message: RegExp][] = [
  ['closed', (_, device) => device.close(), /^the device was closed, .*await init\(\) for a new one$/],
  ['lost', (raw) => raw.destroy(), /^the WebGPU device was lost \(destroyed.*from host copies$/],
];

describe.each(endings)('a device that was %s', (_, end, message) => {
  let gone: Gone;
  let raw: GPUDevice;
  beforeEach(async () => {
    raw = await gpuDevice();
    const device = await init({ backend: 'webgpu', device: raw });
    const x = tensor([1, 2]);
    const [k, v] = [tensor(Int32Array.of(0, 1)), variable(x)];
    const cpu = await init('cpu');
    gone = { device, x, k, v, cpu, there: tensor([1, 2]) };
    await testDevice();
    end(raw, device);
    await device.lost;
  });
  afterEach(() => {
    gone.v.dispose();
    gone.device.close();
    raw.destroy();
  });

  it('throws, whatever is asked of it, and nothing is lost by that', async () => {
    const before = live();
    const { message: said } = await gone.device.lost;
    expect(said).toMatch(message);
    for (const [what, call] of calls) {
      const { error } = await outcome(() => call(gone));
      expect(error, what).toEqual(new DeviceLostError(`${NAMES[what] ?? what}: ${said}`));
      expect(live(), what).toEqual(before);
    }
    expect(await tensor([1, 2]).add(1).array()).toEqual([2, 3]);
  });

  it('gives its tensors back', () => {
    const { x, k, v } = gone;
    const before = live();
    for (const t of [x, k, v]) t.dispose();
    const after = live();
    expect([before.tensors - after.tensors, before.bytes - after.bytes]).toEqual([3, 16]);
  });
});
