/**
 * @file Convolutions of a small image net, 3×3 on 28×28 images in batches of 32: from 16 to 32 channels, in groups and
 * depthwise, and the gradients of input and kernel: plain loops in float64. Images are NHWC, kernels
 * [kh, kw, in / groups, out]. Pure.
 */
import { type Expected, randomValues } from '../../products.ts';
import { floats, groupsOf, type Input, sizeOf, type Task, type Work } from './work.ts';

const BATCH = 32;
const SIZE = 28;
const KERNEL = 3;

const imagesOf = (channels: number) => [BATCH, SIZE, SIZE, channels];

/** The convolution, and both of its gradients. */
function tasksOf(forward: string, backward: string, from: number, to: number, groups = 1): Task[] {
  const [x, w, y] = [imagesOf(from), [KERNEL, KERNEL, from / groups, to], imagesOf(to)];
  const bytes = 4 * (sizeOf(x) + sizeOf(w) + sizeOf(y));
  const task = (name: string, op: Task['op'], shapes: Task['shapes'], passes: number): Task => {
    const operations = (2 * passes * sizeOf(y) * sizeOf(w)) / to;
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
  };
  return [task(forward, 'conv2d', [x, w], 1), task(backward, 'conv2dGradients', [x, w, y], 2)];
}

export const convTasks: readonly Task[] = [
  ...tasksOf('conv2d 3×3, 16→32, 28×28, batch 32', 'conv2d, both gradients', 16, 32),
  ...tasksOf('conv2d in 4 groups, 32→32', 'conv2d in 4 groups, both gradients', 32, 32, 4),
  ...tasksOf('depthwise conv2d, 32', 'depthwise conv2d, both gradients', 32, 32, 32),
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

type Four = readonly [number, number, number, number];

/** Visits every product of an element of the images and one of the kernel, by where its factors lie and where it goes. */
function eachProduct(
  shapes: Task['shapes'],
  visit: (output: number, image: number, weight: number) => void,
): void {
  const [[batch, height, width, from], [kh, kw, each, to]] = shapes as readonly [Four, Four];
  const perGroup = to / groupsOf(shapes);
  for (let place = 0; place < batch * height * width; place++) {
    const line = Math.floor(place / width);
    const [b, row, column] = [Math.floor(line / height), line % height, place % width];
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const [r, c] = [row + i - (kh - 1) / 2, column + j - (kw - 1) / 2];
        if (r < 0 || r >= height || c < 0 || c >= width) continue;
        const pixel = ((b * height + r) * width + c) * from;
        for (let o = 0; o < to; o++)
          for (let k = 0; k < each; k++)
            visit(
              place * to + o,
              pixel + Math.floor(o / perGroup) * each + k,
              ((i * kw + j) * each + k) * to + o,
            );
      }
  }
}

function forward({ shapes }: Task, inputs: readonly Input[]): Expected[] {
  const [x, w] = [floats(inputs[0]), floats(inputs[1])];
  const [[n, height, width], [kh, kw, each, to]] = shapes as readonly [Four, Four];
  const out = sums([n, height, width, to]);
  eachProduct(shapes, (output, image, weight) => {
    add(out, output, (x[image] as number) * (w[weight] as number));
  });
  return [bounded(out, to, kh * kw * each)];
}

function gradients({ shapes }: Task, inputs: readonly Input[]): Expected[] {
  const [x, w, g] = [floats(inputs[0]), floats(inputs[1]), floats(inputs[2])];
  const [images, kernel] = shapes as readonly [Four, Four];
  const [kh, kw, , to] = kernel;
  const dx = sums(images);
  const dw = sums(kernel);
  eachProduct(shapes, (output, image, weight) => {
    const upstream = g[output] as number;
    add(dx, image, upstream * (w[weight] as number));
    add(dw, weight, upstream * (x[image] as number));
  });
  return [
    bounded(dx, images[3], (kh * kw * to) / groupsOf(shapes)),
    bounded(dw, to, sizeOf(images.slice(0, 3))),
  ];
}

const inputs: Work['inputs'] = ({ shapes }, random) =>
  shapes.map((shape) => ({ data: randomValues(sizeOf(shape), random), shape }));

export const convWorks = {
  conv2d: { inputs, expected: forward },
  conv2dGradients: { inputs, expected: gradients },
} satisfies Partial<Record<Task['op'], Work>>;
