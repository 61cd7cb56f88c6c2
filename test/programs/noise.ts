// The CPU device in float64 under the name of float32, and with noise: what every kernel gives is moved by as much as
// float32 may be off there (errors.ts). Running a program so a few times shows how far its results and gradients may be
// off after all its steps: Monte Carlo arithmetic (Parker 1997).
import type { DType } from '../../src/core/dtype.ts';
import { contiguous } from '../../src/core/shape.ts';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import { plainLoops } from '../../src/device/cpu/simd.ts';
import type { CpuOperand, Kernel, Operands } from '../../src/device/device.ts';
import type { TypedArray } from '../../src/index.ts';
import type { Gradient, Row, Vjp } from '../../src/ops/op.ts';
import { type OpName, table } from '../../src/ops/table.ts';
import { EPSILON } from '../accuracy/sums.ts';
import { hash } from '../samples/inputs.ts';
import { errors, type RowCall } from './errors.ts';

/** What happens after a row's kernel, and to the gradients that its rule gives. */
export interface Watch {
  kernel?(op: OpName, call: RowCall, kernel: Kernel<unknown>): void;
  gradients?(op: OpName, gradients: readonly Gradient[]): readonly Gradient[];
}

/** A CPU device that is told what the rows of the table do on it. */
export class WatchedDevice extends CPUDevice {
  constructor(readonly watch: Watch) {
    super();
    instrument();
  }
}

/**
 * Holds float32 in float64, so that a program runs on it with the dtypes, the constants and the rounding of whole numbers
 * that it has everywhere, and all else in float64.
 */
export class WideDevice extends WatchedDevice {
  constructor(watch: Watch = {}) {
    super(watch);
  }

  override allocate(dtype: DType, length: number, op: string): ReturnType<CPUDevice['allocate']> {
    const storage = super.allocate(dtype === 'float32' ? 'float64' : dtype, length, op);
    return Object.assign(storage, { dtype });
  }
}

let instrumented = false;

/** Lets the rows of the table tell watched devices what they do; on others they do as before. */
function instrument(): void {
  if (instrumented) return;
  instrumented = true;
  for (const [name, row] of Object.entries<Row>(table)) {
    const op = name as OpName;
    if ('kernel' in row) {
      const { kernel } = row;
      const cpu: Kernel<unknown>['cpu'] = (call, simd): void => {
        const { device } = call.outputs[0].storage;
        kernel.cpu(call, device instanceof WatchedDevice ? plainLoops : simd);
        if (device instanceof WatchedDevice) device.watch.kernel?.(op, call, kernel);
      };
      Object.assign(row, { kernel: { ...kernel, cpu } });
    }
    if ('vjp' in row) {
      const { vjp } = row;
      const watched: Vjp<unknown>['vjp'] = (g, inputs, output, attrs) => {
        const gradients = vjp(g, inputs, output, attrs);
        return (g.device instanceof WatchedDevice && g.device.watch.gradients?.(op, gradients)) || gradients;
      };
      Object.assign(row, { vjp: watched });
    }
  }
}

/**
 * How results are moved: by as much as may be, up or down; by any amount up to that; or to the nearest round number, as
 * float32 gives 1 for tanh(20), so that comparisons find equals.
 */
const KINDS = ['full', 'round', 'any'] as const;

export interface Noise {
  readonly seed: number;
  /** The direction: runs come in pairs that go opposite ways, and one of them crosses a jump that is near. */
  readonly sign: 1 | -1;
}

/** Where float32 overflows, and where it may flush to 0. */
const [OVERFLOW, UNDERFLOW] = [2 ** 127, 2 ** -120];
/** A number with more digits than these has been rounded to float32, which float64 does not do. */
const SHORT = 2 ** 12;

const bits = new DataView(new ArrayBuffer(8));

/** A number in [−1, 1], or for `full` one of these two, by the value without its sign. */
function amount(seed: number, value: number, full: boolean): number {
  bits.setFloat64(0, Math.abs(value));
  let h = Math.imul(bits.getUint32(0) ^ seed, 0x9e3779b1) ^ bits.getUint32(4);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  return full ? (h & 1 ? 1 : -1) : h / 2 ** 31;
}

class NoisyDevice extends WideDevice {
  constructor(
    private readonly noise: Noise,
    watch: Watch,
  ) {
    super(watch);
  }

  override upload(data: TypedArray, dtype: DType): ReturnType<CPUDevice['upload']> {
    return super.upload(dtype === 'float32' ? data.map((v) => extreme(v, this.noise)) : data, dtype);
  }

  override constant(dtype: DType, value: number): ReturnType<CPUDevice['constant']> {
    const { seed, sign } = this.noise;
    const rounded = dtype === 'float32' && Number.isFinite(value) && !Number.isInteger(value * SHORT);
    return super.constant(dtype, rounded ? value * (1 + sign * amount(seed, value, true) * EPSILON) : value);
  }
}

/** A device whose every result is off by what float32 may be. */
export function noisyDevice(noise: Noise): WideDevice {
  const { seed, sign } = noise;
  const kind = KINDS[seed % KINDS.length];
  const byValue = seed % 2 === 0; // equal results get equal noise, as they have equal errors where their operands are equal
  let calls = 0;
  const moved = (v: number, at: number, error: number, own: number): number => {
    if (error === 0) return v;
    if (kind !== 'round') {
      const by = error * sign * amount(own, byValue ? v : at, kind === 'full');
      return v < 0 ? v - by : v + by;
    }
    if (sign < 0) return Math.fround(v);
    const step = 2 ** Math.ceil(Math.log2(error));
    return Math.round(v / step) * step;
  };
  const kernel: Watch['kernel'] = (op, call, again) => {
    const [y] = call.outputs;
    if (y.dtype !== 'float32') return;
    const own = hash(`${op} ${seed}`) + (byValue ? 0 : ++calls);
    const data = y.data as Float64Array; // contiguous, and its own
    const sizes = errors[op](call, data, (values) => repeated(call, again, values));
    if (!sizes) return;
    for (let k = 0; k < data.length; k++)
      data[k] = extreme(moved(data[k] as number, k, sizes[k] as number, own), noise);
  };
  return new NoisyDevice(noise, { kernel });
}

/** One direction overflows early, and one flushes to 0: the same in half of the pairs, since either may happen alone. */
function extreme(v: number, { seed, sign }: Noise): number {
  const size = Math.abs(v);
  if (sign < 0 && size > OVERFLOW) return Math.sign(v) * Infinity;
  const flushes = sign < 0 === (seed % 2 === 0);
  return flushes && size > 0 && size < UNDERFLOW ? 0 : v;
}

/** The kernel's results with other values in its operands. */
function repeated(
  call: RowCall,
  kernel: Kernel<unknown>,
  values: readonly (Float64Array | undefined)[],
): Float64Array {
  const inputs = call.inputs.map((x, k): CpuOperand => {
    const data = values[k];
    return data ? { ...x, ...contiguous(x.shape), data } : x;
  });
  const data = new Float64Array(call.outputs[0].data.length);
  const y: CpuOperand = { ...call.outputs[0], data };
  kernel.cpu({ ...call, inputs: inputs as unknown as Operands<CpuOperand>, outputs: [y, y, y] }, plainLoops);
  return data;
}
