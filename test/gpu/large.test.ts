// Tensors larger than a binding may be: what can be done in parts is, with the same result; what cannot says so at the
// call. The adapter's limit is made small, and no binding may be larger.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/core/shape.ts';
import {
  concat,
  type Device,
  grad,
  init,
  memory,
  OutOfMemoryError,
  optimizers,
  random,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  where,
  withDevice,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';
import { differs, read, withoutLeak } from '../samples/run.ts';
import { gpuDevice } from './device.ts';

freeAfterEach();

/** Bytes that one binding of the small device holds: 512 numbers. */
const BINDABLE = 2048;

let raw: GPUDevice;
let small: Device;
let cpu: Device;
const bound: number[] = [];

beforeAll(async () => {
  raw = await gpuDevice();
  const limits = { maxStorageBufferBindingSize: BINDABLE + 4, maxBufferSize: 2 ** 20 };
  Object.defineProperty(raw, 'limits', { value: limits });
  const { createBindGroup } = raw;
  raw.createBindGroup = (group) => {
    for (const { binding, resource } of group.entries) {
      const { buffer, size = buffer.size } = resource as GPUBufferBinding;
      if (binding > 0) bound.push(size);
    }
    return createBindGroup.call(raw, group);
  };
  cpu = await init('cpu');
  small = await init({ backend: 'webgpu', device: raw });
});
afterAll(async () => {
  small.close();
  raw.destroy();
  await testDevice();
});

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

const rng = random(7);
const shapes = {
  cube: [9, 20, 7], // 1,260 numbers: no power of two, no multiple of 64
  matrix: [60, 33],
  wide: [3, 700],
  line: [5001],
  images: [9, 7, 6, 4],
  kernels: [3, 2, 4, 4],
} as const;

/** On the default device. */
const waves = (shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(k * k)),
    { shape },
  );

/** The same numbers on both devices. */
async function both(shape: readonly number[]): Promise<{ here: Tensor; there: Tensor }> {
  const there = withDevice(cpu, () => random(shape.length).normal(shape));
  return { here: await there.to(small), there };
}

async function agree(shape: readonly number[], f: (x: Tensor) => Tensor): Promise<void> {
  const { here, there } = await both(shape);
  const wanted = withDevice(cpu, () => f(there));
  const values = await wanted.data();
  const fault = await withoutLeak(async () => {
    const found = withDevice(small, () => scope(() => f(here)));
    expect(found.shape).toEqual(wanted.shape);
    return differs(await read(found), values, 1e-5, 1e-4);
  });
  expect(fault).toBeUndefined();
}

describe('what is larger than a binding', () => {
  it.each<[string, readonly number[], (x: Tensor) => Tensor]>([
    ['a unary operation', shapes.line, (x) => x.tanh()],
    ['a binary one, broadcast', shapes.cube, (x) => x.mul(x.slice(null, [0, 1], null)).sub(2)],
    ['a transposed operand', shapes.matrix, (x) => x.T.add(1).mul(x.T)],
    ['an operand that walks backwards', shapes.line, (x) => x.slice([null as never, null, -1]).exp()],
    ['where', shapes.matrix, (x) => where(x.greater(0), x, x.neg())],
    ['clip', shapes.line, (x) => x.clip(-0.5, 0.5)],
    ['a conversion', shapes.line, (x) => x.mul(10).astype('int32').add(1)],
    ['a copy', shapes.cube, (x) => x.permuteDims([2, 0, 1]).reshape([-1])],
    ['a slice of it', shapes.line, (x) => x.slice([3001, 3100]).softmax()],
    ['a sum of all', shapes.line, (x) => x.sum()],
    ['a mean of all', shapes.cube, (x) => x.mean()],
    ['a maximum of all', shapes.line, (x) => x.max()],
    ['a sum over the first axis', shapes.matrix, (x) => x.sum(0)],
    ['a sum over the last axis', shapes.wide, (x) => x.sum(1, { keepdims: true })],
    ['a mean over two axes', shapes.cube, (x) => x.mean([0, 2])],
    ['any and all', shapes.line, (x) => x.greater(9).any().logicalOr(x.less(9).all())],
    ['argmax of rows', shapes.matrix, (x) => x.argmax(1)],
    ['variance', shapes.cube, (x) => x.var()],
    ['a matrix product by rows', shapes.matrix, (x) => x.matmul(x.slice([0, 10], null).T)],
    ['a matrix product by sums', shapes.wide, (x) => x.matmul(x.T)],
    ['a matrix product of both', shapes.matrix, (x) => x.matmul(x.T)],
    ['a stack of matrix products', shapes.cube, (x) => x.matmul(x.mT)],
    ['a product with a vector', shapes.matrix, (x) => x.matmul(x.slice(0))],
    ['an inner product', shapes.line, (x) => x.matmul(x)],
    ['dense', shapes.matrix, (x) => x.dense(x.slice([0, 9], null).T, x.slice(3, [0, 9]), 'tanh')],
    ['softmax', shapes.matrix, (x) => x.softmax()],
    ['logSoftmax', shapes.cube, (x) => x.logSoftmax(1)],
    ['cross-entropy', shapes.matrix, (x) => x.softmaxCrossEntropy(x.argmin(1))],
    ['concat', shapes.cube, (x) => concat([x, x.mul(2)], 2)],
    [
      'a convolution',
      shapes.images,
      (x) => x.conv2d(x.slice([0, 4], [0, 3], [0, 2], null).permuteDims([1, 2, 3, 0])),
    ],
    ['pools', shapes.images, (x) => x.maxPool2d({ size: 2 }).add(x.avgPool2d({ size: 2 }))],
  ])('%s', (_, shape, f) => agree(shape, f));

  it.each<[string, readonly number[], (x: Tensor) => Tensor]>([
    ['elementwise', shapes.line, (x) => x.mul(x).add(x.sigmoid()).sum()],
    ['a product', shapes.matrix, (x) => x.matmul(x.T).square().mean()],
    ['softmax', shapes.matrix, (x) => x.softmax().square().sum()],
    ['cross-entropy', shapes.matrix, (x) => x.softmaxCrossEntropy(x.argmin(1)).mean()],
    ['a convolution by the images', shapes.images, (x) => x.conv2d(waves(shapes.kernels)).square().mean()],
    ['a convolution by the kernels', shapes.kernels, (w) => waves(shapes.images).conv2d(w).square().mean()],
    [
      'pools',
      shapes.images,
      (x) =>
        x
          .maxPool2d({ size: 2 })
          .mul(x.avgPool2d({ size: 2 }))
          .sum(),
    ],
  ])('gradients of %s', (_, shape, f) => agree(shape, grad(f) as (x: Tensor) => Tensor));

  it('is trained', async () => {
    const { here, there } = await both(shapes.wide);
    const losses = async (device: Device, x: Tensor) => {
      const w = withDevice(device, () => variable(x));
      const adam = optimizers.adam(0.1);
      const found: number[] = [];
      for (let step = 0; step < 3; step++) {
        const loss = withDevice(device, () =>
          scope(() => {
            const { value, grad: g } = valueAndGrad((v: Tensor) => v.sub(1).square().mean())(w);
            adam.step(w, g);
            return value;
          }),
        );
        found.push(await loss.item());
      }
      const content = await w.data();
      adam.dispose();
      w.dispose();
      return [...found, ...content];
    };
    expect(differs(await losses(small, here), await losses(cpu, there), 1e-5, 1e-4)).toBeUndefined();
  });

  it('is refused at the call where it cannot be done in parts', async () => {
    const { here } = await both(shapes.line);
    const before = live();
    const message =
      /^take: must see a tensor of 20004 bytes, made by tensor, at once; a kernel of this adapter sees at most 2048\. Work on slices/;
    expect(() => here.take([1, 2])).toThrow(OutOfMemoryError);
    expect(() => here.take([1, 2])).toThrow(message);
    expect(() => here.argmax()).toThrow(/^argmax: must see a tensor of 20004 bytes/);
    expect(live()).toEqual(before);
    expect(await here.slice([4000, 4002]).take([1, 0]).array()).toHaveLength(2);
  });

  it('is refused at the call beyond the largest buffer', () => {
    const before = live();
    expect(() => withDevice(small, () => rng.normal([300_000]))).toThrow(
      /^normal: a tensor of 300000 elements needs 1200000 bytes; this adapter allows at most 1048560\./,
    );
    expect(live()).toEqual(before);
  });

  it('never takes a binding beyond the limit', () => {
    expect(Math.max(...bound)).toBeLessThanOrEqual(BINDABLE);
    expect(bound.length).toBeGreaterThan(1000);
  });
});

describe('an adapter that gives no more than WebGPU promises', () => {
  it('computes with tensors beyond the 128 MiB that it binds', async () => {
    const plain = await gpuDevice();
    const { maxStorageBufferBindingSize, maxBufferSize } = plain.limits;
    const n = maxStorageBufferBindingSize / 4 + 1000;
    expect(n * 4).toBeLessThan(maxBufferSize);
    const device = await init({ backend: 'webgpu', device: plain });
    const x = tensor(new Float32Array(n).fill(0.5));
    const y = x.mul(-3).add(1); // −0.5 everywhere
    const [sum, last] = [y.sum(), y.slice([n - 2, n])];
    expect(await sum.item()).toBe(-n / 2);
    expect(await last.array()).toEqual([-0.5, -0.5]);
    device.close();
    plain.destroy();
    await testDevice();
  });
});
