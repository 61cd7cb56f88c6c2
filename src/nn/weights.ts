/** @file The weights that layers have in common: how a kernel or bias is begun, regularized and constrained. */
import type { Shape } from '../core/shape.ts';
import type { Rng } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { type Constraint, type ConstraintLike, getConstraint } from './constraints.ts';
import {
  getInitializer,
  type Initializer,
  type InitializerLike,
  type InitializerName,
} from './initializers.ts';
import { type Config, type Named, ownName } from './labelled.ts';
import type { Layer } from './layer.ts';
import { getRegularizer, type Regularizer, type RegularizerLike } from './regularizers.ts';

/** How one weight is begun and held. */
export interface WeightRule {
  readonly initializer: Initializer;
  readonly regularizer?: Regularizer | undefined;
  readonly constraint?: Constraint | undefined;
}

/** The options of a kernel and a bias, as Keras has them. */
export interface KernelOptions {
  readonly useBias?: boolean;
  readonly kernelInitializer?: InitializerLike;
  readonly biasInitializer?: InitializerLike;
  readonly kernelRegularizer?: RegularizerLike;
  readonly biasRegularizer?: RegularizerLike;
  readonly kernelConstraint?: ConstraintLike;
  readonly biasConstraint?: ConstraintLike;
}

export const KERNEL_OPTIONS = [
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
] as const;

/** The rules of a weight, whose options begin with `prefix`. */
export function weightRule<O extends object>(
  op: string,
  options: O,
  prefix: string,
  initializer: InitializerName,
): WeightRule {
  /** What is null is none, as Keras' None. */
  const given = (kind: string) =>
    ((options as Record<string, unknown>)[`${prefix}${kind}`] ?? undefined) as never;
  const [regularizer, constraint] = [given('Regularizer'), given('Constraint')];
  const what = (kind: string) => `${prefix}${kind}`;
  return {
    initializer: getInitializer(op, what('Initializer'), given('Initializer') ?? initializer),
    regularizer: regularizer === undefined ? undefined : getRegularizer(op, what('Regularizer'), regularizer),
    constraint: constraint === undefined ? undefined : getConstraint(op, what('Constraint'), constraint),
  };
}

type Rules = Readonly<Record<string, WeightRule | undefined>>;
type Weights = Readonly<Record<string, Tensor>>;

/** The weights of these shapes, begun by their rules in order. */
export function begin<K extends string>(
  rules: Readonly<Record<K, WeightRule | undefined>>,
  shapes: Readonly<Record<K, Shape>>,
  rng: Rng,
): Record<K, Tensor> {
  const made: Partial<Record<K, Tensor>> = {};
  for (const name of Object.keys(shapes) as K[]) {
    const rule = rules[name];
    if (rule) made[name] = rule.initializer(shapes[name], rng);
  }
  return made as Record<K, Tensor>;
}

/** `penalties` and `constrained` of a layer whose parameters follow these rules. */
export function held(rules: Rules): Required<Pick<Layer<Weights>, 'penalties' | 'constrained'>> {
  const each = <R>(params: Weights, f: (w: Tensor, rule: WeightRule) => R | undefined): R[] =>
    Object.entries(params).flatMap(([name, w]) => {
      const rule = rules[name];
      const made = rule && f(w, rule);
      return made === undefined ? [] : [made];
    });
  return {
    penalties: (params) => each(params, (w, { regularizer }) => regularizer?.(w)),
    constrained: (params) => each(params, (w, { constraint }) => constraint && ([w, constraint(w)] as const)),
  };
}

function shown(f: Initializer | Regularizer | Constraint): unknown {
  const { name, config } = f as Partial<Named>;
  if (!config) return ownName(f);
  return Object.keys(config).length > 0 ? { name, config } : name;
}

/** The rules as options, for configurations. */
export function configOf(rules: Rules): Config {
  const found: Record<string, unknown> = {};
  for (const [prefix, rule] of Object.entries(rules))
    for (const [kind, f] of Object.entries(rule ?? {}))
      if (f !== undefined) found[`${prefix}${kind[0]?.toUpperCase()}${kind.slice(1)}`] = shown(f);
  return found;
}
