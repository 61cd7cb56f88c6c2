/** @file Layer and batch normalisation, dropout. */
import { onDevice } from '../core/context.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeAxes, type Shape, show, sizeOf } from '../core/shape.ts';
import { call } from '../ops/dispatch.ts';
import { choose, common, floating, type Operable, options, tensorInput } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

/** Elements of a row that one thread may take. */
const LONGEST = 2 ** 14;

/** (x − mean) / √(variance + epsilon) · gamma + beta; all broadcast. */
function normalized(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
  gamma: Tensor | null,
  beta: Tensor | null,
): Tensor {
  const scaled = x.sub(mean).mul(variance.add(epsilon).rsqrt());
  const stretched = gamma ? scaled.mul(gamma) : scaled;
  return beta ? stretched.add(beta) : stretched;
}

/** As `normalized`, by the mean and the variance along `axes`. */
function standardized(
  x: Tensor,
  axes: readonly number[],
  epsilon: number,
  gamma: Tensor | null,
  beta: Tensor | null,
): Tensor {
  const mean = x.mean([...axes], { keepdims: true });
  const spread = x
    .sub(mean)
    .square()
    .mean([...axes], { keepdims: true });
  return normalized(x, mean, spread, epsilon, gamma, beta);
}

const optionalTensor = (name: string, value: unknown, what: string): Operable | null =>
  value === undefined || value === null ? null : tensorInput(name, value, what);

/** x in the float dtype that it has in common with the others, so that whole numbers keep the digits of float64. */
function asFloat(x: Operable, ...others: readonly (Tensor | null)[]): Tensor {
  const dtype = floating(common([x, ...others].flatMap((t) => (t ? [t.dtype] : []))));
  return x.dtype === dtype ? x : x.astype(dtype);
}

function epsilonOf(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
  throw new ArgumentError(`${name}: epsilon must be a number of at least 0, got ${describe(value)}`);
}

export function layerNorm(name: string, [x, gamma, beta, opts]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const { axis = -1, epsilon = 1e-3 } = options(name, opts, 'axis', 'epsilon');
  const axes = normalizeAxes(name, axis, tensor.ndim);
  const shape = axes.map((d) => tensor.shape[d] as number);
  const full = tensor.shape.map((n, d) => (axes.includes(d) ? n : 1));
  const parameter = (value: unknown, what: string): Tensor | null => {
    const p = optionalTensor(name, value, what);
    if (p && show(p.shape) !== show(shape))
      throw new ShapeError(`${name}: ${what} must be ${show(shape)}, got ${show(p.shape)}`);
    return p;
  };
  const [stretch, shift] = [parameter(gamma, 'gamma'), parameter(beta, 'beta')];
  const values = asFloat(tensor, stretch, shift);
  const by = epsilonOf(name, epsilon);
  const length = sizeOf(shape);
  const behind = axes[0] === tensor.ndim - axes.length;
  if (length === 0 || length > LONGEST || !behind)
    return standardized(values, axes, by, stretch?.reshape(full) ?? null, shift?.reshape(full) ?? null);
  const rows = [...tensor.shape.slice(0, axes[0]), length];
  const lines = [values.reshape(rows), stretch?.reshape([length]) ?? 1, shift?.reshape([length]) ?? 0, by];
  return call('standardize', lines, name).reshape(tensor.shape);
}

export function batchNorm(name: string, [x, gamma, beta, opts]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  const settings = options(name, opts, 'mean', 'variance', 'epsilon');
  if (tensor.ndim === 0) throw new ShapeError(`${name}: x needs at least one axis, [..., channels], got []`);
  const channels = [tensor.shape.at(-1) as number];
  const parameter = (value: unknown, what: string): Tensor | null => {
    const p = optionalTensor(name, value, what);
    if (p && show(p.shape) !== show(channels))
      throw new ShapeError(`${name}: ${what} must be ${show(channels)}, got ${show(p.shape)}`);
    return p;
  };
  const axes = tensor.shape.map((_, d) => d).slice(0, -1);
  const epsilon = epsilonOf(name, settings.epsilon === undefined ? 1e-3 : settings.epsilon);
  const [mean, spread] = [parameter(settings.mean, 'mean'), parameter(settings.variance, 'variance')];
  const [stretch, shift] = [parameter(gamma, 'gamma'), parameter(beta, 'beta')];
  const values = asFloat(tensor, mean, spread, stretch, shift);
  const centre = mean ?? values.mean(axes);
  const ownSpread = (): Tensor =>
    values
      .sub(mean ? values.mean(axes) : centre)
      .square()
      .mean(axes);
  return normalized(values, centre, spread ?? ownSpread(), epsilon, stretch, shift);
}

export function dropout(name: string, [x, rate, rng]: readonly unknown[]): Tensor {
  const tensor = tensorInput(name, x);
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
    throw new ArgumentError(`${name}: the rate must lie in [0, 1), got ${describe(rate)}`);
  const source = rng as { bernoulli?: (p: number, shape: Shape) => Tensor } | undefined;
  if (typeof source?.bernoulli !== 'function')
    throw new ArgumentError(
      `${name}: the third argument must be a generator, as random(seed) gives it, got ${describe(rng)}`,
    );
  const values = asFloat(tensor).mul(1 / (1 - rate));
  if (rate === 0) return values;
  const kept = onDevice(tensor.device, () => source.bernoulli?.(1 - rate, tensor.shape)) as Tensor;
  return choose(kept, values, 0);
}
