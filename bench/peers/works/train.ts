/**
 * @file The training step that is raced: a net 256-128-64-10, batches of 64, cross-entropy, Adam. The same training in
 * plain float64 loops, forward, backward and update, gives the losses that every library must come to. Pure.
 */
import { floats, type Input, type Place, sizeOf, type Task, type Work } from './work.ts';

export const NET = [256, 128, 64, 10] as const;
export const BATCH = 64;
export const CLASSES = 10;
/** Different batches, taken in turns. */
const BATCHES = 8;
export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-10 } as const;
/** The losses of so many first steps are held against float64. */
export const CHECKED_STEPS = 24;
const STEPS_PER_READ = 100;
/** How far apart float32 and float64 may be after the checked steps; a wrong bias correction is off by far more. */
const RELATIVE = 5e-4;

const layers = NET.slice(1).map((outputs, i) => ({ inputs: NET[i] as number, outputs }));

/** Weights and biases in turns, then inputs and labels of all batches. */
const shapesWith = (batches: number) => [
  ...layers.flatMap(({ inputs, outputs }) => [[inputs, outputs], [outputs]]),
  [batches, BATCH, NET[0]],
  [batches, BATCH],
];

export const parameterCount = layers.reduce((n, { inputs, outputs }) => n + (inputs + 1) * outputs, 0);

/** Multiplications and additions of one step: forward, and backward twice but for the inputs of the first layer. */
const operations =
  2 * BATCH * layers.reduce((n, { inputs, outputs }, i) => n + (i === 0 ? 2 : 3) * inputs * outputs, 0);

/** Bytes that no training step can do without: weights, gradients, two moments, and what the forward pass gives. */
export const leastBytes =
  4 *
  (4 * parameterCount + BATCH * NET.reduce((a: number, b) => a + b, 0) + BATCH /* labels */ + 1); /* loss */

function trainTask(name: string, group: Task['group'], place: Place, batches = BATCHES): Task {
  return {
    name,
    group,
    op: 'train',
    place,
    shapes: shapesWith(batches),
    unit: 'steps/s',
    amount: 1,
    operations,
    bytes: leastBytes,
    repetitions: STEPS_PER_READ,
  };
}

export const gpuTrainTask = trainTask('training step 256-128-64-10', 'train', 'webgpu');
/** With one batch only: what is measured is a step, not its data. */
export const memoryTask = trainTask('memory of a training step', 'train', 'webgpu', 1);
export const cpuTrainTask = trainTask('CPU: training step 256-128-64-10', 'cpu', 'cpu');

/** Uniform weights by Glorot, zero biases, inputs in [0, 1), random labels: learnt by heart in the end. */
export function trainingInputs({ shapes }: Pick<Task, 'shapes'>, random: () => number): Input[] {
  const values = (count: number, of: () => number) => Float32Array.from({ length: count }, of);
  return shapes.map((shape, i): Input => {
    if (i === shapes.length - 1)
      return {
        data: Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(random() * CLASSES)),
        shape,
      };
    if (i === shapes.length - 2) return { data: values(sizeOf(shape), random), shape };
    if (shape.length === 1) return { data: new Float32Array(sizeOf(shape)), shape };
    const limit = Math.sqrt(6 / ((shape[0] as number) + (shape[1] as number)));
    return { data: values(sizeOf(shape), () => limit * (2 * random() - 1)), shape };
  });
}

class Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;

  constructor(rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)) {
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }

  at(i: number, j: number): number {
    return this.data[i * this.columns + j] as number;
  }

  set(i: number, j: number, value: number): void {
    this.data[i * this.columns + j] = value;
  }

  get transposed(): Matrix {
    const out = new Matrix(this.columns, this.rows);
    for (let i = 0; i < this.rows; i++) for (let j = 0; j < this.columns; j++) out.set(j, i, this.at(i, j));
    return out;
  }

  times(other: Matrix): Matrix {
    const out = new Matrix(this.rows, other.columns);
    for (let i = 0; i < this.rows; i++) {
      const row = out.data.subarray(i * out.columns, (i + 1) * out.columns);
      for (let q = 0; q < this.columns; q++) {
        const left = this.at(i, q);
        if (left === 0) continue; // half of what a ReLU gives
        const first = q * other.columns;
        for (let j = 0; j < row.length; j++)
          row[j] = (row[j] as number) + left * (other.data[first + j] as number);
      }
    }
    return out;
  }
}

/** Adam as its paper has it, on one parameter. */
class Adam {
  readonly values: Float64Array;
  readonly #m: Float64Array;
  readonly #v: Float64Array;

  constructor(values: Float64Array) {
    this.values = values;
    this.#m = new Float64Array(values.length);
    this.#v = new Float64Array(values.length);
  }

  update(gradient: Float64Array, step: number): void {
    const { learningRate, beta1, beta2, epsilon } = ADAM;
    for (const [i, g] of gradient.entries()) {
      const m = beta1 * (this.#m[i] as number) + (1 - beta1) * g;
      const v = beta2 * (this.#v[i] as number) + (1 - beta2) * g * g;
      this.#m[i] = m;
      this.#v[i] = v;
      const rate = learningRate / (1 - beta1 ** step);
      this.values[i] =
        (this.values[i] as number) - (rate * m) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
    }
  }
}

/** The losses of the first steps. */
export function referenceLosses(given: readonly Input[], steps: number): Float64Array {
  const parameters = given.slice(0, -2).map((input) => new Adam(Float64Array.from(floats(input))));
  const images = floats(given.at(-2));
  const labels = given.at(-1)?.data ?? [];
  const losses = new Float64Array(steps);
  for (let step = 0; step < steps; step++) {
    const batch = step % (given.at(-1)?.shape[0] ?? 1);
    const first = batch * BATCH * NET[0];
    const x = new Matrix(BATCH, NET[0], Float64Array.from(images.subarray(first, first + BATCH * NET[0])));
    const weights = layers.map(
      ({ inputs, outputs }, i) => new Matrix(inputs, outputs, (parameters[2 * i] as Adam).values),
    );
    const hidden: Matrix[] = [x];
    for (const [i, w] of weights.entries()) {
      const z = (hidden[i] as Matrix).times(w);
      const bias = (parameters[2 * i + 1] as Adam).values;
      for (const [at, value] of z.data.entries()) {
        const sum = value + (bias[at % z.columns] as number);
        z.data[at] = i < weights.length - 1 ? Math.max(0, sum) : sum;
      }
      hidden.push(z);
    }
    let g = hidden.pop() as Matrix; // logits, which become their gradient
    for (let i = 0; i < BATCH; i++) {
      const row = g.data.subarray(i * CLASSES, (i + 1) * CLASSES);
      const top = row.reduce((a, b) => Math.max(a, b));
      const total = row.reduce((sum, z) => sum + Math.exp(z - top), 0);
      const label = labels[batch * BATCH + i] as number;
      losses[step] = (losses[step] as number) + (Math.log(total) + top - (row[label] as number)) / BATCH;
      for (const [j, z] of row.entries())
        row[j] = (Math.exp(z - top) / total - (j === label ? 1 : 0)) / BATCH;
    }
    for (let i = weights.length - 1; i >= 0; i--) {
      const input = hidden[i] as Matrix;
      const dw = input.transposed.times(g);
      const db = new Float64Array(g.columns);
      for (const [at, value] of g.data.entries()) db[at % g.columns] = (db[at % g.columns] as number) + value;
      const below = g.times((weights[i] as Matrix).transposed);
      for (const [at, value] of input.data.entries()) if (value <= 0) below.data[at] = 0;
      (parameters[2 * i] as Adam).update(dw.data, step + 1);
      (parameters[2 * i + 1] as Adam).update(db, step + 1);
      g = below;
    }
  }
  return losses;
}

export const trainWork: Work = {
  inputs: trainingInputs,
  expected(_, given) {
    const values = referenceLosses(given, CHECKED_STEPS);
    return [{ columns: CHECKED_STEPS, values, bounds: values.map((loss) => RELATIVE * loss) }];
  },
};

/** What is wrong with the loss after many more steps, of which float64 keeps no account: it must have fallen. */
export function trainingIsOff([losses]: readonly ArrayLike<number>[]): string | undefined {
  const loss = losses?.[0] ?? Number.NaN;
  return loss >= 0 && loss < Math.log(CLASSES) ? undefined : `after the timing the loss is ${loss}`;
}
