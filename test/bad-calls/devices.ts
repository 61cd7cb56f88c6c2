// Tensors that cannot be worked with: disposed, on another device, on a closed one; and read-outs that are not possible.
import {
  ArgumentError,
  concat,
  DeviceError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  einsum,
  grad,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  valueAndGrad,
  where,
  zeros,
} from '../../src/index.ts';
import { apart, type Bad, CLOSED, GONE, onGpu } from './table.ts';

const bad = (value: unknown) => value as never;
const total = (t: Tensor) => t.sum();

const disposed: Bad[] = [
  [({ gone }) => gone.add(1), DisposedError, `add: ${GONE}`],
  [({ x, gone }) => x.add(gone), DisposedError, `add: ${GONE}`],
  [({ x, gone }) => where(x, 1, gone), DisposedError, `where: ${GONE}`],
  [({ x, gone }) => x.clip(0, gone), DisposedError, `clip: ${GONE}`],
  [({ square, gone }) => gone.matmul(square), DisposedError, `matmul: ${GONE}`],
  [({ x, gone }) => concat([x, gone]), DisposedError, `concat: ${GONE}`],
  [({ x, gone }) => stack([gone, x]), DisposedError, `stack: ${GONE}`],
  [({ x, gone }) => einsum('ij,ij->', x, gone), DisposedError, `einsum: ${GONE}`],
  [({ x, gone }) => x.take(gone), DisposedError, `take: ${GONE}`],
  [({ x, square, gone }) => x.dense(square, gone), DisposedError, `dense: ${GONE}`],
  [({ x, v, gone }) => x.batchNorm(v, v, { mean: gone }), DisposedError, `batchNorm: ${GONE}`],
  [({ x, gone }) => x.softmaxCrossEntropy(gone), DisposedError, `softmaxCrossEntropy: ${GONE}`],
  [({ gone }) => gone.T, DisposedError, `permuteDims: ${GONE}`],
  [({ gone }) => gone.reshape([6]), DisposedError, `reshape: ${GONE}`],
  [({ gone }) => gone.sum(5), DisposedError, `sum: ${GONE}`],
  [({ gone }) => gone.data(), DisposedError, `data: ${GONE}`],
  [({ gone }) => gone.array(), DisposedError, `array: ${GONE}`],
  [({ gone }) => gone.item(), DisposedError, `item: ${GONE}`],
  [({ gone }) => gone.dataSync(), DisposedError, `dataSync: ${GONE}`],
  [({ gone }) => gone.print(), DisposedError, `print: ${GONE}`],
  [({ gone, elsewhere }) => gone.to(elsewhere), DisposedError, `to: ${GONE}`],
  [({ gone }) => grad(total)(gone), DisposedError, `grad: ${GONE}`],
  [
    ({ gone, x }) => valueAndGrad((p: { x: Tensor; w: Tensor }) => p.x.mul(p.w).sum())({ x, w: gone }),
    DisposedError,
    `valueAndGrad: ${GONE}`,
  ],
  [({ x, gone }) => grad((t: Tensor) => t.mul(gone).sum())(x), DisposedError, `mul: ${GONE}`],
];

const elsewhere: Bad[] = [
  [({ w, away }) => w.add(away), DeviceError, `add: ${apart()}`],
  [({ w, away }) => where(w, away, 0), DeviceError, `where: ${apart()}`],
  [({ w, away }) => concat([w, away]), DeviceError, `concat: ${apart()}`],
  [({ w, away }) => stack([w, away]), DeviceError, `stack: ${apart()}`],
  [({ w, away }) => einsum('i,i->', w, away), DeviceError, `einsum: ${apart()}`],
  [({ w, away }) => w.matmul(away), DeviceError, `matmul: ${apart()}`],
  [({ w, away }) => w.vecdot(away), DeviceError, `vecdot: ${apart()}`],
  [({ w, away }) => w.layerNorm(away), DeviceError, `layerNorm: ${apart()}`],
  [({ w, away }) => w.batchNorm(null, null, { mean: away }), DeviceError, `batchNorm: ${apart()}`],
  [({ w, away }) => grad((t: Tensor) => t.mul(away).sum())(w), DeviceError, `mul: ${apart()}`],
  [
    ({ k, away }) => away.take(k),
    DeviceError,
    `take: ${apart('cpu', apart().includes('webgpu') ? 'webgpu' : 'cpu')}`,
  ],
];

const closed: Bad[] = [
  [({ closed }) => closed.add(1), DeviceLostError, `add: ${CLOSED}`],
  [({ closed }) => closed.sum(), DeviceLostError, `sum: ${CLOSED}`],
  [({ closed }) => closed.softmax(), DeviceLostError, `softmax: ${CLOSED}`],
  [({ closed }) => closed.var(), DeviceLostError, `var: ${CLOSED}`],
  [({ closed }) => grad(total)(closed), DeviceLostError, `grad: ${CLOSED}`],
  [({ closed }) => closed.data(), DeviceLostError, `data: ${CLOSED}`],
  [({ closed }) => closed.array(), DeviceLostError, `array: ${CLOSED}`],
  [({ closed }) => closed.dataSync(), DeviceLostError, `dataSync: ${CLOSED}`],
  [({ closed, here }) => closed.to(here), DeviceLostError, `to: ${CLOSED}`],
  [({ x, closed }) => x.to(closed.device), DeviceLostError, `to: ${CLOSED}`],
  [({ closed }) => tensor([1], { device: closed.device }), DeviceLostError, `tensor: ${CLOSED}`],
  [({ closed }) => zeros([2], { device: closed.device }), DeviceLostError, `zeros: ${CLOSED}`],
  [({ rng, closed }) => rng.uniform([2], { device: closed.device }), DeviceLostError, `uniform: ${CLOSED}`],
];

const readOuts: Bad[] = [
  [
    ({ x }) => x.item(),
    ShapeError,
    'item: only a tensor of one element has a value, got shape [2, 3]; use await t.array()',
  ],
  [
    ({ none }) => none.item(),
    ShapeError,
    'item: only a tensor of one element has a value, got shape [2, 0]; use await t.array()',
  ],
  [({ x }) => x.to(bad('cpu')), ArgumentError, "to: takes a device, as await init() gives it, got 'cpu'"],
  [
    ({ x }) => x.to(bad(undefined)),
    ArgumentError,
    'to: takes a device, as await init() gives it, got undefined',
  ],
  ...onGpu(
    [
      ({ x }) => x.dataSync(),
      DeviceError,
      'dataSync: a tensor on WebGPU cannot be read synchronously; use await t.data(), or move it: await t.to(cpu)',
    ],
    [
      ({ elsewhere, here, once }) =>
        once('double', () => tensor([1], { dtype: 'float64', device: elsewhere })).to(here),
      DTypeError,
      "to: float64 is not possible on webgpu; convert first: .astype('float32')",
    ],
    [
      ({ x }) => x.astype('float64'),
      DTypeError,
      'astype: float64 is not possible on webgpu; use float32, or the CPU device: await t.to(cpu)',
    ],
    [
      ({ k }) => k.oneHot(2, { dtype: 'float64' }),
      DTypeError,
      'oneHot: float64 is not possible on webgpu; use float32, or the CPU device: await t.to(cpu)',
    ],
  ),
];

export const unusable = [...disposed, ...elsewhere, ...closed, ...readOuts];
