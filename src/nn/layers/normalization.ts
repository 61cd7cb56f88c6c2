/** @file Batch and layer normalisation. */

import { onlyWhile } from '../../capture.ts';
import { flag } from '../../core/arguments.ts';
import { describe } from '../../core/describe.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { normalizeAxes, type Shape, show } from '../../core/shape.ts';
import type { Axes, Tensor } from '../../tensor.ts';
import type { ConstraintLike } from '../constraints.ts';
import type { InitializerLike } from '../initializers.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';
import type { RegularizerLike } from '../regularizers.ts';
import { begin, configOf, held, weightRule } from '../weights.ts';

interface ScaleOptions {
  /** Added to the variance; 1e-3 by default. */
  readonly epsilon?: number;
  /** Whether beta is added; true by default. */
  readonly center?: boolean;
  /** Whether gamma multiplies; true by default. */
  readonly scale?: boolean;
  readonly gammaInitializer?: InitializerLike;
  readonly betaInitializer?: InitializerLike;
  readonly gammaRegularizer?: RegularizerLike;
  readonly betaRegularizer?: RegularizerLike;
  readonly gammaConstraint?: ConstraintLike;
  readonly betaConstraint?: ConstraintLike;
}

const SCALE_OPTIONS = [
  'epsilon',
  'center',
  'scale',
  'gammaInitializer',
  'betaInitializer',
  'gammaRegularizer',
  'betaRegularizer',
  'gammaConstraint',
  'betaConstraint',
] as const;

function scaleRules(op: string, options: ScaleOptions) {
  const { epsilon = 1e-3, center = true, scale = true } = options;
  flag(op, 'center', center);
  flag(op, 'scale', scale);
  if (!(typeof epsilon === 'number' && epsilon >= 0 && Number.isFinite(epsilon)))
    throw new ArgumentError(`${op}: epsilon must be a number of at least 0, got ${describe(epsilon)}`);
  const rules = {
    gamma: scale ? weightRule(op, options, 'gamma', 'ones') : undefined,
    beta: center ? weightRule(op, options, 'beta', 'zeros') : undefined,
  };
  return { epsilon, rules, config: { epsilon, center, scale, ...configOf(rules) } };
}

type Scale = { gamma?: Tensor; beta?: Tensor };

export interface BatchNormalizationOptions extends LayerOptions, ScaleOptions {
  /** What the moving averages keep of themselves at each batch; 0.99 by default. */
  readonly momentum?: number;
  readonly movingMeanInitializer?: InitializerLike;
  readonly movingVarianceInitializer?: InitializerLike;
}

type Averages = { movingMean: Tensor; movingVariance: Tensor };

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta for every channel (the last axis): with those of the batch in training,
 * and their moving averages otherwise, and where the layer is frozen. Variances are biased, as in Keras.
 */
export function batchNormalization(options?: BatchNormalizationOptions): Layer {
  const op = 'batchNormalization';
  const given = layerOptions<BatchNormalizationOptions>(
    op,
    options,
    'momentum',
    'movingMeanInitializer',
    'movingVarianceInitializer',
    ...SCALE_OPTIONS,
  );
  const { momentum = 0.99 } = given;
  if (!(typeof momentum === 'number' && momentum >= 0 && momentum <= 1))
    throw new ArgumentError(`${op}: momentum must lie in [0, 1], got ${describe(momentum)}`);
  const { epsilon, rules, config } = scaleRules(op, given);
  const averages = {
    movingMean: weightRule(op, given, 'movingMean', 'zeros'),
    movingVariance: weightRule(op, given, 'movingVariance', 'ones'),
  };
  const moved = (old: Tensor, now: Tensor) => old.mul(momentum).add(now.mul(1 - momentum));
  const layer: Layer = makeLayer<Scale, Averages>(
    {
      type: 'BatchNormalization',
      name: op,
      options: given,
      config: { momentum, ...config, ...configOf(averages) },
    },
    {
      build(inputShape, rng) {
        const channels = inputShape.at(-1);
        if (channels === undefined)
          throw new ShapeError(`${op}: an example must have at least one axis, [..., channels], got []`);
        const shape: Shape = [channels];
        return {
          params: begin(rules, { gamma: shape, beta: shape }, rng),
          state: begin(averages, { movingMean: shape, movingVariance: shape }, rng),
          outputShape: inputShape,
        };
      },
      apply({ params: { gamma, beta }, state }, x, { training }) {
        const { movingMean, movingVariance } = state;
        const { trainable } = layer;
        onlyWhile(() => layer.trainable === trainable);
        if (!training || trainable === false)
          return x.batchNorm(gamma, beta, { mean: movingMean, variance: movingVariance, epsilon });
        const axes = x.shape.map((_, d) => d).slice(0, -1);
        const mean = x.mean(axes);
        const variance = x.var(axes);
        return {
          output: x.batchNorm(gamma, beta, { mean, variance, epsilon }),
          state: { movingMean: moved(movingMean, mean), movingVariance: moved(movingVariance, variance) },
        };
      },
      ...held(rules),
    },
  );
  return layer;
}

export interface LayerNormalizationOptions extends LayerOptions, ScaleOptions {
  /** Of the batch's tensor, as Keras counts them: the last by default. */
  readonly axis?: Axes;
}

/** (x − mean) / √(variance + epsilon) · gamma + beta over the axes of each example (the last by default). */
export function layerNormalization(options?: LayerNormalizationOptions): Layer {
  const op = 'layerNormalization';
  const given = layerOptions<LayerNormalizationOptions>(op, options, 'axis', ...SCALE_OPTIONS);
  const { axis = -1 } = given;
  const { epsilon, rules, config } = scaleRules(op, given);
  return makeLayer<Scale>(
    { type: 'LayerNormalization', name: op, options: given, config: { axis, ...config } },
    {
      build(inputShape, rng) {
        const whole = [1, ...inputShape];
        const axes = normalizeAxes(op, axis, whole.length);
        if (axes.includes(0))
          throw new ShapeError(`${op}: axis 0 is the batch; examples have shape ${show(inputShape)}`);
        const shape = axes.map((d) => whole[d] as number);
        return { params: begin(rules, { gamma: shape, beta: shape }, rng), outputShape: inputShape };
      },
      apply: ({ params: { gamma, beta } }, x) => x.layerNorm(gamma, beta, { axis, epsilon }),
      ...held(rules),
    },
  );
}
