/**
 * @file C = f(A·B + bias) as dispatches, for whatever comes to such a product: matrices (matmul_plan.ts) and convolutions
 * (conv_plan.ts). Which shader, which loads, which grid. Pure.
 */
import registerSource from '../../shaders/matmul.wgsl?raw';
import simpleSource from '../../shaders/matmul_simple.wgsl?raw';
import tiledSource from '../../shaders/matmul_tiled.wgsl?raw';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand } from '../device/device.ts';
import { sumOfRows } from './partials.ts';
import {
  type Activation,
  accessOf,
  epilogueSlots,
  finishedText,
  type Lines,
  loadSlots,
  storeSlots,
} from './product_slots.ts';
import {
  chooseDivision,
  chooseVariant,
  DEPTH,
  type Division,
  SHORT,
  type Size,
  SMALL,
  TILE,
  threadsOf,
  type Variant,
} from './product_tiles.ts';
import { grid, wgslType } from './wgsl.ts';

/** How the sum over k is made of parts. */
export interface Parts {
  readonly count: number;
  /** Slices of each. */
  readonly depth: number;
  /** The stride of B from part to part. */
  readonly stride: number;
}

/** An A that is no matrix in memory: text for the slots of matmul.wgsl that says where its rows and parts lie. */
export interface Gather {
  /** The shader's name where it says what is done, and what tells this text from others of it. */
  readonly shader: string;
  readonly name: string;
  readonly slots: Readonly<Record<string, string>>;
  /** The parameters that the text reads. */
  readonly integers: readonly number[];
  readonly parts: Parts;
  /** Every slice has its own padding: they are taken one by one. */
  readonly bySlice: boolean;
  /** Slices in a part are not known to be multiples of four. */
  readonly ragged: boolean;
}

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** BATCH_AXES axes at most. */
  readonly batch: Shape;
  readonly rows: Lines;
  readonly columns: Lines;
  /** What C fills, in any shape; its strides along m and the axes of the batch. */
  readonly out: Operand;
  readonly cLine: number;
  readonly cBatch: readonly number[];
  /** [N], or as many for each matrix of the batch; contiguous, added to each row. */
  readonly bias?: Operand | undefined;
  /** The bias is one more row below each B of the batch. */
  readonly stacked?: boolean | undefined;
  /** [batch, N] from 0 on: the number of each column's activation, for stacked products. */
  readonly kinds?: Operand | undefined;
  readonly activation?: Activation | undefined;
  /** One more row of C, behind the product: the sums of B's columns. */
  readonly sums?: boolean | undefined;
  readonly gather?: Gather | undefined;
  /** Forces a variant, for tests and tuning. */
  readonly variant?: Variant | undefined;
}

/** Operations for which SwiftShader compiles its largest tiles, in half a second, before it begins. */
const LONG = 5e8;

/** Axes of the batch that the shaders have room for. */
export const BATCH_AXES = 4;

/** The part of a dispatch in which the variants differ. */
interface Plan extends Pick<Dispatch, 'source' | 'shader' | 'constants'> {
  readonly slots: Record<string, string>;
  readonly workgroups: number;
  /** The same by a larger tile or by unrolled loads, which take long to compile. */
  readonly faster?: { readonly constants: Record<string, number>; readonly workgroups: number };
}

export function productDispatches(product: Product, context: GpuContext): Dispatch[] {
  const { m, n, k, rows, columns, out, bias, stacked, kinds, gather } = product;
  const size = sizeOf(out.shape);
  if (size === 0) return [];
  const batch = sizeOf(product.batch);
  const variant = variantOf(product, { m, n, k, batch }, context);
  const division = divisionOf(product, variant, { m, n, k, batch }, context);
  const { splits } = division;
  const storage = splits === 1 ? out.storage : context.scratch('float32', splits * size);
  const parts = gather?.parts ?? cut(k, splits);
  const { slots, workgroups, faster, ...plan } = planners[variant](product, parts, division, context);
  const own = bias !== undefined && sizeOf(bias.shape) > n;
  const start = stacked ? 'batch * (params.k + 1) * params.n' : own ? 'batch * params.n' : '0';
  const filled = {
    ...slots,
    ...epilogueSlots(
      out,
      bias,
      product.activation,
      variant === 'simple'
        ? { shift: '  let shift = bias[params.bias + column];' }
        : { finished: finishedText(start, kinds !== undefined) },
      kinds,
    ),
  };
  const masked = [rows, columns].find(({ mask }) => mask);
  const y = masked?.mask?.y;
  // The cache knows long texts by their name.
  const named = (constants: Dispatch['constants']) =>
    gather && { key: JSON.stringify([gather.name, constants, filled]) };
  const dispatch: Dispatch = {
    ...plan,
    ...named(plan.constants),
    slots: { ...filled, ...gather?.slots },
    buffers: [
      { storage, access: 'read_write' },
      ...[rows.operand, columns.operand, bias, kinds, y].flatMap((x) =>
        x ? [{ storage: x.storage, access: 'read' as const }] : [],
      ),
    ],
    integers: [
      ...padded(product.batch, 1),
      ...padded(rows.batch, 0),
      ...padded(columns.batch, 0),
      ...padded(product.cBatch, 0),
      ...[m, n, k, batch],
      ...[rows.operand.offset, columns.operand.offset, out.offset, bias?.offset ?? 0],
      ...[rows.line, rows.step, columns.line, columns.step],
      ...[product.cLine, masked && y ? y.offset - masked.operand.offset : 0, splits, size],
      ...[parts.count, Math.ceil(parts.count / splits), parts.depth, parts.stride],
      ...(gather?.integers ?? []),
    ],
    workgroups: grid(workgroups),
    ...(faster && {
      faster: {
        constants: faster.constants,
        workgroups: grid(faster.workgroups),
        ...named(faster.constants),
      },
    }),
    work: 2 * m * n * k * batch,
  };
  return splits === 1 ? [dispatch] : [dispatch, sumOfRows(storage, out, splits)];
}

const padded = (values: readonly number[], by: number): number[] => [
  ...Array<number>(BATCH_AXES - values.length).fill(by),
  ...values,
];

/** A run of K slices for each thread that shares a tile, in whole blocks. */
function cut(k: number, splits: number): Parts {
  if (splits === 1) return { count: 1, depth: k, stride: 0 };
  const depth = Math.ceil(k / splits / 4) * 4;
  return { count: Math.ceil(k / depth), depth, stride: 0 };
}

function variantOf({ out, variant, sums, gather }: Product, size: Size, context: GpuContext): Variant {
  if (out.dtype === 'int32') return 'simple';
  return variant ?? (sums || gather ? 'register' : chooseVariant(size, context));
}

const isSmall = ({ m, n, k, batch }: Size, gather: Gather | undefined): boolean =>
  gather !== undefined && m * n * k * batch < SMALL;

/** Partial results have no place for what happens to their sum, and fill a result that is alone in its storage. */
function divisionOf(
  { out, bias, activation, gather }: Product,
  variant: Variant,
  size: Size,
  context: GpuContext,
): Division {
  if (isSmall(size, gather)) return { tall: 1, wide: 1, splits: 1 };
  const whole = variant !== 'register' || bias || activation || out.offset !== 0;
  const room = Math.floor(context.bindableBytes / 4 / sizeOf(out.shape));
  const most = whole ? 1 : Math.min(gather?.parts.count ?? size.k, room);
  return chooseDivision(size, most, context);
}

type Planner = (product: Product, parts: Parts, division: Division, context: GpuContext) => Plan;

const planners: Record<Variant, Planner> = {
  register(product, parts, { tall, wide, splits }, context) {
    const { m, n, k, batch, rows, columns, gather } = product;
    const workgroup = context.info.software ? 4 : 64;
    const [a, b] = [accessOf(rows, k), accessOf(columns, k)];
    // Where a block of four slices would be mostly empty.
    const few = gather ? gather.bySlice || parts.depth < 4 : k <= SHORT;
    const oneByOne = few && a !== 'along' && b !== 'along' && !product.sums;
    const special = !isSmall({ m, n, k, batch: sizeOf(batch) }, gather);
    const by = (tall: number, wide: number, rolled: boolean) => ({
      constants: constantsOf(tall, wide, rolled),
      workgroups: Math.ceil((threadsOf({ m, n, batch: sizeOf(batch) }, tall, wide) * splits) / workgroup),
    });
    const constantsOf = (tall: number, wide: number, rolled: boolean) => ({
      WORKGROUP: workgroup,
      TALL: tall,
      WIDE: wide,
      STEP: oneByOne ? 1 : 4,
      RAGGED: special && !gather?.ragged && parts.depth % 4 === 0 && k % 4 === 0 ? 0 : 1,
      LINE: special && m === 1 ? 1 : 0,
      FLAT:
        special && k <= SHORT && !product.activation && !product.kinds && !product.sums && tall < 4 ? 1 : 0,
      SUMS: product.sums ? 1 : 0,
      BATCHED: special && sizeOf(batch) === 1 ? 0 : 1,
      ROLLED: rolled ? 1 : 0,
    });
    const store = storeSlots(
      n,
      product.out.offset,
      product.cLine,
      ...product.cBatch,
      sizeOf(product.out.shape),
    );
    const rolls = !oneByOne && special; // small ones have a single pipeline for many shapes, and keep it
    const waits =
      context.info.software &&
      !product.variant &&
      (tall * wide > 1 || rolls) &&
      2 * m * n * k * sizeOf(batch) < LONG;
    return {
      source: registerSource,
      shader: gather?.shader ?? 'matmul',
      ...(waits ? by(1, 1, rolls) : by(tall, wide, false)),
      ...(waits ? { faster: by(tall, wide, false) } : {}),
      slots: { ...loadSlots('a', a, rows), ...loadSlots('b', b, columns), ...store },
    };
  },
  tiled({ m, n, k, batch, rows, columns, out, cLine, cBatch }) {
    return {
      source: tiledSource,
      shader: 'matmul_tiled',
      constants: {
        RAGGED: k % DEPTH === 0 ? 0 : 1,
        A_ALONG: rows.step === 1 ? 1 : 0,
        B_ALONG: columns.step === 1 ? 1 : 0,
      },
      slots: {
        ...loadSlots('a', accessOf(rows, k), rows),
        ...loadSlots('b', accessOf(columns, k), columns),
        ...storeSlots(n, out.offset, cLine, ...cBatch),
      },
      workgroups: Math.ceil(m / TILE) * Math.ceil(n / TILE) * sizeOf(batch),
    };
  },
  simple({ m, n, batch, out }) {
    const workgroup = 64;
    return {
      source: simpleSource,
      shader: 'matmul_simple',
      constants: { WORKGROUP: workgroup },
      slots: { element: `alias Element = ${wgslType(out.dtype)};` },
      workgroups: Math.ceil((m * n * sizeOf(batch)) / workgroup),
    };
  },
};
