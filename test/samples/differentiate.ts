// First and second derivatives of a sample, by the tape and by central differences in float64. What is differentiated
// is Σ y·w with random weights w, and of its gradients Σ ∂·v by the operands and by w.
import { grad, scope, type Tensor, tensor } from '../../src/index.ts';
import { type Call, type Filled, generator, hash } from './inputs.ts';
import { apply, build, type Lay, result, type Where } from './run.ts';

/** A call whose float operands (some of them) are differentiated by. */
export interface Problem {
  readonly call: Call;
  readonly operands: readonly number[];
  /** The operands' values as they are seen, repetitions written out; then w. */
  readonly values: readonly (readonly number[])[];
  readonly shapes: readonly (readonly number[])[];
  /** One for each operand: the weights of its gradient. */
  readonly v: readonly (readonly number[])[];
}

const EPSILON = 1e-6;

/** Multiples of 1/64 in [−1, 1] without 0, which float32 holds too. */
function weights(seed: string, count: number): number[] {
  const random = generator(hash(seed));
  return Array.from({ length: count }, () => (Math.floor(random() * 64) + 1) / (random() < 0.5 ? -64 : 64));
}

/** `on` is the CPU device in float64. */
export function problemOf(call: Call, operands: readonly number[], on: Where): Problem {
  return scope(() => {
    const xs = operands.map((k) => build(call.inputs[k] as Filled, 'plain', on));
    const lays = call.inputs.map((): Lay => 'plain');
    const y = result(call, lays, on);
    return {
      call,
      operands,
      values: [...xs.map((x) => [...x.dataSync()]), weights(`${call.id} w`, y.size)],
      shapes: [...xs.map((x) => x.shape), y.shape],
      v: xs.map((x, k) => weights(`${call.id} v ${k}`, x.size)),
    };
  });
}

/** The operands in the layouts asked for, w, and the loss by both. */
function bind({ call, operands, values, shapes }: Problem, lays: readonly Lay[], where: Where) {
  const inputs = call.inputs.map((x, k) => (typeof x === 'number' ? x : build(x, lays[k] as Lay, where)));
  const w = flat(values.at(-1) as number[], shapes.at(-1) as number[], where);
  const loss = (xs: readonly Tensor[], by: Tensor): Tensor => {
    const all = inputs.map((x, k) => (operands.includes(k) ? (xs[operands.indexOf(k)] as Tensor) : x));
    return apply(call.op, all, call.args).mul(by).sum();
  };
  return { xs: operands.map((k) => inputs[k] as Tensor), w, loss };
}

const flat = (values: readonly number[], shape: readonly number[], { device, float }: Where) =>
  tensor(Float64Array.from(values), { shape, dtype: float, device });

/** Σ w·y by each operand. */
export function firstOrder(problem: Problem, lays: readonly Lay[], where: Where): Tensor[] {
  return scope(() => {
    const { xs, w, loss } = bind(problem, lays, where);
    return grad((by: Tensor[]) => loss(by, w))(xs);
  });
}

/** Σ v·∂(Σ w·y) by each operand, and by w. */
export function secondOrder(problem: Problem, lays: readonly Lay[], where: Where): Tensor[] {
  return scope(() => {
    const { xs, w, loss } = bind(problem, lays, where);
    return grad((by: Tensor[]) => slope(problem, by.slice(0, -1), by.at(-1) as Tensor, loss, where))([
      ...xs,
      w,
    ]);
  });
}

function slope(
  { v, shapes }: Problem,
  xs: Tensor[],
  w: Tensor,
  loss: (xs: readonly Tensor[], w: Tensor) => Tensor,
  where: Where,
): Tensor {
  const gradients = grad((by: Tensor[]) => loss(by, w))(xs);
  const parts = gradients.map((g, k) => g.mul(flat(v[k] as number[], shapes[k] as number[], where)).sum());
  return parts.reduce((a, b) => a.add(b));
}

/** The same by central differences, operand by operand. */
export function firstDifferences(problem: Problem, on: Where): number[][] {
  return differences(problem, problem.values.slice(0, -1), on, (xs, w, loss) => loss(xs, w));
}

export function secondDifferences(problem: Problem, on: Where): number[][] {
  return differences(problem, problem.values, on, (xs, w, loss) => slope(problem, xs, w, loss, on));
}

function differences(
  problem: Problem,
  around: readonly (readonly number[])[],
  on: Where,
  value: (xs: Tensor[], w: Tensor, loss: (xs: readonly Tensor[], w: Tensor) => Tensor) => Tensor,
): number[][] {
  const { shapes, values } = problem;
  return scope(() => {
    const { loss } = bind(
      problem,
      problem.call.inputs.map((): Lay => 'plain'),
      on,
    );
    const at = (moved: number, list: readonly number[]): number =>
      scope(() => {
        const [...all] = values.map((kept, k) => flat(k === moved ? list : kept, shapes[k] as number[], on));
        return value(all.slice(0, -1), all.at(-1) as Tensor, loss).dataSync()[0] as number;
      });
    return around.map((list, k) =>
      list.map((x, j) => {
        const [up, down] = [EPSILON, -EPSILON].map((e) => at(k, (list as number[]).with(j, x + e)));
        return ((up as number) - (down as number)) / (2 * EPSILON);
      }),
    );
  });
}
