/**
 * @file Rows that make numbers out of nothing but a key and a counter (Philox): random words, and the distributions made
 * of them, each in one dispatch. Words, whole numbers and truth values are the same on every device, bit for bit;
 * floats of the same words may differ in their last bits.
 */
import philoxSource from '../../shaders/philox.wgsl?raw';
import type { DType, TypedArray } from '../core/dtype.ts';
import { type Key, randomWords, toUniform } from '../core/random.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Kernel } from '../device/device.ts';
import { op, type Row } from './op.ts';
import { grid, mathFunctions, wgslType } from './wgsl.ts';

const WORKGROUP = 64;

/** Where in which stream the words begin. */
interface StreamPlace {
  readonly key: Key;
  /** The number of the first block of four words. */
  readonly block: number;
}

interface Draw {
  readonly place: StreamPlace;
  readonly shape: Shape;
  readonly parameters: readonly number[];
  readonly dtype: DType;
}

interface Distribution {
  /** Names and WGSL types of the parameters, whole numbers first. */
  readonly parameters: Readonly<Record<string, 'f32' | 'i32' | 'u32'>>;
  /** Words into values; there are as many words as values, and they come in fours. */
  cpu(words: Uint32Array, values: Float64Array, parameters: readonly number[]): void;
  readonly functions?: string;
  /** Four values of the vector `words`. */
  readonly wgsl: string;
}

/** As many words as values, rounded up to whole blocks. */
const blocksFor = (shape: Shape): number => Math.ceil(sizeOf(shape) / 4);

function drawKernel({ parameters: fields, cpu, functions = '', wgsl }: Distribution): Kernel<Draw> {
  const names = Object.entries(fields);
  const floats = names.filter(([, type]) => type === 'f32').length;
  return {
    cpu: ({ outputs: [y], attrs: { place, shape, parameters } }) => {
      const words = randomWords(place.key, place.block, 4 * blocksFor(shape));
      const values = new Float64Array(words.length);
      cpu(words, values, parameters);
      (y.data as TypedArray).set(values.subarray(0, sizeOf(shape)));
    },
    gpu: ({ outputs: [y], attrs: { place, shape, parameters } }) => {
      const blocks = blocksFor(shape);
      const integers = () => [
        blocks,
        place.block,
        Math.floor(place.block / 2 ** 32),
        ...place.key,
        ...parameters.slice(0, names.length - floats),
      ];
      const type = wgslType(y.dtype);
      return [
        {
          source: philoxSource,
          shader: 'philox',
          slots: {
            parameters: names.map(([name, t]) => `  ${name}: ${t},`).join('\n'),
            result: `@group(0) @binding(1) var<storage, read_write> y: array<vec4<${type}>>;`,
            functions: `${mathFunctions(functions)}\n${functions}`,
            store: `  y[t] = ${wgsl};`,
          },
          constants: { WORKGROUP },
          buffers: [{ storage: y.storage, access: 'read_write' }],
          integers: integers(),
          live: () => ({ integers: integers() }),
          floats: parameters.slice(names.length - floats),
          workgroups: grid(Math.ceil(blocks / WORKGROUP)),
          work: blocks * 256,
        },
      ];
    },
  };
}

/** Called with a shape, the place in a stream, the parameters, and for floats a dtype. */
function draw(distribution: Distribution, dtype?: DType): Row {
  return op<Draw>({
    parse: (_, [shape, place, parameters = [], wanted = 'float32']) => ({
      inputs: [],
      attrs: {
        place: place as StreamPlace,
        shape: shape as Shape,
        parameters: parameters as readonly number[],
        dtype: dtype ?? (wanted as DType),
      },
    }),
    dtypes: (_, __, attrs) => ({ inputs: [], output: attrs.dtype }),
    shape: (_, __, { shape }) => shape,
    kernel: drawKernel(distribution),
    differentiable: false,
  });
}

/** ⌊word · range / 2³²⌋, in doubles without rounding. */
function scaled(word: number, range: number): number {
  const low = Math.floor(((word & 0xffff) * range) / 0x10000);
  return Math.floor(((word >>> 16) * range + low) / 0x10000);
}

// --- the normal distribution ---

/** The share of the normal distribution within two standard deviations: Φ(2) − Φ(−2). */
const WITHIN_TWO = 0.9544997361036416;

const horner = (x: number, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, c) => sum * x + c, 0);

const CENTRE_UPPER = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
];
const CENTRE_LOWER = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
];
const TAIL_UPPER = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const TAIL_LOWER = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];

/** Φ⁻¹(1/2 + q) for |q| ≤ 0.4999997: algorithm AS 241, PPND16 (Wichura 1988), to 16 digits. */
function inverseNormal(q: number): number {
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(r, CENTRE_UPPER)) / horner(r, CENTRE_LOWER);
  }
  const r = Math.sqrt(-Math.log(0.5 - Math.abs(q))) - 1.6;
  return (Math.sign(q) * horner(r, TAIL_UPPER)) / horner(r, TAIL_LOWER);
}

/** PPND7 of the same paper, for f32. The middle of each of 2²⁴ steps of q is exact before the last product. */
const truncatedFunctions = `
fn truncated(word: u32) -> f32 {
  let q = (f32(bitcast<i32>(word) >> 8u) + 0.5) * ${WITHIN_TWO * 2 ** -24};
  let r = 0.180625 - q * q;
  let upper = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
  let lower = ((67.18756360 * r + 78.757757664) * r + 17.895169469) * r + 1.0;
  let s = sqrt_(-log_(0.5 - abs(q))) - 1.6;
  let tail_upper = ((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777;
  let tail_lower = (0.12021132975 * s + 0.73700164250) * s + 1.0;
  let z = select(sign(q) * tail_upper / tail_lower, q * upper / lower, abs(q) <= 0.425);
  return clamp(z, -2.0, 2.0);
}`;

/** Box and Muller 1958. The angle is a whole number of 2⁻²⁴ turns, so its quadrant and the rest of it are exact. */
const normalFunctions = `
fn pair(radius: f32, word: u32) -> vec2f {
  let turn = word >> 8u;
  let quadrant = (turn + 0x200000u) >> 22u;
  let angle = f32(i32(turn) - i32(quadrant << 22u)) * ${(Math.PI / 2) * 2 ** -22};
  let s = sin_poly_(angle);
  let c = cos_poly_(angle);
  let odd = (quadrant & 1u) != 0u;
  let x = select(c, s, odd);
  let y = select(s, c, odd);
  return radius * vec2f(select(x, -x, ((quadrant + 1u) & 2u) != 0u), select(y, -y, (quadrant & 2u) != 0u));
}
fn normals(words: vec4u) -> vec4f {
  let u = 1.0 - unit(words);
  let first = pair(sqrt_(2.0 * abs(log_(u.x))), words.y);
  return vec4f(first, pair(sqrt_(2.0 * abs(log_(u.z))), words.w));
}`;

// --- rows ---

export const randomRows = {
  /** The words themselves, as int32. */
  randomBits: draw(
    {
      parameters: {},
      cpu: (words, values) => values.set(new Int32Array(words.buffer)),
      wgsl: 'bitcast<vec4i>(words)',
    },
    'int32',
  ),
  /** low + scale·u of u in [0, 1), at most `limit`. */
  randomUniform: draw({
    parameters: { low: 'f32', scale: 'f32', limit: 'f32' },
    cpu: (words, values, [low = 0, scale = 1, limit = 1]) => {
      for (let i = 0; i < words.length; i++)
        values[i] = Math.min(low + scale * toUniform(words[i] as number), limit);
    },
    wgsl: 'min(params.low + params.scale * unit(words), vec4f(params.limit))',
  }),
  randomNormal: draw({
    parameters: { centre: 'f32', spread: 'f32' },
    cpu: (words, values, [mean = 0, std = 1]) => {
      for (let i = 0; i < words.length; i += 2) {
        const radius = Math.sqrt(-2 * Math.log(1 - toUniform(words[i] as number)));
        const angle = 2 * Math.PI * toUniform(words[i + 1] as number);
        values[i] = mean + std * radius * Math.cos(angle);
        values[i + 1] = mean + std * radius * Math.sin(angle);
      }
    },
    functions: normalFunctions,
    wgsl: 'params.centre + params.spread * normals(words)',
  }),
  /** Normal without what lies beyond two standard deviations. */
  randomTruncatedNormal: draw({
    parameters: { centre: 'f32', spread: 'f32' },
    cpu: (words, values, [mean = 0, std = 1]) => {
      for (let i = 0; i < words.length; i++) {
        const z = inverseNormal((((words[i] as number) >> 8) + 0.5) * WITHIN_TWO * 2 ** -24);
        values[i] = mean + std * Math.min(Math.max(z, -2), 2);
      }
    },
    functions: truncatedFunctions,
    wgsl: 'params.centre + params.spread * vec4f(truncated(words.x), truncated(words.y), truncated(words.z), truncated(words.w))',
  }),
  /** low + ⌊word · range / 2³²⌋; a range of 2³² is all words. */
  randomIntegers: draw(
    {
      parameters: { low: 'i32', range: 'u32' },
      cpu: (words, values, [low = 0, range = 1]) => {
        for (let i = 0; i < words.length; i++) values[i] = low + scaled(words[i] as number, range);
      },
      functions: `
fn scaled(word: u32) -> i32 {
  return params.low + bitcast<i32>(select(wide(word, params.range).x, word, params.range == 0u));
}`,
      wgsl: 'vec4i(scaled(words.x), scaled(words.y), scaled(words.z), scaled(words.w))',
    },
    'int32',
  ),
  /** Whether u < threshold·2⁻²⁴. */
  randomBernoulli: draw(
    {
      parameters: { threshold: 'u32' },
      cpu: (words, values, [threshold = 0]) => {
        for (let i = 0; i < words.length; i++) values[i] = Number((words[i] as number) >>> 8 < threshold);
      },
      wgsl: 'select(vec4i(0), vec4i(1), (words >> vec4u(8u)) < vec4u(params.threshold))',
    },
    'bool',
  ),
} satisfies Record<string, Row>;
