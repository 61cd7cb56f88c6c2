/**
 * @file The text that fills the slots of matmul.wgsl and its like: loads of one element or of four neighbours, stores, and
 * what happens to each element on the way.
 */
import type { Operand } from '../device/device.ts';
import { mathFunctions, wgslType } from './wgsl.ts';

/** What happens to each element in the end: an expression of `x`, and the functions that it calls. */
export interface Activation {
  readonly expression: string;
  readonly functions?: string;
}

/** A second tensor of an operand's layout, by whose elements `y` the operand's elements `g` are changed as they are read. */
export interface Mask {
  /** As contiguous as the operand, wherever it begins. */
  readonly y: Operand;
  /** Of Lanes, one element or four; Bits are as many u32. */
  readonly expression: string;
}

/** An operand as C sees it: `count` lines (rows of A, columns of B), each of the length K. */
export interface Lines {
  readonly operand: Operand;
  readonly count: number;
  /** The strides from line to line, from k to k + 1, and along the axes of the batch. */
  readonly line: number;
  readonly step: number;
  readonly batch: readonly number[];
  /** Numbers of lines or slices that end where the next ones are no neighbours. */
  readonly runs?: readonly number[];
  readonly mask?: Mask | undefined;
}

type Slots = Record<string, string>;

/** How four slices of an operand are read: vectors along k, vectors across the lines, single elements. */
export type Access = 'along' | 'across' | 'single';

const fours = (...sizes: readonly number[]): boolean => sizes.every((n) => n % 4 === 0);

export function accessOf({ operand, count, line, step, batch, runs = [], mask }: Lines, k: number): Access {
  const aligned = fours(operand.offset, mask?.y.offset ?? 0, ...batch, ...runs);
  if (aligned && step === 1 && (count === 1 || line % 4 === 0) && k > 1) return 'along';
  // The vector at the edge may hold elements past the last line: they end in the buffer's padding.
  if (aligned && line === 1 && (k === 1 || step % 4 === 0) && count > 1) return 'across';
  return 'single';
}

/** A lone line stands for all four, and is read once. */
export function loadSlots(name: 'a' | 'b', access: Access, { mask, count }: Lines): Slots {
  const suffix = name.toUpperCase();
  const type = access === 'single' ? 'f32' : 'vec4f';
  const masked: Slots = mask ? { mask: maskText(mask, type) } : {};
  const element = (at: string) => (mask ? `masked(${name}[${at}], ${at})` : `${name}[${at}]`);
  if (access === 'single')
    return {
      ...masked,
      ...(mask && { [`element${suffix}`]: `fn element${suffix}(i: u32) -> f32 { return ${element('i')}; }` }),
      ...(count === 1 && {
        [`slice${suffix}`]: `fn slice${suffix}(at: vec4u) -> vec4f { return vec4f(element${suffix}(at.x)); }`,
      }),
    };
  const slice = (body: string) => ({
    [`slice${suffix}`]: `fn slice${suffix}(at: vec4u) -> vec4f { ${body} }`,
  });
  const vectors = {
    ...masked,
    [name]: `@group(0) @binding(${name === 'a' ? 2 : 3}) var<storage, read> ${name}: array<vec4f>;`,
    [`element${suffix}`]: '',
  };
  if (access === 'across') return { ...vectors, ...slice(`let i = at.x / 4; return ${element('i')};`) };
  return {
    ...vectors,
    ...slice('return vec4f();'), // never called: vectors along k are four slices
    [`vector${suffix}`]: `fn vector${suffix}(at: vec4u, line: u32) -> vec4f { let i = at[line] / 4; return ${element('i')}; }`,
    ...(count === 1 && {
      [`load${suffix}`]: `  let x = vector${suffix}(at, 0); four = mat4x4f(x, x, x, x);`,
    }),
    [`turn${suffix}`]: '  return transpose(four);',
  };
}

/**
 * The mask's buffer, behind the operands (masked products have no bias), and what it does to one element or to four at a
 * time: the expression has no branches, which would stand a hundred times in an unrolled loop.
 */
function maskText({ expression }: Mask, type: 'f32' | 'vec4f'): string {
  const [bits, at] = type === 'f32' ? ['u32', 'i + params.mask'] : ['vec4u', '(4 * i + params.mask) / 4'];
  return `@group(0) @binding(4) var<storage, read> mask: array<${type}>;
alias Lanes = ${type};
alias Bits = ${bits};
fn masked(g: Lanes, i: u32) -> Lanes {
  let y = mask[${at}];
  return ${expression};
}`;
}

/** Stores of four, where every row of C begins at a multiple of four and is as long. */
export function storeSlots(n: number, ...starts: readonly number[]): Slots {
  if (!fours(n, ...starts)) return {};
  return {
    c: '@group(0) @binding(1) var<storage, read_write> c: array<vec4f>;',
    store: '  c[at / 4] = vec4f(activation(x.x), activation(x.y), activation(x.z), activation(x.w));',
  };
}

/** Bias and activation; `shift` is the text that adds the bias to sums. */
export function epilogueSlots(
  out: Operand,
  bias: Operand | undefined,
  activation: Activation | undefined,
  shift: Slots,
  kinds?: Operand,
): Slots {
  const element = wgslType(out.dtype);
  const slots: Slots = bias
    ? { bias: `@group(0) @binding(4) var<storage, read> bias: array<${element}>;`, ...shift }
    : {};
  if (kinds) slots.bias += ' @group(0) @binding(5) var<storage, read> kinds: array<f32>;';
  if (activation)
    slots.activation = `${activation.functions ?? ''}
fn activation(x: ${element}) -> ${element} { return ${activation.expression}; }`;
  return slots;
}

/**
 * Adds the bias to a row of four, and applies each column's activation where there are numbers of them: in a loop, for copies
 * of all activations would take long to compile. `start` is where the batch's biases begin.
 */
export function finishedText(start: string, kinds: boolean): string {
  const activate = `  let kind = batch * params.n + column;
  for (var i = 0u; i < 4; i++) { y[i] = unit_(y[i], kinds[kind + i]); }`;
  return `${kinds ? mathFunctions('unit_()') : ''}
fn finished(x: vec4f, batch: u32, column: u32) -> vec4f {
  let first = params.bias + ${start} + column;
  var y = x + vec4f(bias[first], bias[first + 1], bias[first + 2], bias[first + 3]);
${kinds ? activate : ''}
  return y;
}`;
}
