// Bad calls of what takes a function: gradients, scopes, devices, operations of one's own. Among them every function
// that must not return a promise, and gradients that there are none of.
import {
  ArgumentError,
  capture,
  checkpoint,
  customGradient,
  DisposedError,
  DTypeError,
  debug,
  defineOp,
  device,
  fromGPUBuffer,
  grad,
  init,
  keep,
  NotDifferentiableError,
  noGrad,
  profile,
  ShapeError,
  scope,
  showTape,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  warmup,
  withDevice,
} from '../../src/index.ts';
import { type Bad, GONE } from './table.ts';

const bad = (value: unknown) => value as never;
const total = (t: Tensor) => t.sum();
const AT_ONCE = 'the function returned a promise; it must compute its result at once, without await';
const VJP_AT_ONCE = 'the function returned a promise; vjp must compute the gradients at once, without await';
const TREE = 'expected a tensor, or an array or plain object of them';

const promises: Bad[] = [
  [
    () => scope(async () => tensor([1])),
    ArgumentError,
    'scope: the function returned a promise; what it would make after its first await cannot be owned. Await outside the scope.',
  ],
  [
    ({ x }) => scope(() => x.data()),
    ArgumentError,
    'scope: the function returned a promise; what it would make after its first await cannot be owned. Await outside the scope.',
  ],
  [
    ({ x }) => noGrad(() => x.data()),
    ArgumentError,
    'noGrad: the function returned a promise; recording would go on before it is done',
  ],
  [
    () => withDevice(device(), async () => 1),
    ArgumentError,
    'withDevice: the function returned a promise; the device would change back before it is done',
  ],
  [({ x }) => grad(bad(async (t: Tensor) => t.sum()))(x), ArgumentError, `grad: ${AT_ONCE}`],
  [({ x }) => grad(bad((t: Tensor) => t.sum().item()))(x), ArgumentError, `grad: ${AT_ONCE}`],
  [({ x }) => valueAndGrad(bad(async (t: Tensor) => t.sum()))(x), ArgumentError, `valueAndGrad: ${AT_ONCE}`],
  [
    ({ x }) =>
      valueAndGrad(
        bad(async (t: Tensor) => [t.sum(), t]),
        { aux: true },
      )(x),
    ArgumentError,
    `valueAndGrad: ${AT_ONCE}`,
  ],
  [
    ({ x }) => customGradient(bad(async (t: Tensor) => ({ value: t, vjp: () => t })))(x),
    ArgumentError,
    `customGradient: ${AT_ONCE}`,
  ],
  [
    ({ x }) =>
      grad((t: Tensor) =>
        customGradient((u: Tensor) => ({ value: u, vjp: bad(async (g: Tensor) => g) }))(t).sum(),
      )(x),
    ArgumentError,
    `customGradient: ${VJP_AT_ONCE}`,
  ],
  [({ x }) => checkpoint(bad(async (t: Tensor) => t.sum()))(x), ArgumentError, `checkpoint: ${AT_ONCE}`],
  [({ x }) => grad((t: Tensor) => lateOp(t).sum())(x), ArgumentError, `late: ${VJP_AT_ONCE}`],
  [({ x }) => grad((t: Tensor) => laterOp(t).sum())(x), ArgumentError, `later: ${VJP_AT_ONCE}`],
];

const own = (name: string, vjp: unknown) => defineOp({ name, wgsl: 'a', cpu: (a) => a, vjp: bad(vjp) });
const lateOp = own('late', async (g: Tensor) => [g]);
const laterOp = own('later', (g: Tensor) => [async () => g]);
const bareOp = own('bare', (g: Tensor) => g);
const fewOp = own('few', () => []);
const oddOp = own('odd', () => ['g']);
const shortOp = own('short', (g: Tensor) => [g.slice([0, 2])]);

const gradients: Bad[] = [
  [() => grad(bad(5)), ArgumentError, 'grad: takes a function, got 5'],
  [({ x }) => grad(bad(x)), ArgumentError, 'grad: takes a function, got a float32 tensor [2, 3]'],
  [() => valueAndGrad(bad(undefined)), ArgumentError, 'valueAndGrad: takes a function, got undefined'],
  [
    () => valueAndGrad(total, bad({ hasAux: true })),
    ArgumentError,
    "valueAndGrad: unknown option 'hasAux'. The options are aux",
  ],
  [
    () => valueAndGrad(total, bad({ aux: 1 })),
    ArgumentError,
    'valueAndGrad: aux must be true or false, got 1',
  ],
  [
    () => valueAndGrad(total, bad(true)),
    ArgumentError,
    'valueAndGrad: options are an object { aux }, got true',
  ],
  [
    ({ x }) => valueAndGrad(bad(total), { aux: true })(x),
    ArgumentError,
    'valueAndGrad: with aux, the function must return [loss, aux], got a float32 tensor []',
  ],
  [
    ({ x }) =>
      valueAndGrad(
        bad((t: Tensor) => [1, t]),
        { aux: true },
      )(x),
    ArgumentError,
    'valueAndGrad: the function must return [loss, aux], got 1',
  ],
  [
    ({ x }) => grad((t: Tensor) => t.mul(2))(x),
    ShapeError,
    'grad: the loss must be a scalar of shape [], got [2, 3]; reduce it with .mean() or .sum()',
  ],
  [
    ({ x }) => grad((t: Tensor) => t.sum().reshape([1]))(x),
    ShapeError,
    'grad: the loss must be a scalar of shape [], got [1]; reduce it with .mean() or .sum()',
  ],
  [
    ({ x }) => grad((t: Tensor) => t.sum().astype('int32'))(x),
    DTypeError,
    'grad: the loss must be a float tensor, got int32',
  ],
  [({ x }) => grad(bad(() => 3))(x), ArgumentError, 'grad: the function must return a tensor, got 3'],
  [
    ({ x }) => grad(bad(() => undefined))(x),
    ArgumentError,
    'grad: the function must return a tensor, got undefined',
  ],
  [() => grad(total)(bad('x')), ArgumentError, `grad: ${TREE}, got 'x'`],
  [() => grad(total)(bad(3)), ArgumentError, `grad: ${TREE}, got 3`],
  [({ x }) => grad(total)(bad({ w: x, b: [null] })), ArgumentError, `grad: ${TREE}, got null at .b[0]`],
  [({ x }) => grad(total)(bad(new Map([['w', x]]))), ArgumentError, `grad: ${TREE}, got a Map`],
  [
    ({ k }) => grad(total)(k),
    DTypeError,
    'grad: gradients exist by float tensors only, and an argument is int32',
  ],
  [
    ({ x }) => grad((t: Tensor) => t.argmax().astype('float32'))(x),
    NotDifferentiableError,
    'grad: the result depends on the argument only through argmax, which has no gradient; use a smooth operation, or stopGradient() where that is meant',
  ],
  [() => stopGradient(3), ArgumentError, 'stopGradient: takes a tensor, got 3; wrap it: tensor(...)'],
  [() => customGradient(bad('f')), ArgumentError, "customGradient: takes a function, got 'f'"],
  [
    () => customGradient((t: Tensor) => ({ value: t, vjp: (g) => g }))(bad(3)),
    ArgumentError,
    'customGradient: takes a tensor, got 3; wrap it: tensor(...)',
  ],
  [
    ({ x }) => customGradient(bad((t: Tensor) => t))(x),
    ArgumentError,
    'customGradient: the function must return { value, vjp }, a tensor and a function, got a float32 tensor [2, 3]',
  ],
  [
    ({ x }) => customGradient(bad(() => null))(x),
    ArgumentError,
    'customGradient: the function must return { value, vjp }, a tensor and a function, got null',
  ],
  [
    ({ v }) =>
      grad((t: Tensor) => customGradient((u: Tensor) => ({ value: u, vjp: (g) => [g, g] }))(t).sum())(v),
    ArgumentError,
    'customGradient: vjp must give a list of 1 gradient, one for each operand, got [a float32 tensor [3], a float32 tensor [3]]',
  ],
  [
    ({ v }) =>
      grad((t: Tensor) => customGradient((u: Tensor) => ({ value: u, vjp: bad(() => 1) }))(t).sum())(v),
    ArgumentError,
    'customGradient: vjp must give a list of 1 gradient, one for each operand, got 1',
  ],
  [
    ({ v }) =>
      grad((t: Tensor) =>
        customGradient((u: Tensor) => ({ value: u, vjp: (g) => g.slice([0, 2]) }))(t).sum(),
      )(v),
    ShapeError,
    'customGradient: its gradient has shape [2], which does not reduce to [3]',
  ],
  [() => checkpoint(bad(null)), ArgumentError, 'checkpoint: takes a function, got null'],
  [
    () => checkpoint(total)(bad([1])),
    ArgumentError,
    'checkpoint: takes a tensor, got [1]; wrap it: tensor(...)',
  ],
  [
    ({ x }) => checkpoint(bad(() => 1))(x),
    ArgumentError,
    'checkpoint: the function must return a tensor, got 1',
  ],
  [
    ({ x, p }) =>
      grad((t: { p: Tensor }) => checkpoint((u: Tensor) => u.sum().mul(p.sum()))(t.p.mul(x.sum())))({ p }),
    ArgumentError,
    'checkpoint: the function reaches a tensor that a gradient is taken by, but that is not among its arguments; pass it as one',
  ],
  [
    ({ v }) => grad((t: Tensor) => bareOp(t).sum())(v),
    ArgumentError,
    'bare: vjp must give a list of 1 gradient, one for each operand, got a float32 tensor [3]',
  ],
  [
    ({ v }) => grad((t: Tensor) => fewOp(t).sum())(v),
    ArgumentError,
    'few: vjp must give a list of 1 gradient, one for each operand, got []',
  ],
  [
    ({ v }) => grad((t: Tensor) => oddOp(t).sum())(v),
    ArgumentError,
    "odd: vjp must give a tensor or null for each operand, got 'g'",
  ],
  [
    ({ v }) => grad((t: Tensor) => shortOp(t).sum())(v),
    ShapeError,
    'short: its gradient has shape [2], which does not reduce to [3]',
  ],
];

const definition = (change: object) => bad({ name: 'f', wgsl: 'a', cpu: (a: number) => a, ...change });

const others: Bad[] = [
  [() => scope(bad(3)), ArgumentError, 'scope: takes a function, got 3'],
  [() => noGrad(bad(undefined)), ArgumentError, 'noGrad: takes a function, got undefined'],
  [() => keep(bad({})), ArgumentError, 'keep: takes a tensor, got an object'],
  [({ x }) => keep(bad([x])), ArgumentError, 'keep: takes a tensor, got [a float32 tensor [2, 3]]'],
  [({ gone }) => keep(gone), DisposedError, `keep: ${GONE}`],
  [
    () => withDevice(bad('cpu'), () => 1),
    ArgumentError,
    "withDevice: takes a device, as await init() gives it, got 'cpu'",
  ],
  [
    () => withDevice(bad(Promise.resolve()), () => 1),
    ArgumentError,
    'withDevice: takes a device, as await init() gives it, got a Promise',
  ],
  [({ here }) => withDevice(here, bad(1)), ArgumentError, 'withDevice: takes a function, got 1'],
  [
    () => init(bad('webgl')),
    ArgumentError,
    "init: unknown backend 'webgl', did you mean 'webgpu'? It is one of auto, webgpu, cpu",
  ],
  [
    () => init(bad(3)),
    ArgumentError,
    'init: options are an object { backend, gpu, device, powerPreference, memoryBudget }, got 3',
  ],
  [
    () => init(bad({ backend: 'gpu' })),
    ArgumentError,
    "init: unknown backend 'gpu', did you mean 'cpu'? It is one of auto, webgpu, cpu",
  ],
  [
    () => init(bad({ bakcend: 'cpu' })),
    ArgumentError,
    "init: unknown option 'bakcend', did you mean 'backend'? The options are backend, gpu, device, powerPreference, memoryBudget",
  ],
  [
    ({ elsewhere }) => init({ device: bad(elsewhere) }),
    ArgumentError,
    'init: device must be a GPUDevice, as adapter.requestDevice() gives it, got a CPUDevice',
  ],
  [() => init({ gpu: bad({}) }), ArgumentError, 'init: gpu must be a GPU, as navigator.gpu, got an object'],
  [
    () => init({ powerPreference: bad('high') }),
    ArgumentError,
    "init: unknown powerPreference 'high', did you mean 'high-performance'? It is one of low-power, high-performance",
  ],
  [() => debug({ level: bad(4) }), ArgumentError, 'debug: level must be 0, 1, 2 or 3, got 4'],
  [
    () => debug(bad({ nam: true })),
    ArgumentError,
    "debug: unknown option 'nam', did you mean 'nan'? The options are level, nan, fuse",
  ],
  [
    () => init({ memoryBudget: bad('1 GB') }),
    ArgumentError,
    "init: memoryBudget must be a number of bytes greater than 0, got '1 GB'",
  ],
  [() => capture(bad(1)), ArgumentError, 'capture: takes a function, got 1'],
  [() => warmup(bad(1)), ArgumentError, 'warmup: takes a function, got 1'],
  [
    () => warmup(async () => 1),
    ArgumentError,
    'warmup: the function returned a promise; only what it does before its first await would be compiled',
  ],
  [() => profile(bad(1)), ArgumentError, 'profile: takes a function, got 1'],
  [() => showTape(bad({})), ArgumentError, 'showTape: takes a function, got an object'],
  [() => fromGPUBuffer(bad(1), { shape: [1] }), ArgumentError, 'fromGPUBuffer: takes a GPUBuffer, got 1'],
  [() => defineOp(bad(undefined)), ArgumentError, 'defineOp: the name must be a word, got undefined'],
  [
    () => defineOp(definition({ name: 'x y' })),
    ArgumentError,
    "defineOp: the name must be a word, got 'x y'",
  ],
  [
    () => defineOp(definition({ wgsl: 'a; b' })),
    ArgumentError,
    "defineOp: f: wgsl must be one expression of a, b, c, got 'a; b'",
  ],
  [
    () => defineOp(definition({ wgsl: ' ' })),
    ArgumentError,
    "defineOp: f: wgsl must be one expression of a, b, c, got ' '",
  ],
  [
    () => defineOp(definition({ cpu: () => 1 })),
    ArgumentError,
    'defineOp: f: cpu must be a function of one to three numbers, got one of 0',
  ],
  [
    () => defineOp(definition({ cpu: 'a' })),
    ArgumentError,
    "defineOp: f: cpu must be a function of one to three numbers, got 'a'",
  ],
  [() => defineOp(definition({ vjp: 1 })), ArgumentError, 'defineOp: f: vjp must be a function, got 1'],
  [
    () => defineOp(definition({ vpj: () => [] })),
    ArgumentError,
    "defineOp: unknown option 'vpj', did you mean 'vjp'? The options are name, wgsl, cpu, vjp",
  ],
  [() => bareOp(bad('1')), ArgumentError, "bare: the first argument must be a tensor or a number, got '1'"],
  [({ x }) => bareOp(x, x), ArgumentError, 'bare: takes 1 operand, got 2'],
];

export const functions = [...promises, ...gradients, ...others];
