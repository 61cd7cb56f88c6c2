// Makes a program out of natural numbers, its genes: every list of genes is a valid program, so that fast-check may leave
// out and lessen genes when it looks for a smaller counterexample. Each step is carried out as it is drawn: what the
// next may be depends on the shapes and values that are there.
import { isFloat } from '../../src/core/dtype.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { type DType, scope, type Tensor, type TypedArray } from '../../src/index.ts';
import { generator, type Kind } from '../samples/inputs.ts';
import type { Lay } from '../samples/run.ts';
import { type StepRule, stepOps } from './ops.ts';
import {
  type Arg,
  buildLeaf,
  carryOut,
  isLeaf,
  type Leaf,
  type Line,
  type Program,
  type ProgramOp,
  type Ref,
  refsOf,
  type Step,
  type Where,
} from './program.ts';

export interface Genome {
  readonly leaves: readonly (readonly number[])[];
  readonly steps: readonly (readonly number[])[];
  readonly second: boolean;
  readonly checkpoint: boolean;
}

/** Sizes of axes by their gene: the first is the simplest. */
const SIZES = [2, 3, 1, 4, 2, 3, 1, 5, 2, 3, 1, 4, 7, 2, 3, 6, 1, 2, 3, 4, 0, 2, 3, 9, 5, 4, 17, 3, 140, 70];
const KINDS: readonly Kind[] = [
  'float',
  'float',
  'float',
  'float',
  'float',
  'float',
  'int32',
  'bool',
  'float',
  'float16',
];
const LAYS: readonly Lay[] = ['plain', 'plain', 'strided', 'offset', 'strided'];
const LARGEST = 800;
export const MOST_AXES = 5;
/** Beyond this, results are of no interest, and float32 would overflow soon. */
const HUGE = 1e6;

/** Reads one list of genes after the other end, over and over. */
export class Genes {
  #at = 0;
  constructor(private readonly list: readonly number[]) {}

  /** A natural number below n; 0 where the gene is 0. */
  next(n: number): number {
    const at = this.#at++;
    const gene = this.list.length > 0 ? (this.list[at % this.list.length] as number) : 0;
    return gene === 0 ? 0 : (gene + Math.floor(at / this.list.length) * 7919) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T;
  }

  /** True once in n. */
  once(n: number): boolean {
    return this.next(n) === n - 1;
  }
}

/** A line that has been carried out. */
export interface Value extends Ref {
  readonly tensor: Tensor;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: TypedArray;
  /** The largest finite magnitude. */
  readonly size: number;
  readonly finite: boolean;
  /** Leaves from which it is made by differentiable operations. */
  readonly reach: ReadonlySet<number>;
}

/** Results do not depend on these operands by way of a derivative that is not 0 everywhere. */
const FLAT: ReadonlySet<ProgramOp> = new Set([
  'stopGradient',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sign',
  'floorDivide',
]);

/** The arguments that the values of the result come from: not a condition, nor the vectors of a grid's other parts. */
function weighed({ op, args, part }: Step): readonly Arg[] {
  if (op === 'where') return args.slice(1);
  return op === 'meshgrid' ? [args[part as number]] : args;
}

export class Draw extends Genes {
  constructor(
    genes: readonly number[],
    private readonly built: Built,
  ) {
    super(genes);
  }

  /** An earlier line that fits, a recent one rather. */
  find(fits: (x: Value) => boolean = () => true): Value | undefined {
    const found = this.built.values.filter(fits);
    const back = Math.floor((this.next(101) / 101) ** 2 * found.length);
    return found.at(-1 - back);
  }

  /** One that fits, or a new leaf. */
  findOr(fits: (x: Value) => boolean, make: () => Value): Value {
    return (this.once(3) ? undefined : this.find(fits)) ?? make();
  }

  leaf(shape: Shape, kind: Kind = 'float', low?: number, high?: number): Value {
    return this.built.leaf(this, shape, kind, low, high);
  }

  number(): number {
    return this.pick([2, 1, -1, 0.5, 3, 0, -1.5, 0.1, 7, -2]);
  }

  /** Any axis of so many, also counted from the end. */
  axis(rank: number): number {
    return this.next(2 * rank) - rank;
  }

  /** What reductions take: all, one, or some axes. */
  axes(rank: number): number | number[] | undefined {
    const how = this.next(4);
    if (rank === 0 || how === 0) return undefined;
    if (how < 3) return this.axis(rank);
    return Array.from({ length: rank }, (_, d) => (this.once(2) ? d - rank : d)).filter(
      () => this.next(2) === 1,
    );
  }

  /** A shape that broadcasts with this one. */
  compatible(shape: Shape): Shape {
    const cut = this.once(3) && shape.length > 0 ? 1 + this.next(shape.length) : 0;
    return shape.slice(cut).map((n) => (this.once(4) ? 1 : n));
  }

  /** The numbers below n in some order. */
  order(n: number): number[] {
    const list = Array.from({ length: n }, (_, k) => k);
    return list.map((_, k) => {
      const j = k + this.next(n - k);
      [list[k], list[j]] = [list[j] as number, list[k] as number];
      return list[k] as number;
    });
  }
}

/** The lines so far. */
class Built {
  readonly lines: Line[] = [];
  readonly values: Value[] = [];
  constructor(private readonly where: Where) {}

  add(line: Line, tensor: Tensor): Value {
    this.lines.push(line);
    const ref = this.lines.length - 1;
    const value = {
      ref,
      tensor,
      shape: tensor.shape,
      dtype: tensor.dtype,
      ...measure(tensor),
      reach: this.#reach(ref, line, tensor),
    };
    this.values.push(value);
    return value;
  }

  #reach(ref: number, line: Line, tensor: Tensor): Set<number> {
    if (!isFloat(tensor.dtype)) return new Set();
    if (isLeaf(line)) return new Set([ref]);
    if (FLAT.has(line.op)) return new Set();
    return new Set(
      weighed(line)
        .flatMap(refsOf)
        .flatMap((k) => [...(this.values[k] as Value).reach]),
    );
  }

  leaf(genes: Genes, shape: Shape, kind: Kind, low?: number, high?: number): Value {
    const lay = genes.pick(LAYS);
    const wide = genes.once(5) ? shape.findIndex((n) => n > 1) : -1; // an axis that is repeated with a stride of 0
    const own = wide < 0 ? shape : shape.map((n, d) => (d === wide ? 1 : n));
    const values = spread(genes, kind, sizeOf(own), low, high);
    const leaf: Leaf = { kind, shape: own, values, lay, ...(wide < 0 ? {} : { to: shape }) };
    return this.add(leaf, buildLeaf(leaf, this.where));
  }

  /** Forgets the lines from there on. */
  cut(length: number): void {
    this.lines.length = length;
    this.values.length = length;
  }
}

function measure(tensor: Tensor): Pick<Value, 'values' | 'size' | 'finite'> {
  const values = tensor.dataSync();
  let size = 0;
  let finite = true;
  for (const v of values) {
    if (Number.isFinite(v)) size = Math.max(size, Math.abs(v));
    else finite = false;
  }
  return { values, size, finite };
}

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e30, -1e-30, 1e-40];

/** Values of a leaf. Most are multiples of 1/8, with which sums and products are exact, and of which some are equal. */
function spread(genes: Genes, kind: Kind, count: number, low?: number, high?: number): number[] {
  const how = genes.next(12);
  const random = generator(genes.next(65536));
  const list = (make: (k: number) => number) => Array.from({ length: count }, (_, k) => make(k));
  if (kind === 'bool') return list(() => Number(random() < 0.5));
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  if (kind === 'int32') return list(() => between(low ?? (how > 9 ? -40 : -4), high ?? (how > 9 ? 40 : 4)));
  const [from, to] = [low ?? -2, high ?? 2];
  if (how === 0 && low === undefined) return list((k) => (k % 5) + 1);
  if (how < 5 || kind === 'float16') return list(() => between(8 * from, 8 * to) / 8);
  if (how < 7 && low === undefined) return list(() => between(-512, 512) / 64);
  if (how > 9 && low === undefined)
    return list(() =>
      Math.fround(
        random() < 0.2 ? (SPECIAL[Math.floor(random() * SPECIAL.length)] as number) : 4 * random() - 2,
      ),
    );
  return list(() => Math.fround(from + (to - from) * random()));
}

/** The step, if its result is worth going on with: not too large, finite where its operands are. */
function attempt(built: Built, op: ProgramOp, rule: StepRule, draw: Draw): boolean {
  const before = built.lines.length;
  const drawn = rule(draw);
  const wild = draw.once(40);
  if (drawn) {
    const step = { op, ...drawn };
    const operands = step.args.flatMap(refsOf).map((k) => built.values[k] as Value);
    const tensor = carryOut(
      step,
      built.values.map((v) => v.tensor),
    );
    if (tensor.size <= LARGEST && tensor.ndim <= MOST_AXES) {
      const { size, finite, values } = built.add(step, tensor);
      const grown = size > HUGE && operands.every((x) => x.size <= HUGE);
      const broken = values.filter((v) => !Number.isFinite(v)).length;
      const spoilt = !finite && (operands.every((x) => x.finite) || broken * 2 > values.length);
      if (wild || !(grown || spoilt)) return true;
    }
  }
  built.cut(before);
  return false;
}

/** The program of the genes. */
export function drawProgram(genome: Genome, where: Where): Program {
  return scope(() => {
    const built = new Built(where);
    for (const genes of genome.leaves) {
      const draw = new Draw(genes, built);
      const rank = draw.pick([2, 1, 3, 2, 1, 0, 4, 2, 1, 3]);
      let shape: Shape = Array.from({ length: rank }, () => draw.pick(SIZES));
      if (sizeOf(shape) > LARGEST) shape = shape.map((n) => Math.min(n, 3));
      draw.leaf(shape, draw.pick(KINDS));
    }
    for (const genes of genome.steps) {
      const draw = new Draw(genes, built);
      const first = draw.next(stepOps.length);
      for (let k = 0; k < stepOps.length; k++) {
        const [op, rule] = stepOps[(first + k) % stepOps.length] as (typeof stepOps)[number];
        if (attempt(built, op, rule, draw)) break;
      }
    }
    return finished(built, genome);
  });
}

/** The lines that some result needs, with what is to be differentiated. */
function finished({ lines, values }: Built, { second, checkpoint }: Genome): Program {
  const used = new Set(lines.flatMap((line) => (isLeaf(line) ? [] : line.args.flatMap(refsOf))));
  const kept = lines.flatMap((line, k) => (isLeaf(line) && !used.has(k) ? [] : [k]));
  const renamed = (k: number): number => kept.indexOf(k);
  const results = kept.filter((k) => !used.has(k));
  const losses = results.filter((k) => (values[k] as Value).reach.size > 0);
  const by = new Set(losses.flatMap((k) => [...(values[k] as Value).reach]));
  return {
    lines: kept.map((k) => rename(lines[k] as Line, renamed)),
    results: results.map(renamed),
    losses: losses.map((k) => ({ line: renamed(k), finite: (values[k] as Value).finite })),
    by: [...by].sort((a, b) => a - b).map(renamed),
    second: second && by.size > 0,
    checkpoint,
  };
}

function rename(line: Line, renamed: (k: number) => number): Line {
  const within = (arg: Arg): Arg => {
    if (typeof arg !== 'object' || arg === null) return arg;
    if ('ref' in arg) return { ref: renamed(arg.ref as number) };
    if (Array.isArray(arg)) return arg.map(within);
    return Object.fromEntries(Object.entries(arg).map(([key, a]) => [key, within(a as Arg)]));
  };
  return isLeaf(line) ? line : { ...line, args: line.args.map(within) };
}
