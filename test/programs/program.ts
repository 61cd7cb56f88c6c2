// What a random program is: lines of data, each a tensor of given values or one operation on earlier lines. How it runs
// on a device, with its gradients, and how it reads as code. Nothing here is random.
import * as api from '../../src/index.ts';
import { type Device, type DType, grad, scope, type Tensor, tensor, valueAndGrad } from '../../src/index.ts';
import type { CompositeOps, PrimitiveOps } from '../../src/tensor.ts';
import { type Filled, generator, hash } from '../samples/inputs.ts';
import { build, type Lay } from '../samples/run.ts';

/** Every public operation but dropout, whose mask is another one on every device's own. */
export type ProgramOp =
  | keyof PrimitiveOps
  | Exclude<keyof CompositeOps, 'dropout'>
  | 'concat'
  | 'stack'
  | 'where'
  | 'einsum'
  | 'meshgrid'
  | 'stopGradient';

/** Stands for the tensor of an earlier line. */
export interface Ref {
  readonly ref: number;
}
export type Arg =
  | Ref
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly Arg[]
  | { readonly [name: string]: Arg };

export interface Leaf extends Filled {
  readonly lay: Lay;
}

export interface Step {
  readonly op: ProgramOp;
  readonly args: readonly Arg[];
  /** Which of several results. */
  readonly part?: string | number | undefined;
}

export type Line = Leaf | Step;

export interface Program {
  readonly lines: readonly Line[];
  /** Lines that no other uses: what the program computes. */
  readonly results: readonly number[];
  /** Results that a gradient flows from, and those of them that are not finite throughout. */
  readonly losses: readonly { readonly line: number; readonly finite: boolean }[];
  /** Leaves that a gradient flows to. */
  readonly by: readonly number[];
  /** Whether gradients of gradients are taken too. */
  readonly second: boolean;
  /** Whether gradients are taken by `checkpoint`. */
  readonly checkpoint: boolean;
}

export const isLeaf = (line: Line): line is Leaf => 'values' in line;
export const isRef = (arg: Arg): arg is Ref => typeof arg === 'object' && arg !== null && 'ref' in arg;

/** The lines that an argument names. */
export function refsOf(arg: Arg): number[] {
  if (typeof arg !== 'object' || arg === null) return [];
  return isRef(arg) ? [arg.ref] : Object.values(arg).flatMap(refsOf);
}

export const stepsOf = ({ lines }: Program): number[] =>
  lines.flatMap((line, k) => (isLeaf(line) ? [] : [k]));

// --- running ---

type Callable = (...args: readonly unknown[]) => unknown;
const functions = api as unknown as Readonly<Record<string, Callable>>;

function resolve(arg: Arg, tensors: readonly Tensor[]): unknown {
  if (typeof arg !== 'object' || arg === null) return arg;
  if (isRef(arg)) return tensors[arg.ref];
  if (Array.isArray(arg)) return arg.map((a) => resolve(a, tensors));
  return Object.fromEntries(Object.entries(arg).map(([name, a]) => [name, resolve(a as Arg, tensors)]));
}

/** Carries one step out on the tensors of the lines before. */
export function carryOut({ op, args, part }: Step, tensors: readonly Tensor[]): Tensor {
  const found = (functions[op] as Callable)(...args.map((a) => resolve(a, tensors)));
  return (part === undefined ? found : (found as Record<string | number, unknown>)[part]) as Tensor;
}

export interface Where {
  readonly device: Device;
  readonly float: DType;
  /** Whether gradients compute the program once more instead of keeping what it made; they are the same. */
  readonly checkpoint?: boolean | undefined;
}

export const buildLeaf = (leaf: Leaf, where: Where): Tensor => build(leaf, leaf.lay, where);

function evaluate(program: Program, leaves: ReadonlyMap<number, Tensor>): Tensor[] {
  const tensors: Tensor[] = [];
  program.lines.forEach((line, k) => {
    tensors.push(isLeaf(line) ? (leaves.get(k) as Tensor) : carryOut(line, tensors));
  });
  return tensors;
}

/** Multiples of 1/64 in [−1, 1] without 0. */
function weights(seed: string, { shape, device }: Tensor, float: DType): Tensor {
  const random = generator(hash(seed));
  const count = shape.reduce((n, d) => n * d, 1);
  const values = Float64Array.from(
    { length: count },
    () => (Math.floor(random() * 64) + 1) / (random() < 0.5 ? -64 : 64),
  );
  return tensor(values, { shape, dtype: float, device });
}

const total = (parts: readonly Tensor[]): Tensor => parts.reduce((a, b) => a.add(b));

/** The program's results, then its gradients by the leaves in `by`, then those of Σ v·gradient. */
export function run(program: Program, where: Where): Tensor[] {
  const { lines, results, losses, by, second } = program;
  const { float, checkpoint: again = false } = where;
  return scope(() => {
    const leaves = new Map(
      lines.flatMap((line, k): [number, Tensor][] => (isLeaf(line) ? [[k, buildLeaf(line, where)]] : [])),
    );
    if (by.length === 0 || losses.length === 0) {
      const tensors = evaluate(program, leaves);
      return results.map((k) => tensors[k] as Tensor);
    }
    const objective = (xs: readonly Tensor[]): [Tensor, Tensor[]] => {
      const tensors = evaluate(
        program,
        new Map([...leaves, ...by.map((k, i): [number, Tensor] => [k, xs[i] as Tensor])]),
      );
      const parts = losses.map(({ line, finite }) => {
        const y = tensors[line] as Tensor;
        const kept = finite ? y : api.where(y.isFinite(), y, 0);
        return kept.mul(weights(`w ${line}`, y, float)).sum();
      });
      return [total(parts), results.map((k) => tensors[k] as Tensor)];
    };
    const loss = (xs: readonly Tensor[]): Tensor =>
      again ? api.checkpoint((...ys: Tensor[]) => objective(ys)[0])(...xs) : objective(xs)[0];
    const xs = by.map((k) => leaves.get(k) as Tensor);
    const { grad: gradients, aux } = again
      ? { grad: grad(loss)(xs), aux: objective(xs)[1] }
      : valueAndGrad(objective, { aux: true })(xs);
    // The second term is for what a gradient depends on by way of a comparison alone, which would be an error.
    const slope = (zs: readonly Tensor[]): Tensor =>
      total([
        ...grad(loss)(zs).map((g, k) => g.mul(weights(`v ${k}`, g, float)).sum()),
        ...zs.map((z) => z.mul(0).sum()),
      ]);
    return [...aux, ...gradients, ...(second ? grad(slope)(xs) : [])];
  });
}

/** What each tensor of `run` is, for messages. */
export function labels({ lines, results, losses, by, second }: Program): string[] {
  const gradients = losses.length > 0 ? by : [];
  return [
    ...results.map((k) => name(k, lines)),
    ...gradients.map((k) => `the gradient by ${name(k, lines)}`),
    ...(second ? gradients.map((k) => `the second gradient by ${name(k, lines)}`) : []),
  ];
}

// --- reading ---

const name = (k: number, lines: readonly Line[]): string => `${isLeaf(lines[k] as Line) ? 'x' : 't'}${k}`;
const FUNCTIONS: ReadonlySet<ProgramOp> = new Set([
  'concat',
  'stack',
  'where',
  'einsum',
  'meshgrid',
  'stopGradient',
]);
/** Values of a leaf that are shown. */
const SHOWN = 32;

function show(arg: Arg, lines: readonly Line[]): string {
  if (typeof arg === 'string') return `'${arg}'`;
  if (typeof arg !== 'object' || arg === null) return Object.is(arg, -0) ? '-0' : String(arg);
  if (isRef(arg)) return name(arg.ref, lines);
  if (Array.isArray(arg)) return `[${arg.map((a) => show(a, lines)).join(', ')}]`;
  const entries = Object.entries(arg).map(([key, a]) => `${key}: ${show(a as Arg, lines)}`);
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}';
}

function showLeaf({ kind, shape, to, values, lay }: Leaf, lines: readonly Line[]): string {
  const dtype = kind === 'float' ? '' : `, dtype: '${kind}'`;
  const list = show(values.slice(0, SHOWN), lines);
  const rest = values.length > SHOWN ? ` /* and ${values.length - SHOWN} more */` : '';
  const repeated = to ? `.broadcastTo(${show(to, lines)})` : '';
  return `tensor(${list}${rest}, { shape: ${show(shape, lines)}${dtype} })${repeated};${lay === 'plain' ? '' : ` // ${lay}`}`;
}

function showStep({ op, args, part }: Step, lines: readonly Line[]): string {
  const [first] = args;
  const method = !FUNCTIONS.has(op) && first !== undefined && isRef(first);
  const given = [...args];
  while (given.length > 0 && given.at(-1) === undefined) given.pop();
  const texts = given.map((a) => show(a, lines));
  const call = method ? `${texts[0]}.${op}(${texts.slice(1).join(', ')})` : `${op}(${texts.join(', ')})`;
  return `${call}${part === undefined ? '' : typeof part === 'number' ? `[${part}]` : `.${part}`};`;
}

/** The program as code, a line each. */
export function listing({ lines }: Pick<Program, 'lines'>): string {
  return lines
    .map(
      (line, k) =>
        `const ${name(k, lines)} = ${isLeaf(line) ? showLeaf(line, lines) : showStep(line, lines)}`,
    )
    .join('\n');
}
