/**
 * @file Carries a row out: arguments, dtypes, shapes, device, kernel or view, tapes. And fills the tensor's methods in
 * from the table.
 */
import { context } from '../core/context.ts';
import { castValue, type DType, isFloat } from '../core/dtype.ts';
import { DeviceError, DTypeError } from '../core/errors.ts';
import { broadcastLayout, checkShape, contiguous, isContiguous, type Shape, sizeOf } from '../core/shape.ts';
import { finding, listening, tellOperation } from '../debug/tell.ts';
import type { CpuOperand, Device, Kernel, KernelCall, Operand, Operands } from '../device/device.ts';
import { release, retain } from '../device/storage.ts';
import { homeOf, isBindable } from '../device/window.ts';
import { Tensor, type TensorLike, type TensorOps } from '../tensor.ts';
import { finiteKernel, holdsNonFinite, watchKernel } from './finite.ts';
import { copyKernel } from './map.ts';
import {
  type HostIndices,
  type Input,
  type Inputs,
  isTensor,
  type Operable,
  type Row,
  type Vjp,
} from './op.ts';
import { canSee, inHalves, type Job } from './parts.ts';
import { FUNCTIONS_ONLY, type OpName, table } from './table.ts';
import { type UpdateAttrs, updates } from './update.ts';
import type { UpdateName } from './update_rules.ts';

/** One operation as a tape keeps it. */
export interface Recorded {
  readonly op: string;
  readonly row: Row | Vjp<unknown>;
  readonly attrs: unknown;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

const rows: Readonly<Record<string, Row>> = table;

/** Calls the operation of that name with the arguments of its method or function; messages may know it by another. */
export function call(name: OpName, args: readonly unknown[], shownAs: string = name): Tensor {
  return carryOut(shownAs, rows[name] as Row, args);
}

/** As `call`, for a row that is not in the table. */
export function carryOut(name: string, row: Row, args: readonly unknown[]): Tensor {
  const parsed = row.parse(name, args);
  const device = deviceOf(name, parsed.inputs);
  const kinds = parsed.inputs.map(kindOf);
  const shapes = parsed.inputs.map((x) => (typeof x === 'number' ? [] : x.shape));
  const dtypes = row.dtypes(name, kinds, parsed.attrs);
  for (const dtype of [...dtypes.inputs, dtypes.output]) checkSupport(name, dtype, device);
  const shape = checkShape(
    name,
    row.shape(name, shapes as unknown as Parameters<Row['shape']>[1], parsed.attrs),
  );
  const made: Tensor[] = [];
  try {
    const inputs = parsed.inputs.map((x, k) => convert(name, x, dtypes.inputs[k] as DType, device, made));
    const watched = context.tapes.filter((tape) => inputs.some((x) => tape.watches(x)));
    if (watched.length > 0 && 'fallback' in row)
      return row.fallback(inputs as unknown as Inputs, parsed.attrs);
    const began = listening() && performance.now();
    const output = compute(name, row, inputs, parsed.attrs, dtypes.output, shape, device);
    if (began !== false) tellOperation(row === rows.astype ? 'astype' : name, inputs, output, began);
    for (const tape of watched) tape.record({ op: name, row, attrs: parsed.attrs, inputs, output });
    return output;
  } finally {
    for (const x of made) x.dispose();
  }
}

/** Tells the tapes that `to` is the same value as `from`. */
export function recordIdentity(op: string, from: Tensor, to: Tensor): void {
  const row: Vjp<unknown> = { vjp: (g) => [g], saves: 'nothing' };
  for (const tape of context.tapes)
    if (tape.watches(from)) tape.record({ op, row, attrs: undefined, inputs: [from], output: to });
}

/** Computes without recording: to the tapes all of it is one operation, with this gradient rule. */
export function asOne(
  op: string,
  row: Vjp<undefined>,
  inputs: readonly Tensor[],
  compute: () => Tensor,
): Tensor {
  const { tapes } = context;
  context.tapes = [];
  try {
    const output = compute();
    for (const tape of tapes)
      if (inputs.some((x) => tape.watches(x)))
        tape.record({ op, row: row as Vjp<unknown>, attrs: undefined, inputs, output });
    return output;
  } finally {
    context.tapes = tapes;
  }
}

function kindOf(x: Input): DType | number {
  if (typeof x === 'number') return x;
  return 'host' in x ? 'int32' : x.dtype;
}

/** The one device of the tensors, which must live; the current one where there are none. */
export function deviceOf(name: string, inputs: readonly (Input | Tensor)[]): Device {
  const devices = [...new Set(inputs.filter((x) => isTensor(x)).map((x) => x.storageFor(name).device))];
  const [device = currentDevice(), ...others] = devices;
  for (const used of [device, ...others]) used.requireAlive(name);
  if (others.length > 0)
    throw new DeviceError(
      `${name}: the tensors are on different devices (${devices.map((d) => d.kind).join(', ')}); move one: await t.to(device)`,
    );
  return device;
}

/** The device that new tensors are made on. */
export function currentDevice(): Device {
  if (!context.device) throw new DeviceError('no device: call await init() first');
  return context.device;
}

export function checkSupport(name: string, dtype: DType, device: Device): void {
  if (!device.supports(dtype))
    throw new DTypeError(
      `${name}: ${dtype} is not possible on ${device.kind}; use float32, or the CPU device: await t.to(cpu)`,
    );
}

/** The input as a tensor of the dtype, under the operation's name; what is made for this call alone is noted, to be disposed after it. */
function convert(name: string, x: Input, dtype: DType, device: Device, made: Tensor[]): Operable {
  if (isTensor(x) && x.dtype === dtype) return x;
  const converted =
    typeof x === 'number'
      ? constantTensor(x, [], dtype, device)
      : isTensor(x)
        ? call('astype', [x, dtype], name)
        : uploaded(x, device);
  made.push(converted);
  return converted as Operable;
}

function uploaded({ host, shape }: HostIndices, device: Device): Tensor {
  return new Tensor(device.upload(host, 'int32'), contiguous(shape));
}

/** A tensor whose every element is `value`: one element, broadcast. */
export function constantTensor(value: number, shape: Shape, dtype: DType, device: Device): Tensor {
  const layout = broadcastLayout({ shape: [], strides: [], offset: 0 }, shape);
  return new Tensor(device.constant(dtype, castValue(value, dtype)), layout);
}

function compute(
  name: string,
  row: Row,
  inputs: readonly Operable[],
  attrs: unknown,
  dtype: DType,
  shape: Shape,
  device: Device,
): Tensor {
  if ('view' in row) {
    const [x] = inputs as unknown as Inputs;
    const { operand, owned } = prepare(
      device,
      name,
      operandOf(x),
      row.accepts ? row.accepts(operandOf(x)) : true,
    );
    if (!owned) retain(operand.storage);
    return new Tensor(operand.storage, row.view(operand, attrs));
  }
  const values = inputs.map((x) => (x.dtype === 'float32' ? x.storage.constant : undefined));
  if (row.fold && dtype === 'float32' && !context.debug?.nan && !values.includes(undefined))
    return constantTensor(row.fold(...(values as [number, number, number])), shape, dtype, device);
  if (!canSee({ inputs }, bytesOf(dtype, shape), device)) {
    const run = (part: Job) =>
      compute(name, row, part.inputs as readonly Operable[], part.attrs, dtype, part.shape, device);
    const allocate = () => new Tensor(device.allocate(dtype, sizeOf(shape), name), contiguous(shape));
    const whole = row.parts && inHalves({ inputs, attrs, shape }, row.parts, device, run, allocate);
    if (whole) return whole;
  }
  const prepared = inputs.map((x, index) => {
    const operand = operandOf(x);
    return prepare(
      device,
      name,
      operand,
      row.accepts ? row.accepts(operand, index, attrs) : isContiguous(operand),
    );
  });
  const storage = device.allocate(dtype, sizeOf(shape), name);
  try {
    if (sizeOf(shape) > 0)
      runOperation(
        device,
        name,
        row.kernel,
        prepared.map((p) => p.operand),
        [{ ...contiguous(shape), storage, dtype }],
        attrs,
      );
    return new Tensor(storage, contiguous(shape));
  } catch (error) {
    release(storage);
    throw error;
  } finally {
    for (const { operand, owned } of prepared) if (owned) release(operand.storage);
  }
}

/** The operand as it is, or a contiguous copy that the caller owns. */
function prepare(
  device: Device,
  name: string,
  operand: Operand,
  accepted: boolean,
): { operand: Operand; owned: boolean } {
  if (accepted) return { operand, owned: false };
  const { dtype, shape } = operand;
  if (!isBindable(operand, device) || bytesOf(dtype, shape) > device.bindableBytes)
    return { operand: copyInParts(device, name, operand), owned: true };
  const copy = { ...contiguous(shape), storage: device.allocate(dtype, sizeOf(shape), name), dtype };
  if (sizeOf(shape) > 0) runKernel(device, name, copyKernel, [operand], [copy], undefined);
  return { operand: copy, owned: true };
}

/** A contiguous copy of what a kernel cannot see whole; the caller owns its storage. */
function copyInParts(device: Device, name: string, operand: Operand): Operand {
  const { dtype, shape, storage } = operand;
  retain(storage);
  const x = new Tensor(storage, operand) as Operable;
  const copy = compute(name, rows.contiguous as Row, [x], undefined, dtype, shape, device);
  retain(copy.storage);
  const found = operandOf(copy);
  for (const t of [x, copy]) t.dispose();
  return found;
}

/** Bytes of a result on a device that takes them in words. */
const bytesOf = (dtype: DType, shape: Shape): number => (dtype === 'float16' ? 2 : 4) * sizeOf(shape);

function operandOf(x: Tensor): Operand {
  const { shape, strides, offset, storage, dtype } = x;
  return { shape, strides, offset, storage, dtype };
}

function runKernel<A>(
  device: Device,
  op: string,
  kernel: Kernel<A>,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  attrs: A,
  named: string = op,
  updates: boolean = false,
): void {
  const bind = <O extends Operand>(xs: readonly O[], ys: readonly O[]): KernelCall<A, O> => ({
    op: named,
    inputs: xs as unknown as Operands<O>,
    outputs: ys as unknown as Operands<O>,
    attrs,
  });
  device.run({
    op,
    named,
    inputs,
    outputs,
    updates,
    map: kernel.map?.(inputs),
    cpu: (xs: readonly CpuOperand[], ys: readonly CpuOperand[], simd) => kernel.cpu(bind(xs, ys), simd),
    gpu: (xs, ys, gpu) => kernel.gpu(bind(xs, ys), gpu),
  });
}

/** As `runKernel`; under `debug({ nan: true })`, what makes a NaN or Infinity out of finite operands is an error. */
function runOperation<A>(
  device: Device,
  op: string,
  kernel: Kernel<A>,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  attrs: A,
  updates: boolean = false,
): void {
  // What a conversion from float16 finds was there before.
  if (!context.debug?.nan || inputs.some((x) => x.dtype === 'float16') || holdsNonFinite(attrs)) {
    runKernel(device, op, kernel, inputs, outputs, attrs, op, updates);
    return;
  }
  const sentence = finding(op, updates ? [...inputs, ...outputs] : inputs, outputs);
  const flag = device.upload(Int32Array.of(0), 'int32');
  const look = (operands: readonly Operand[], role: 'input' | 'output') => {
    for (const operand of operands) lookAt(device, op, operand, flag, role, sentence);
  };
  try {
    look(updates ? [...inputs, ...outputs] : inputs, 'input');
    runKernel(device, op, kernel, inputs, outputs, attrs, op, updates);
    look(outputs, 'output');
  } finally {
    release(flag);
  }
}

function lookAt(
  device: Device,
  op: string,
  operand: Operand,
  flag: Operand['storage'],
  role: 'input' | 'output',
  sentence: string,
): void {
  if (!isFloat(operand.dtype) || sizeOf(operand.shape) === 0) return;
  const { operand: x, owned } =
    operand.dtype === 'float16'
      ? { operand: widened(device, op, operand), owned: true }
      : prepare(device, op, operand, isContiguous(operand));
  try {
    const flags = { ...contiguous([1]), storage: flag, dtype: flag.dtype };
    runKernel(device, op, finiteKernel, [x], [flags], role, sentence);
  } finally {
    if (owned) release(x.storage);
  }
}

/** Makes a NaN or Infinity in a contiguous tensor an error that knows the step: on a GPU updates do nothing until it is read. */
export function watchFinite(x: Tensor, what: string, step: () => number): void {
  runKernel(deviceOf(what, [x as Operable]), 'watchFinite', watchKernel, [operandOf(x)], [], step, what);
}

/** A float16 result as float32. */
function widened(device: Device, op: string, x: Operand): Operand {
  const layout = contiguous(x.shape);
  const wide = {
    ...layout,
    storage: device.allocate('float32', sizeOf(x.shape), op),
    dtype: 'float32' as const,
  };
  runKernel(device, op, (rows.astype as { kernel: Kernel<DType> }).kernel, [x], [wide], 'float32');
  return wide;
}

/** A storage of the same content that nobody else sees; the caller owns it. */
export function copied(x: Tensor): Operand['storage'] {
  return prepare(x.storage.device, 'copy', operandOf(x), false).operand.storage;
}

/** A variable that nobody else sees, its gradient, and where its state begins. */
export interface Update {
  readonly w: Tensor;
  readonly g: Tensor;
  readonly place: number;
}

/** Runs an update rule on variables and the buffers of their state; messages know it by the optimizer's name. */
export function updateInPlace(
  rule: UpdateName,
  shownAs: string,
  list: readonly Update[],
  state: readonly Tensor[],
  how: Pick<UpdateAttrs, 'numbers' | 'decay'>,
): void {
  const device = deviceOf(shownAs, [...state, ...list.flatMap(({ w, g }) => [w, g])] as Operable[]);
  const began = listening() && performance.now();
  const targets = new Set(list.map(({ w }) => homeOf(w.storage)));
  const gradients = list.map(({ g }) =>
    prepare(device, shownAs, operandOf(g), isContiguous(g) && !targets.has(homeOf(g.storage))),
  );
  const segments = list
    .map(({ w, place }, k) => ({ w: operandOf(w), g: gradients[k]?.operand as Operand, place }))
    .filter(({ g }) => sizeOf(g.shape) > 0);
  const slots = state.map(operandOf);
  const run = (some: typeof segments, seen: readonly Operand[], from: number) =>
    runOperation(
      device,
      shownAs,
      updates[rule] as Kernel<UpdateAttrs>,
      some.map(({ g }) => g),
      [...seen, ...some.map(({ w }) => w)],
      { places: some.map(({ place }) => place - from), ...how },
      true,
    );
  const apart =
    context.debug?.nan ||
    [...segments.flatMap(({ w, g }) => [w, g]), ...slots].some(
      ({ storage }) => storage.bytes > device.bindableBytes,
    );
  if (!apart) {
    if (segments.length > 0) run(segments, slots, 0);
  } else {
    // Each variable for itself, in parts that a kernel sees of each operand, wherever the gradient begins.
    const most = Math.floor(device.bindableBytes / 256 - 1) * 64;
    for (const { w, g, place } of segments) {
      const count = sizeOf(g.shape);
      for (let at = 0; at < count; at += most) {
        const shape = count <= most ? g.shape : [Math.min(most, count - at)];
        const part = (x: Operand, offset: number): Operand => ({ ...x, ...contiguous(shape), offset });
        run(
          [{ w: part(w, w.offset + at), g: part(g, g.offset + at), place: place + at }],
          slots.map((s) => part(s, place + at)),
          place + at,
        );
      }
    }
  }
  for (const { operand, owned } of gradients) if (owned) release(operand.storage);
  const [first] = list;
  if (began !== false && first)
    tellOperation(
      shownAs,
      list.flatMap(({ w, g }) => [g, w]),
      first.w,
      began,
    );
}

// --- methods and functions ---

const functionsOnly: ReadonlySet<string> = new Set(FUNCTIONS_ONLY);

for (const name of Object.keys(table) as OpName[]) {
  if (functionsOnly.has(name)) continue;
  Object.defineProperty(Tensor.prototype, name, {
    value: function (this: Tensor, ...args: unknown[]) {
      return call(name, [this, ...args]);
    },
    configurable: true,
    writable: true,
  });
}

/** Every method as a function of the same name, the tensor first. */
export type Functions = {
  readonly [K in keyof TensorOps]: (
    x: TensorLike,
    ...args: Parameters<TensorOps[K]>
  ) => ReturnType<TensorOps[K]>;
};

/** The functions of the rows. */
export const rowFunctions: Readonly<Record<string, (...args: unknown[]) => Tensor>> = Object.fromEntries(
  Object.keys(table).map((name) => [name, (...args: unknown[]) => call(name as OpName, args)]),
);
