// What a bad call is, and the operands that all of them share. The calls themselves stand in the files beside this one,
// by theme; test/ops/errors.test.ts makes them.
import { inject } from 'vitest';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import {
  type Device,
  device,
  full,
  optimizers,
  random,
  type TapegradError,
  type Tensor,
  tensor,
  variable,
} from '../../src/index.ts';

/** What is called, the kind of its error, the whole message. A call makes no tensors of its own: what it needs is given. */
export type Bad = readonly [
  call: (given: Given) => unknown,
  kind: new (message: string) => TapegradError,
  message: string,
];

export type Given = ReturnType<typeof operands>;

/** Calls that go wrong on a GPU only. */
export const onGpu = (...calls: Bad[]): Bad[] => (inject('backend') === 'cpu' ? [] : calls);
/** Calls that go wrong on the CPU device only. */
export const onCpu = (...calls: Bad[]): Bad[] => (inject('backend') === 'cpu' ? calls : []);

/** Arguments that the types forbid. */
type Loose = Readonly<Record<string, (...args: unknown[]) => unknown>>;
export const loose = (x: Tensor) => x as unknown as Loose;

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i + 1);
const upTo = (shape: number[]) => tensor(count(shape.reduce((n, d) => n * d, 1)), { shape });

/** Values that every bad call must leave as they are, and a disposed tensor, those of other devices, and a generator. */
export function operands() {
  const elsewhere = new CPUDevice();
  const ended = new CPUDevice();
  const made = new Map<string, Tensor>();
  const remember = (name: string, make: () => Tensor): Tensor => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known;
  };
  const gone = upTo([2, 3]);
  gone.dispose();
  const lost = variable(upTo([2]));
  lost.dispose();
  const closed = tensor([1, 2], { device: ended });
  ended.close();
  return {
    x: upTo([2, 3]),
    y: upTo([2, 3]),
    v: upTo([3]),
    w: upTo([2]),
    s: tensor(7),
    k: tensor(Int32Array.of(0, 1)),
    mask: tensor([true, false]),
    half: tensor([1, 2], { dtype: 'float16' }),
    square: upTo([3, 3]),
    /** Symmetric and positive definite. */
    regular: tensor([
      [4, 1, 0],
      [1, 3, 1],
      [0, 1, 2],
    ]),
    image: upTo([1, 3, 4, 1]),
    none: tensor([[], []]),
    ones: upTo([1, 1, 1, 1, 1]),
    p: variable(upTo([2])),
    q: variable(upTo([3])),
    sgd: optimizers.sgd(1),
    adam: optimizers.adam(1),
    rng: random(1),
    here: device() as Device,
    elsewhere: elsewhere as Device,
    /** On another device. */
    away: tensor([1, 2], { device: elsewhere }),
    /** On a device that was closed. */
    closed,
    /** Disposed: [2, 3]. */
    gone,
    /** A variable, disposed. */
    lost,
    /** Zeros, made when they are first asked for. */
    zeros: (...shape: number[]) => remember(`zeros ${shape}`, () => full(shape, 0)),
    /** Whole numbers in one axis, or in this shape. */
    whole: (values: number[], shape = [values.length]) =>
      remember(`whole ${values} ${shape}`, () => tensor(Int32Array.from(values), { shape })),
    /** What a call may have made of them by hand. */
    once: remember,
  };
}

export const DISPOSED =
  'was disposed, by hand or at the end of its scope; return it from the scope, or keep() it';
/** What is said of `gone`. */
export const GONE = `this tensor (float32 [2, 3]) ${DISPOSED}`;
/** Of `lost`. */
export const LOST = `this tensor (float32 [2]) ${DISPOSED}`;
/** Of `closed`, behind the name of what was called. */
export const CLOSED = 'the device was closed, and its tensors with it; await init() for a new one';
/** Of tensors that are here and `away`. */
export const apart = (first = inject('backend') === 'cpu' ? 'cpu' : 'webgpu', second = 'cpu') =>
  `the tensors are on different devices (${first}, ${second}); move one: await t.to(device)`;
export const OUT_OF_2 = 'is out of range for 2 axes; it must lie in [-2, 1]';
export const NO_AXES = 'axis -1 of a tensor without axes (shape [])';
export const DTYPES = 'The dtypes are bool, int32, float16, float32, float64';
