/**
 * @file The convolution of a small image net, 3×3 from 16 to 32 channels on 28×28 images in batches of 32, and the
 * gradients of its input and its kernel: plain loops in float64. Images are NHWC, kernels [kh, kw, in, out]. Pure.
 */
import { type Expected, randomValues } from '../../products.ts';
import { floats, type Input, sizeOf, type Task, type Work } from './work.ts';

const BATCH = 32;
const SIZE = 28;
const KERNEL = 3;
const IN = 16;
const OUT = 32;

const images = [BATCH, SIZE, SIZE, IN];
const kernel = [KERNEL, KERNEL, IN, OUT];
const outputs = [BATCH, SIZE, SIZE, OUT];
const multiplications = BATCH * SIZE * SIZE * OUT * KERNEL * KERNEL * IN;
const bytes = 4 * (sizeOf(images) + sizeOf(kernel) + sizeOf(outputs));

function convTask(name: string, op: Task['op'], shapes: Task['shapes'], passes: number): Task {
  const operations = 2 * passes * multiplications;
  const amount = operations / 1e9;
  return {
    name,
    group: 'conv',
    op,
    place: 'webgpu',
    shapes,
    unit: 'GFLOP/s',
    amount,
    operations,
    bytes: passes * bytes,
  };
}

export const convTasks: readonly Task[] = [
  convTask('conv2d 3×3, 16→32, 28×28, batch 32', 'conv2d', [images, kernel], 1),
  convTask('conv2d, both gradients', 'conv2dGradients', [images, kernel, outputs], 2),
];

interface Sums {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
}

const sums = (shape: readonly number[]): Sums => ({
  values: new Float64Array(sizeOf(shape)),
  magnitudes: new Float64Array(sizeOf(shape)),
});

/** 4 √terms ε Σ|terms|, as for products. */
function bounded({ values, magnitudes }: Sums, columns: number, terms: number): Expected {
  const scale = 4 * Math.sqrt(terms) * 2 ** -23;
  return { columns, values, bounds: magnitudes.map((magnitude) => magnitude * scale) };
}

function add({ values, magnitudes }: Sums, at: number, term: number): void {
  values[at] = (values[at] as number) + term;
  magnitudes[at] = (magnitudes[at] as number) + Math.abs(term);
}

/** Visits every pair of an output pixel and an input pixel under the kernel that is not padding, by its offsets. */
function eachTap(visit: (output: number, image: number, weights: number) => void): void {
  const reach = (KERNEL - 1) / 2;
  for (let b = 0; b < BATCH; b++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++)
        for (let i = 0; i < KERNEL; i++)
          for (let j = 0; j < KERNEL; j++) {
            const [row, column] = [y + i - reach, x + j - reach];
            if (row < 0 || row >= SIZE || column < 0 || column >= SIZE) continue;
            visit(
              ((b * SIZE + y) * SIZE + x) * OUT,
              ((b * SIZE + row) * SIZE + column) * IN,
              (i * KERNEL + j) * IN * OUT,
            );
          }
}

function forward(_: Task, inputs: readonly Input[]): Expected[] {
  const [x, w] = [floats(inputs[0]), floats(inputs[1])];
  const out = sums(outputs);
  eachTap((output, image, weights) => {
    for (let c = 0; c < IN; c++)
      for (let o = 0; o < OUT; o++)
        add(out, output + o, (x[image + c] as number) * (w[weights + c * OUT + o] as number));
  });
  return [bounded(out, OUT, KERNEL * KERNEL * IN)];
}

function gradients(_: Task, inputs: readonly Input[]): Expected[] {
  const [x, w, g] = [floats(inputs[0]), floats(inputs[1]), floats(inputs[2])];
  const dx = sums(images);
  const dw = sums(kernel);
  eachTap((output, image, weights) => {
    for (let c = 0; c < IN; c++)
      for (let o = 0; o < OUT; o++) {
        const upstream = g[output + o] as number;
        add(dx, image + c, upstream * (w[weights + c * OUT + o] as number));
        add(dw, weights + c * OUT + o, upstream * (x[image + c] as number));
      }
  });
  return [bounded(dx, IN, KERNEL * KERNEL * OUT), bounded(dw, OUT, BATCH * SIZE * SIZE)];
}

const inputs: Work['inputs'] = ({ shapes }, random) =>
  shapes.map((shape) => ({ data: randomValues(sizeOf(shape), random), shape }));

export const convWorks = {
  conv2d: { inputs, expected: forward },
  conv2dGradients: { inputs, expected: gradients },
} satisfies Partial<Record<Task['op'], Work>>;
