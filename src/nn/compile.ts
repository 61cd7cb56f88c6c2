/** @file What `compile` takes, and warnings of what hardly can be meant. */
import { options as checked } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Layer } from './layer.ts';
import type { Loss } from './losses/loss.ts';
import { getLoss, type LossLike } from './losses/losses.ts';
import type { Metric } from './metrics/metric.ts';
import { getMetric, type MetricLike } from './metrics/metrics.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { getOptimizer, type OptimizerLike } from './optimizers/optimizers.ts';

export interface CompileOptions {
  /** A name, or as `optimizers` makes them: 'rmsprop' by default. */
  readonly optimizer?: OptimizerLike;
  /** A name, as `losses` makes them, or a function (yTrue, yPred) → tensor. */
  readonly loss: LossLike;
  readonly metrics?: readonly MetricLike[];
}

export interface Compiled {
  readonly optimizer: Optimizer;
  /** Whether the optimizer was made here, of its name: then its state goes with the next `compile`. */
  readonly ownsOptimizer: boolean;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

export function compiled(options: CompileOptions): Compiled {
  const given = checked('compile', options, 'optimizer', 'loss', 'metrics') as Partial<CompileOptions>;
  const { optimizer: wanted = 'rmsprop', metrics = [] } = given;
  if (given.loss === undefined) throw new ArgumentError("compile: a loss is missing, as 'meanSquaredError'");
  if (!Array.isArray(metrics))
    throw new ArgumentError(`compile: metrics are a list, got ${describe(metrics)}`);
  const loss = getLoss(given.loss);
  const found = Array.from(metrics, (metric: MetricLike) => getMetric(metric, loss));
  const names = new Set<string>(['loss']);
  for (const { name } of found) {
    if (names.has(name)) throw new ArgumentError(`compile: two of loss and metrics are called '${name}'`);
    names.add(name);
  }
  const optimizer = getOptimizer(wanted);
  return { optimizer, ownsOptimizer: optimizer !== wanted, loss, metrics: found };
}

const PROBABILITY_LOSSES = ['binaryCrossentropy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy'];

/** What the last layer puts out, where it says so. */
const lastActivation = (layers: readonly Layer[]): unknown => layers.at(-1)?.config?.activation;

/**
 * Says what is wrong where a loss of probabilities gets logits, or the other way round, or a softmax has nothing to choose
 * from; undefined where nothing is.
 */
export function mismatch(layers: readonly Layer[], { name, config }: Loss): string | undefined {
  const activation = lastActivation(layers);
  if (activation === 'softmax' && layers.at(-1)?.config?.units === 1)
    return "the last layer's softmax over one unit is always 1, and nothing is learnt; use activation: 'sigmoid'";
  if (!PROBABILITY_LOSSES.includes(name)) return undefined;
  if (activation === 'linear' && config.fromLogits !== true)
    return `${name} takes probabilities, but the last layer has no activation and gives logits; use losses.${name}({ fromLogits: true }), or activation: '${name === 'binaryCrossentropy' ? 'sigmoid' : 'softmax'}'`;
  if ((activation === 'softmax' || activation === 'sigmoid') && config.fromLogits === true)
    return `${name} with fromLogits takes logits, but the last layer gives probabilities (${activation}); leave one of both out`;
  return undefined;
}
