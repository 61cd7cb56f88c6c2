/** @file What a saved model keeps of its training besides weights, as JSON, and the optimizer's arrays. */
import { describe } from '../../core/describe.ts';
import type { TypedArray } from '../../core/dtype.ts';
import { FormatError } from '../../core/errors.ts';
import type { HostArray } from '../../io/host.ts';
import { isPlainObject } from '../../tree.ts';
import type { Compiled } from '../compile.ts';
import { losses } from '../losses/losses.ts';
import type { Sequential } from '../model.ts';
import type { Described } from '../named.ts';
import type { OptimizerSnapshot } from '../optimizers/optimizer.ts';
import type { ModelState } from '../state.ts';
import type { Options } from './keras_names.ts';

/** A name and its options, of a loss, a metric, an optimizer. */
const described = ({ name, config }: Described): Described => ({ name, config });

/** The part that JSON holds. */
export interface SavedTraining {
  readonly compile?: {
    readonly optimizer: Described;
    readonly loss: Described;
    readonly metrics: Described[];
  };
  readonly optimizer?: { readonly name: string; readonly iterations: number };
  readonly learningRate?: number;
  readonly random: ModelState['random'];
  readonly epoch: number;
  /** Weights that are not trained though their layers are. */
  readonly frozen: readonly string[];
}

export function toSavedTraining(
  model: Sequential,
  { optimizer, learningRate, random, epoch }: ModelState,
  compiled: Compiled | undefined,
): SavedTraining {
  return {
    ...(compiled && {
      compile: {
        optimizer: described(compiled.optimizer),
        loss: described(compiled.loss),
        metrics: compiled.metrics.map(described),
      },
    }),
    ...(optimizer && { optimizer: { name: optimizer.name, iterations: optimizer.iterations } }),
    ...(learningRate !== undefined && { learningRate }),
    random,
    epoch,
    frozen: model.namedWeights.filter(({ variable }) => !variable.trainable).map(({ name }) => name),
  };
}

const slotName = (slot: number, weight: string): string => `optimizer/${slot}/${weight}`;

/** Names of what an optimizer may change, in its order. */
function parameterNames(model: Sequential): string[] {
  const names = new Map(model.namedWeights.map(({ name, variable }) => [variable, name]));
  return model.parameters.map((w) => names.get(w) as string);
}

/** The optimizer's arrays, under names. */
export function slotArrays(model: Sequential, { slots }: OptimizerSnapshot): [string, HostArray][] {
  const names = parameterNames(model);
  return slots.flatMap((arrays, k) =>
    (arrays ?? []).map((data, slot): [string, HostArray] => [
      slotName(slot, names[k] as string),
      {
        dtype: data instanceof Float64Array ? 'float64' : 'float32',
        shape: model.parameters[k]?.shape ?? [],
        data,
      },
    ]),
  );
}

/** The optimizer's state out of a file's arrays; an optimizer that has made no step has none. */
export function snapshotOf(
  model: Sequential,
  { name, iterations }: NonNullable<SavedTraining['optimizer']>,
  arrays: ReadonlyMap<string, HostArray>,
): OptimizerSnapshot {
  const slots = parameterNames(model).map((weight) => {
    const found: TypedArray[] = [];
    for (let slot = 0; ; slot++) {
      const array = arrays.get(slotName(slot, weight));
      if (!array) return found.length > 0 ? found : null;
      found.push(array.data);
    }
  });
  return { name, iterations, slots };
}

/** What the file says, if it is what it should be; what is within is looked at by who takes it. */
export function savedTraining(json: unknown): SavedTraining {
  const { compile, optimizer, learningRate, random, epoch, frozen } = (
    isPlainObject(json) ? json : {}
  ) as Options;
  const isRight =
    isPlainObject(random) &&
    Array.isArray(frozen) &&
    (learningRate === undefined || typeof learningRate === 'number') &&
    (optimizer === undefined || isPlainObject(optimizer)) &&
    (compile === undefined || (isPlainObject(compile) && Array.isArray(compile.metrics)));
  if (!isRight)
    throw new FormatError(`what it says of the training is not what save writes: ${describe(json)}`);
  return { compile, optimizer, learningRate, random, epoch, frozen } as unknown as SavedTraining;
}

/** What `compile` takes, from what was saved; functions of the user's own come from `custom`. */
export function compileOptions(
  { optimizer, loss, metrics }: NonNullable<SavedTraining['compile']>,
  custom: Readonly<Record<string, unknown>>,
) {
  const own = (kind: string, saved: Described): unknown => {
    if ((saved as Partial<Described> | null)?.config?.own !== true) return saved;
    if (typeof saved.name === 'string' && Object.hasOwn(custom, saved.name)) return custom[saved.name];
    throw new FormatError(
      `the ${kind} ${describe(saved.name)} is a function of your own: { custom: { ${String(saved.name).slice(0, 40)} } }`,
    );
  };
  const metric = (saved: Described): unknown => {
    const { name, config } = saved ?? {};
    const isLoss = isPlainObject(config) && isPlainObject(config.loss) && Object.hasOwn(losses, name);
    return isLoss ? losses[name as keyof typeof losses](config.loss as never) : own('metric', saved);
  };
  return { optimizer, loss: own('loss', loss), metrics: metrics.map(metric) } as never;
}
