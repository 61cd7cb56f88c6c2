/** @file What weights begin with, by Keras 3's formulas and defaults. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { type Shape, show } from '../core/shape.ts';
import { eye, full } from '../create.ts';
import { linalg } from '../linalg/index.ts';
import type { Rng } from '../random.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { byName, type Named, named, numbers } from './labelled.ts';

/** Makes the first content of a weight. */
export type Initializer = (shape: Shape, rng: Rng) => Tensor;

type Fans = (shape: Shape) => readonly [fanIn: number, fanOut: number];

/** Inputs and outputs of a unit; kernels of convolutions [...window, in, out] count each place of their window. */
const fansOf: Fans = (shape) => {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0] as number, shape[0] as number];
  const window = shape.slice(0, -2).reduce((n, d) => n * d, 1);
  return [window * (shape.at(-2) as number), window * (shape.at(-1) as number)];
};

/** The standard deviation of a standard normal that is cut at two of its own. */
const CUT = 0.8796256610342398;

type Mode = 'fanIn' | 'fanAvg';

/** VarianceScaling of Keras: variance scale / fan, normal (cut at two standard deviations) or uniform. */
function scaling(name: string, scale: number, mode: Mode, distribution: 'normal' | 'uniform') {
  return (): Initializer & Named =>
    named(name, {}, (shape, rng) => {
      const [fanIn, fanOut] = fansOf(shape);
      const variance = scale / Math.max(1, mode === 'fanIn' ? fanIn : (fanIn + fanOut) / 2);
      if (distribution === 'normal') return rng.truncatedNormal(shape, { std: Math.sqrt(variance) / CUT });
      const limit = Math.sqrt(3 * variance);
      return rng.uniform(shape, { low: -limit, high: limit });
    });
}

export interface NormalInitializerOptions {
  readonly mean?: number;
  readonly std?: number;
}

const SPREAD = { mean: 0, std: 0.05 };

/** Q of a normal matrix, as Keras has it, distributed evenly over the matrices of orthonormal columns (or rows). */
function orthogonalOf(rows: number, columns: number, gain: number, rng: Rng): Tensor {
  const { Q } = linalg.qr(rng.normal([Math.max(rows, columns), Math.min(rows, columns)]));
  return (rows < columns ? Q.mT : Q).mul(gain);
}

/** Initializers. Layers take them by name too: `kernelInitializer: 'heNormal'`. */
export const initializers = {
  zeros: (): Initializer & Named => named('zeros', {}, (shape) => full(shape, 0)),
  ones: (): Initializer & Named => named('ones', {}, (shape) => full(shape, 1)),
  /** The same value everywhere; 0 by default. */
  constant: (given: number | { readonly value?: number } = 0): Initializer & Named => {
    const { value } = numbers('constant', typeof given === 'number' ? { value: given } : given, { value: 0 });
    return named('constant', { value }, (shape) => full(shape, value));
  },
  /** Mean 0 and standard deviation 0.05 by default. */
  randomNormal: (options?: NormalInitializerOptions): Initializer & Named => {
    const config = numbers('randomNormal', options, SPREAD);
    return named('randomNormal', config, (shape, rng) => rng.normal(shape, config));
  },
  /** In [−0.05, 0.05) by default. */
  randomUniform: (options?: { readonly low?: number; readonly high?: number }): Initializer & Named => {
    const config = numbers('randomUniform', options, { low: -0.05, high: 0.05 });
    if (config.low > config.high)
      throw new ArgumentError(`randomUniform: low must be ≤ high, got ${config.low} and ${config.high}`);
    return named('randomUniform', config, (shape, rng) => rng.uniform(shape, config));
  },
  /** Normal, but only what lies within two standard deviations of the mean; 0 and 0.05 by default. */
  truncatedNormal: (options?: NormalInitializerOptions): Initializer & Named => {
    const config = numbers('truncatedNormal', options, SPREAD);
    return named('truncatedNormal', config, (shape, rng) => rng.truncatedNormal(shape, config));
  },
  /** Variance 2 / (in + out) (Glorot and Bengio 2010). */
  glorotNormal: scaling('glorotNormal', 1, 'fanAvg', 'normal'),
  /** Within ±√(6 / (in + out)) (Glorot and Bengio 2010). */
  glorotUniform: scaling('glorotUniform', 1, 'fanAvg', 'uniform'),
  /** Variance 2 / in, for ReLU (He et al. 2015). */
  heNormal: scaling('heNormal', 2, 'fanIn', 'normal'),
  /** Within ±√(6 / in), for ReLU (He et al. 2015). */
  heUniform: scaling('heUniform', 2, 'fanIn', 'uniform'),
  /** Variance 1 / in (LeCun et al. 1998). */
  lecunNormal: scaling('lecunNormal', 1, 'fanIn', 'normal'),
  /** Within ±√(3 / in) (LeCun et al. 1998). */
  lecunUniform: scaling('lecunUniform', 1, 'fanIn', 'uniform'),
  /** Orthonormal columns, or rows where there are fewer, times `gain` (Saxe et al. 2013); axes before the last are one. */
  orthogonal: (options?: { readonly gain?: number }): Initializer & Named => {
    const config = numbers('orthogonal', options, { gain: 1 });
    return named('orthogonal', config, (shape, rng) => {
      const columns = shape.at(-1);
      if (columns === undefined || shape.length < 2)
        throw new ShapeError(`orthogonal: at least two axes are needed, got ${show(shape)}`);
      const rows = shape.slice(0, -1).reduce((n, d) => n * d, 1);
      return scope(() => orthogonalOf(rows, columns, config.gain, rng).reshape(shape));
    });
  },
  /** The identity matrix times `gain`. */
  identity: (options?: { readonly gain?: number }): Initializer & Named => {
    const config = numbers('identity', options, { gain: 1 });
    return named('identity', config, (shape) => {
      const [rows, columns] = shape;
      if (rows === undefined || columns === undefined || shape.length !== 2)
        throw new ShapeError(`identity: only a matrix can be one, got ${show(shape)}`);
      return scope(() => eye(rows, columns).mul(config.gain));
    });
  },
};

/** What layers take for one: itself, or its name, or both with options. */
export type InitializerLike = Initializer | InitializerName | Named;

export type InitializerName = keyof typeof initializers;

export function getInitializer(
  op: string,
  what: string,
  wanted: InitializerLike,
): Initializer & Partial<Named> {
  return byName<Initializer, InitializerName>(op, what, wanted, initializers);
}
