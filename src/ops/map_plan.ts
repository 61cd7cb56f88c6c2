/**
 * @file An elementwise formula as one dispatch: which shader, how each operand is read, how much a thread does. Contiguous
 * operands go four elements at a time, others row by row through their strides; a number travels in the uniforms. Pure.
 */
import flatSource from '../../shaders/elementwise.wgsl?raw';
import rowsSource from '../../shaders/elementwise_rows.wgsl?raw';
import { broadcastLayout, collapse, isContiguous, MAX_RANK, sizeOf } from '../core/shape.ts';
import type { DeviceInfo, Dispatch, Operand } from '../device/device.ts';
import { flatSlots, four, isLight, NAMES, type Reading, type Role, rowSlots } from './map_text.ts';
import { grid, wgslType } from './wgsl.ts';

const WORKGROUP = 256;
/** Elements from which on a layout is worth a pipeline of its own; smaller results share one for all layouts. */
const LARGE = 4096;
/** What keeps a device busy, and how many threads read neighbouring vectors at once. */
const SOFTWARE = { threads: 2048, lanes: 4, each: 8 };
const GPU = { threads: 65536, lanes: 64, each: 4 };

type Planned = Pick<
  Dispatch,
  'source' | 'shader' | 'key' | 'slots' | 'constants' | 'integers' | 'workgroups' | 'work'
>;

/** The formula and its operands as both shaders see them. */
interface Call {
  readonly expression: string;
  readonly y: Operand;
  /** Broadcast to y, without the numbers. */
  readonly tensors: readonly Operand[];
  readonly roles: readonly Role[];
  /** Names the text apart from how operands are read. */
  readonly variant: string;
  readonly integers: readonly number[];
  readonly software: boolean;
}

/** Dispatches `expression` of the operands (a, b, c, d) into `y`; the operands broadcast to it. */
export function mapDispatch(
  expression: string,
  operands: readonly Operand[],
  y: Operand,
  { software = false }: Pick<DeviceInfo, 'software'>,
): Dispatch {
  const inputs = operands.map((x) => ({ ...x, ...broadcastLayout(x, y.shape) }));
  const tensors = inputs.filter((x) => x.storage.constant === undefined);
  const roles = inputs.map((x, k): Role => {
    const place = tensors.indexOf(x);
    return { name: NAMES[k] as string, type: wgslType(x.dtype), buffer: place < 0 ? undefined : place };
  });
  const numbers = (type: Role['type']): number[] =>
    inputs.flatMap((x, k) => (roles[k]?.type === type ? [x.storage.constant ?? []].flat() : []));
  const variant = `${wgslType(y.dtype)} ${roles.map((r) => r.type + (r.buffer ?? '#')).join(' ')} ${expression}`;
  const call: Call = { expression, y, tensors, roles, variant, integers: numbers('i32'), software };
  return {
    ...(flat(call) ?? inRows(call)),
    buffers: [
      { storage: y.storage, access: 'read_write' as const },
      ...tensors.map(({ storage }) => ({ storage, access: 'read' as const })),
    ],
    floats: numbers('f32'),
  };
}

/** A count for each thread that leaves the device enough of them. */
const share = (count: number, { threads, each }: typeof GPU): number =>
  Math.max(1, Math.min(each, Math.floor(count / threads)));

const inVectors = ({ offset }: Operand): boolean => offset % 4 === 0;
const ownsStorage = ({ storage, offset, shape }: Operand): boolean =>
  offset === 0 && storage.length === sizeOf(shape);

/** Where the result lies contiguous, and every operand does too, or is one element. */
function flat({ expression, y, tensors, roles, variant, integers, software }: Call): Planned | undefined {
  const size = sizeOf(y.shape);
  // The last vector may reach behind the result: into padding, but in a window of a larger storage into its neighbours.
  if (!isContiguous(y) || !inVectors(y) || !(size % 4 === 0 || ownsStorage(y))) return undefined;
  const readings: Reading[] = [];
  for (const x of tensors) {
    if (x.strides.every((s, d) => s === 0 || x.shape[d] === 1)) readings.push('one');
    else if (isContiguous(x) && inVectors(x)) readings.push('vector');
    else return undefined;
  }
  const by = software ? SOFTWARE : GPU;
  const vectors = Math.ceil(size / 4);
  const each = isLight(expression) ? share(vectors, by) : 1;
  const starts = tensors.map(({ offset }, k) => (readings[k] === 'one' ? offset : offset / 4));
  const key = `${by.lanes} ${readings} ${variant}`;
  const threads = Math.ceil(vectors / (each * by.lanes)) * by.lanes;
  return {
    source: flatSource,
    shader: 'elementwise',
    key,
    slots: once(`flat ${key}`, () => flatSlots(expression, roles, wgslType(y.dtype), readings)),
    constants: { WORKGROUP, LANES: by.lanes },
    integers: [vectors, each, y.offset / 4, 0, ...four(starts), ...integers],
    workgroups: grid(Math.ceil(threads / WORKGROUP)),
    work: size * 8,
  };
}

/** Any layout: rows of neighbouring elements, through strides. */
function inRows({ expression, y, tensors, roles, variant, integers, software }: Call): Planned {
  const { shape, strides } = collapse(y.shape, [y.strides, ...tensors.map((x) => x.strides)]);
  while (shape.length < 2) {
    shape.unshift(1);
    for (const list of strides) list.unshift(0);
  }
  const [to, ...from] = strides as [number[], ...number[][]];
  const size = sizeOf(shape);
  const last = shape.length - 1;
  const columns = shape[last] as number;
  /** Whether vectors along an axis begin where a vector of the buffer does, in each line. */
  const aligned = (x: Operand, list: readonly number[], along: number) =>
    inVectors(x) && list[along] === 1 && list.every((s, d) => d === along || shape[d] === 1 || s % 4 === 0);
  const large = size >= LARGE;
  const wide = large && aligned(y, to, last) && (columns % 4 === 0 || (size === columns && ownsStorage(y)));

  // The axis along which an operand lies in memory takes the place of the rows.
  const across =
    wide && isLight(expression)
      ? shape.findIndex((n, d) => d < last && n >= 4 && tensors.some((x, k) => aligned(x, from[k] ?? [], d)))
      : -1;
  const order = shape.map((_, d) => d);
  if (across >= 0) order.splice(last - 1, 0, ...order.splice(across, 1));
  const reading = (x: Operand, list: readonly number[]): Reading => {
    const column = list[last] as number;
    if (across >= 0 && aligned(x, list, across)) return 'square';
    const values = !wide ? 'element' : column === 0 ? 'one' : aligned(x, list, last) ? 'vector' : 'elements';
    return large && list[order[last - 1] as number] === 0 ? `${values} once` : values;
  };
  const readings = tensors.map((x, k) => reading(x, from[k] ?? []));

  const width = wide ? 4 : 1;
  const rows = shape[order[last - 1] as number] as number;
  const groups = Math.ceil(columns / width);
  const by = software ? SOFTWARE : GPU;
  // Of few columns neighbouring threads read neighbouring rows.
  const ragged = across >= 0 && rows % 4 !== 0;
  const text = `${width} ${ragged} ${readings} ${variant}`;
  const several = isLight(expression) && (software || groups >= 16);
  const each = across >= 0 ? 4 : several ? Math.min(rows, share((size / columns) * groups, by)) : 1;
  const side = across >= 0 && !software ? 8 : 1;
  const along = [groups, Math.ceil(rows / each)] as const;
  const squares = along.map((n) => Math.ceil(n / side)) as [number, number];
  const threads = (size / columns / rows) * squares[0] * squares[1] * side ** 2;
  const axes = Array.from({ length: MAX_RANK }, (_, d) => {
    const own = order[last - d] ?? -1;
    return [
      shape[own] ?? 1,
      to[own] ?? 0,
      along[d] ?? 0,
      squares[d] ?? 0,
      ...four(from.map((s) => s[own] ?? 0)),
    ];
  });
  const outer = large ? shape.length - 2 : MAX_RANK - 2;
  return {
    source: rowsSource,
    shader: 'elementwise_rows',
    key: `${outer} ${side} ${text}`,
    slots: once(text, () => rowSlots(expression, roles, wgslType(y.dtype), width, readings, ragged)),
    constants: { WORKGROUP, WIDTH: width, OUTER: outer, SIDE: side },
    integers: [
      threads,
      y.offset,
      each,
      0,
      ...four(tensors.map((x) => x.offset)),
      ...axes.flat(),
      ...integers,
    ],
    workgroups: grid(Math.ceil(threads / WORKGROUP)),
    work: size * (wide ? 8 : 16),
  };
}

type Slots = NonNullable<Dispatch['slots']>;

const texts = new Map<string, Slots>();

/** The text of a variant is made once. */
function once(variant: string, make: () => Slots): Slots {
  const slots = texts.get(variant) ?? make();
  texts.set(variant, slots);
  return slots;
}
