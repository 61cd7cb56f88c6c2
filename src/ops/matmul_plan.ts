/**
 * @file f(A·B + bias) as one dispatch: which shader, which loads, which grid. Pure.
 * The operands stay where they are: transposed, sliced and broadcast ones are read in place.
 */
import registerSource from '../../shaders/matmul.wgsl?raw';
import simpleSource from '../../shaders/matmul_simple.wgsl?raw';
import tiledSource from '../../shaders/matmul_tiled.wgsl?raw';
import { collapse, sizeOf } from '../core/shape.ts';
import type { Dispatch, GpuContext, Operand } from '../device/device.ts';
import { grid, wgslType } from './wgsl.ts';

/** A register tile a thread, a tile in workgroup memory a workgroup, or one element a thread. */
export type MatmulVariant = 'register' | 'tiled' | 'simple';

/** What happens to each element in the end: an expression of `x`, and the functions that it calls. */
interface MatmulActivation {
  readonly expression: string;
  readonly functions?: string;
}

/** A second tensor of an operand's layout, by whose elements `y` the operand's elements `g` are changed as they are read. */
interface MatmulMask {
  readonly of: 'a' | 'b';
  /** As contiguous as the operand, wherever it begins. */
  readonly y: Operand;
  /** Of Lanes, one element or four; Bits are as many u32. */
  readonly expression: string;
}

export interface MatmulCall {
  /** [..., M, K] of any strides; its batch axes are those of `out`, broadcast ones with stride 0. */
  readonly a: Operand;
  /** [..., K, N], likewise. */
  readonly b: Operand;
  /** [..., M, N], contiguous. */
  readonly out: Operand;
  /** [N], contiguous, added to each row. */
  readonly bias?: Operand | undefined;
  readonly activation?: MatmulActivation | undefined;
  /** Changes what is read of an operand. */
  readonly mask?: MatmulMask | undefined;
  /** One more row of `out`, behind the product: the sums of B's columns. */
  readonly sums?: boolean | undefined;
  /** Forces a variant, for tests and tuning. */
  readonly variant?: MatmulVariant | undefined;
}

/** An operand as C sees it: `count` lines (rows of A, columns of B), each of the length K. */
interface Lines {
  readonly operand: Operand;
  readonly count: number;
  /** The strides from line to line, from k to k + 1, and along the collapsed batch axes. */
  readonly line: number;
  readonly step: number;
  readonly batch: readonly number[];
  readonly mask: MatmulMask | undefined;
}

/** A product in plain numbers, as the variants plan it. */
interface Problem {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly rows: Lines;
  readonly columns: Lines;
}

/** The part of a dispatch in which the variants differ. */
interface Plan extends Pick<Dispatch, 'source' | 'shader' | 'constants'> {
  readonly slots: Record<string, string>;
  readonly workgroups: number;
  /** The same by a larger tile, which takes long to compile. */
  readonly faster?: Required<Pick<Dispatch, 'constants'>> & { readonly workgroups: number };
}

const BATCH_AXES = 4;

/** Whether matmul reads the operand in place: it does so with any strides, 0 and negative ones too. */
export function acceptsMatmul(operand: Operand): boolean {
  return (operand.dtype === 'float32' || operand.dtype === 'int32') && operand.shape.length >= 2;
}

/** Whether a product of this size is worth staging in workgroup memory; `sums` are then a product of their own. */
export function prefersTiles(m: number, n: number, k: number, context: GpuContext): boolean {
  return chooseVariant({ m, n, k, batch: 1 }, context) === 'tiled';
}

export function matmulDispatches(call: MatmulCall, context: GpuContext): Dispatch[] {
  const { a, b, out, bias, mask } = call;
  const batchShape = out.shape.slice(0, -2);
  const batch = sizeOf(batchShape);
  const [m, n] = [a.shape.at(-2) as number, out.shape.at(-1) as number];
  const k = a.shape.at(-1) as number;
  if (sizeOf(out.shape) === 0) return [];

  const { shape, strides } = collapse(batchShape, [a.strides.slice(0, -2), b.strides.slice(0, -2)]);
  if (shape.length > BATCH_AXES)
    throw new Error(`matmul: ${shape.length} batch axes after merging; 4 are possible`);
  const [aBatch, bBatch] = strides as [number[], number[]];
  const [aLine, aStep] = a.strides.slice(-2) as [number, number];
  const [bStep, bLine] = b.strides.slice(-2) as [number, number];
  const maskOf = (name: 'a' | 'b') => (mask?.of === name ? mask : undefined);
  const rows: Lines = { operand: a, count: m, line: aLine, step: aStep, batch: aBatch, mask: maskOf('a') };
  const columns: Lines = { operand: b, count: n, line: bLine, step: bStep, batch: bBatch, mask: maskOf('b') };

  const problem: Problem = { m, n, k, batch, rows, columns };
  const variant =
    out.dtype === 'int32'
      ? 'simple'
      : (call.variant ?? (call.sums ? 'register' : chooseVariant(problem, context)));
  const { slots, workgroups, faster, ...plan } = planners[variant](problem, call, context);
  const pad = (values: readonly number[], by: number) => [
    ...Array(BATCH_AXES - values.length).fill(by),
    ...values,
  ];
  return [
    {
      ...plan,
      slots: { ...slots, ...epilogueSlots(call, variant === 'simple') },
      buffers: [
        { storage: out.storage, access: 'read_write' },
        { storage: a.storage, access: 'read' },
        { storage: b.storage, access: 'read' },
        ...(bias ? [{ storage: bias.storage, access: 'read' as const }] : []),
        ...(mask ? [{ storage: mask.y.storage, access: 'read' as const }] : []),
      ],
      integers: [
        ...pad(shape, 1),
        ...pad(aBatch, 0),
        ...pad(bBatch, 0),
        ...[m, n, k, batch],
        ...[a.offset, b.offset, out.offset, bias?.offset ?? 0],
        ...[aLine, aStep, bLine, bStep],
        mask ? mask.y.offset - (mask.of === 'a' ? a : b).offset : 0,
      ],
      workgroups: grid(workgroups),
      ...(faster ? { faster: { ...faster, workgroups: grid(faster.workgroups) } } : {}),
      work: 2 * m * n * k * batch,
    },
  ];
}

const TILE = 64;
const DEPTH = 16;

/** Staging pays where many large tiles keep a GPU busy; a software adapter has no workgroup memory. */
function chooseVariant(
  { m, n, k, batch }: Pick<Problem, 'm' | 'n' | 'k' | 'batch'>,
  context: GpuContext,
): MatmulVariant {
  const tiles = Math.ceil(m / TILE) * Math.ceil(n / TILE) * batch;
  const filled = (m * n * batch) / (tiles * TILE * TILE);
  return !context.info.software && tiles >= 32 && filled > 0.5 && k >= DEPTH ? 'tiled' : 'register';
}

const planners: Record<MatmulVariant, (problem: Problem, call: MatmulCall, context: GpuContext) => Plan> = {
  register(problem, call, context) {
    const { m, n, k, batch, rows, columns } = problem;
    const software = context.info.software === true;
    const workgroup = software ? 4 : 64;
    const by = ([tall, wide]: Tile) => ({
      constants: {
        WORKGROUP: workgroup,
        TALL: tall,
        WIDE: wide,
        RAGGED: k % 4 === 0 ? 0 : 1,
        SUMS: call.sums ? 1 : 0,
      },
      workgroups: Math.ceil(
        (Math.ceil(Math.max(m, 1) / (4 * tall)) * Math.ceil(n / (4 * wide)) * batch) / workgroup,
      ),
    });
    const best = software ? softwareTile(problem) : gpuTile(problem);
    const quick: Tile = [1, 1];
    const waits = software && !call.variant && 2 * m * n * k * batch < LONG && best[0] * best[1] > 1;
    return {
      source: registerSource,
      shader: 'matmul',
      ...by(waits ? quick : best),
      ...(waits ? { faster: by(best) } : {}),
      slots: {
        ...loadSlots('a', access(rows, k), rows.mask),
        ...loadSlots('b', access(columns, k), columns.mask),
        ...storeSlots(call.out),
      },
    };
  },
  tiled({ m, n, k, batch, rows, columns }, call) {
    const a = access(rows, k);
    const b = access(columns, k);
    return {
      source: tiledSource,
      shader: 'matmul_tiled',
      constants: {
        RAGGED: k % DEPTH === 0 ? 0 : 1,
        A_ALONG: rows.step === 1 ? 1 : 0,
        B_ALONG: columns.step === 1 ? 1 : 0,
      },
      slots: {
        ...loadSlots('a', a, rows.mask),
        ...loadSlots('b', b, columns.mask),
        ...storeSlots(call.out),
      },
      workgroups: Math.ceil(m / TILE) * Math.ceil(n / TILE) * batch,
    };
  },
  simple({ m, n, batch }, call) {
    const workgroup = 64;
    return {
      source: simpleSource,
      shader: 'matmul_simple',
      constants: { WORKGROUP: workgroup },
      slots: { element: `alias Element = ${wgslType(call.out.dtype)};` },
      workgroups: Math.ceil((m * n * batch) / workgroup),
    };
  },
};

/** Operations for which SwiftShader compiles its largest tiles, in half a second, before it begins. */
const LONG = 5e8;

type Tile = readonly [tall: number, wide: number];

/**
 * SwiftShader runs four threads as the lanes of one vector. Measured: a load of one element costs as much
 * as ten multiplications and additions, so the largest tile wins unless it leaves a core idle or is
 * mostly edge.
 */
function softwareTile({ m, n, batch }: Problem): Tile {
  const LANES = 4;
  const CORES = 2;
  const cost = ([tall, wide]: Tile) => {
    const threads = Math.ceil(m / (4 * tall)) * Math.ceil(n / (4 * wide)) * batch;
    return Math.ceil(Math.ceil(threads / LANES) / CORES) * (10 * 4 * (tall + wide) + 16 * tall * wide);
  };
  const sizes = [4, 2, 1];
  const tiles = sizes.flatMap((tall) => sizes.map((wide): Tile => [tall, wide]));
  return tiles.reduce((best, tile) => (cost(tile) < cost(best) ? tile : best));
}

/** The largest tile that still gives a GPU threads to hide its memory's latency with. */
function gpuTile({ m, n, batch }: Problem): Tile {
  const ENOUGH = 4096;
  const tiles: Tile[] = [
    [m > 4 ? 2 : 1, n > 4 ? 2 : 1],
    [1, n > 4 ? 2 : 1],
  ];
  const threads = ([tall, wide]: Tile) => Math.ceil(m / (4 * tall)) * Math.ceil(n / (4 * wide)) * batch;
  return tiles.find((tile) => threads(tile) >= ENOUGH) ?? [1, 1];
}

/** How four slices of an operand are read: vectors along k, vectors across the lines, single elements. */
type Access = 'along' | 'across' | 'single';

function access({ operand, count, line, step, batch, mask }: Lines, k: number): Access {
  const aligned = [operand.offset, mask?.y.offset ?? 0, ...batch].every((n) => n % 4 === 0);
  if (aligned && step === 1 && (count === 1 || line % 4 === 0) && k > 1) return 'along';
  // The vector at the edge may hold elements past the last line: they end in the buffer's padding.
  if (aligned && line === 1 && (k === 1 || step % 4 === 0) && count > 1) return 'across';
  return 'single';
}

function loadSlots(name: 'a' | 'b', access: Access, mask: MatmulMask | undefined): Record<string, string> {
  const suffix = name.toUpperCase();
  const type = access === 'single' ? 'f32' : 'vec4f';
  const masked: Record<string, string> = mask ? { mask: maskText(mask, type) } : {};
  const element = (at: string) => (mask ? `masked(${name}[${at}], ${at})` : `${name}[${at}]`);
  if (access === 'single')
    return mask
      ? { ...masked, [`element${suffix}`]: `fn element${suffix}(i: u32) -> f32 { return ${element('i')}; }` }
      : {};
  const vectors = {
    ...masked,
    [name]: `@group(0) @binding(${name === 'a' ? 2 : 3}) var<storage, read> ${name}: array<vec4f>;`,
    [`element${suffix}`]: '',
  };
  if (access === 'across')
    return {
      ...vectors,
      [`slice${suffix}`]: `fn slice${suffix}(at: vec4u) -> vec4f { let i = at.x / 4; return ${element('i')}; }`,
    };
  const [x, y, z, w] = ['i.x', 'i.y', 'i.z', 'i.w'].map(element);
  return {
    ...vectors,
    [`slice${suffix}`]: '',
    [`slices${suffix}`]: `  let i = at / 4; return transpose(mat4x4f(${x}, ${y}, ${z}, ${w}));`,
  };
}

/**
 * The mask's buffer, behind the operands (masked products have no bias), and what it does to one element or to four at a
 * time: the expression has no branches, which would stand a hundred times in an unrolled loop.
 */
function maskText({ expression }: MatmulMask, type: 'f32' | 'vec4f'): string {
  const [bits, at] = type === 'f32' ? ['u32', 'i + params.mask'] : ['vec4u', '(4 * i + params.mask) / 4'];
  return `@group(0) @binding(4) var<storage, read> mask: array<${type}>;
alias Lanes = ${type};
alias Bits = ${bits};
fn masked(g: Lanes, i: u32) -> Lanes {
  let y = mask[${at}];
  return ${expression};
}`;
}

function storeSlots({ shape, offset }: Operand): Record<string, string> {
  if ((shape.at(-1) as number) % 4 !== 0 || offset % 4 !== 0) return {};
  return {
    c: '@group(0) @binding(1) var<storage, read_write> c: array<vec4f>;',
    store:
      '    if (column < params.n) { c[at / 4] = vec4f(activation(x.x), activation(x.y), activation(x.z), activation(x.w)); }',
  };
}

function epilogueSlots({ out, bias, activation }: MatmulCall, simple: boolean): Record<string, string> {
  const element = wgslType(out.dtype);
  const slots: Record<string, string> = {};
  if (bias) {
    slots.bias = `@group(0) @binding(4) var<storage, read> bias: array<${element}>;`;
    slots.shift = simple
      ? '  let shift = bias[params.bias + column];'
      : '  let first = params.bias + column; let shift = vec4f(bias[first], bias[first + 1], bias[first + 2], bias[first + 3]);';
  }
  if (activation)
    slots.activation = `${activation.functions ?? ''}
fn activation(x: ${element}) -> ${element} { return ${activation.expression}; }`;
  return slots;
}
