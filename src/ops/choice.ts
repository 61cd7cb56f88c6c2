/** @file Rows that choose or convert, element by element: select (the public `where`), clip, astype. */
import packSource from '../../shaders/half_pack.wgsl?raw';
import unpackSource from '../../shaders/half_unpack.wgsl?raw';
import { castValue, checkDType, type DType, isFloat } from '../core/dtype.ts';
import { broadcastShapes, isContiguous, sizeOf } from '../core/shape.ts';
import type { Dispatch, Kernel, KernelCall, Operand } from '../device/device.ts';
import { ternary, truth } from './elementwise.ts';
import { mapCpu, mapKernel } from './map.ts';
import { mapDispatch } from './map_plan.ts';
import {
  choose,
  common,
  dtypeRules,
  elementwiseParts,
  floating,
  type Input,
  input,
  type Op,
  op,
  type Row,
} from './op.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;

export const choiceRows = {
  /** condition ? a : b; `where` is its public name, with the condition first. */
  select: ternary({
    dtypes: 'choice',
    cpu: (c, a, b) => (c !== 0 ? a : b),
    wgsl: 'select(c, b, a != 0)',
    vjp: (g, [condition]) => [null, () => condition.select(g, 0), () => condition.select(0, g)],
    saves: 'inputs',
  }),
  clip: clipRow(),
  astype: astypeRow(),
};

const INT_MAX = 2147483647;

/** Bounds that are left out hold nothing back; a bound between whole numbers makes integers float, as numbers with a fraction do. */
function clipRow(): Row {
  const kernel = mapKernel({
    cpu: (x, low, high) => Math.min(Math.max(x, low), high),
    wgsl: 'clip_(a, b, c)',
    int: {
      cpu: (x, low, high) => Math.min(Math.max(x, low), high),
      wgsl: 'min(max(a, b), c)',
    },
  });
  return op<undefined>({
    parse: (name, [x, low, high]) => {
      const bounds = [low ?? -Infinity, high ?? Infinity].map((b, k) =>
        input(name, b, k === 0 ? 'the lower bound' : 'the upper bound'),
      );
      return { inputs: [input(name, x), ...bounds] as Input[], attrs: undefined };
    },
    dtypes: (name, kinds) =>
      dtypeRules.numeric(
        name,
        kinds.map((k) =>
          typeof k === 'number' && !Number.isFinite(k) && !Number.isNaN(k) ? Math.sign(k) * INT_MAX : k,
        ),
      ),
    shape: (name, shapes) => broadcastShapes(name, ...shapes),
    kernel,
    parts: elementwiseParts,
    accepts: () => true,
    vjp: (g, [x, low, high]) => {
      const outside = () => x.less(low).logicalOr(x.greater(high)); // NaN is not: it passes on
      return [
        () => choose(outside(), 0, g),
        () => choose(x.less(low), g, 0),
        () => choose(x.greater(high), g, 0),
      ];
    },
    saves: 'inputs',
  });
}

/** The gradient passes between float dtypes only. */
function astypeRow(): Row {
  const cpu = (dtype: DType) => (a: number) => castValue(a, dtype);
  const wgsl = (from: DType, to: DType): string => {
    if (to === 'bool') return isFloat(from) ? truth('a != 0.0 || is_nan(a)') : truth('a != 0');
    if (to === 'int32') return isFloat(from) ? `to_int(a)` : 'a';
    return isFloat(from) ? 'a' : 'f32(a)';
  };
  const kernel: Kernel<DType> = {
    cpu: ({ inputs: [x], outputs: [y], attrs }) => {
      mapCpu(cpu(attrs), [x], y);
    },
    gpu: ({ inputs: [x], outputs: [y], attrs }: KernelCall<DType>, { info }) => [
      x.dtype === 'float16' || attrs === 'float16'
        ? halfDispatch(x, y)
        : mapDispatch(wgsl(x.dtype, attrs), [x], y, info),
    ],
  };
  const row: Op<DType> = {
    parse: (name, [x, dtype]) => ({ inputs: [input(name, x)], attrs: checkDType(name, dtype) }),
    // float16 goes from and to float32 only; other conversions take two steps.
    dtypes: (_, kinds, dtype) => {
      const half = kinds[0] === 'float16';
      if (half && dtype === 'float32') return { inputs: ['float16'], output: dtype };
      return { inputs: [half || dtype === 'float16' ? 'float32' : common(kinds)], output: dtype };
    },
    shape: (_, [shape]) => shape,
    kernel,
    parts: elementwiseParts,
    accepts: (x, _, dtype) => (x.dtype !== 'float16' && dtype !== 'float16') || isWhole(x),
    vjp: (g, [x]) => [isFloat(x.dtype) ? () => g.astype(floating(common([x.dtype]))) : null],
    saves: 'nothing',
  };
  return op(row);
}

/** Packed halves are read from their first on. */
const isWhole = (x: Operand): boolean =>
  isContiguous(x) && x.offset === 0 && x.storage.constant === undefined;

/** Between float32 and float16, which lies two to a word. */
function halfDispatch(x: Operand, y: Operand): Dispatch {
  const size = sizeOf(y.shape);
  const pairs = Math.ceil(size / 2);
  const packs = y.dtype === 'float16';
  return {
    source: packs ? packSource : unpackSource,
    shader: packs ? 'half_pack' : 'half_unpack',
    constants: { WORKGROUP },
    buffers: [
      { storage: y.storage, access: 'read_write' },
      { storage: x.storage, access: 'read' },
    ],
    integers: [pairs],
    workgroups: grid(Math.ceil(pairs / WORKGROUP)),
    work: size * 8,
  };
}
