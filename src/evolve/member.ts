/** @file What a member of a population is: a dense net, and how it trains. */
import { finite, integer, oneOf, options } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { type UnitName, unitNames } from '../dense_units.ts';
import type { Layer } from '../nn/layer.ts';
import { layers } from '../nn/layers.ts';
import { type Sequential, sequential } from '../nn/model.ts';
import { regularizers } from '../nn/regularizers.ts';

/** Activations that members of a population may have: those whose derivative follows from their output. */
export type PopulationActivation = Exclude<UnitName, 'none'>;

export const activationNames = unitNames.filter((name): name is PopulationActivation => name !== 'none');

/** A hidden layer. */
export interface HiddenLayer {
  readonly units: number;
  readonly activation: PopulationActivation;
}

/** A net, and how it trains. */
export interface Member {
  /** From the first to the last; the outputs' layer, which is linear, comes on top. None is a linear model. */
  readonly hidden: readonly HiddenLayer[];
  readonly learningRate: number;
  /** λ of the penalty λ·Σ kernel², as `regularizers.l2(λ)` has it. */
  readonly l2: number;
  /** The share of a hidden layer's outputs that is left out in training. */
  readonly dropout: number;
  /** Of the first weights, and of what dropout leaves out. */
  readonly seed: number;
}

/** A member with what may be left out: relu, Adam's 0.001, no L2, no dropout, its place in the population as the seed. */
export interface MemberOptions extends Partial<Omit<Member, 'hidden'>> {
  /** Units of the hidden layers, or units with activations. */
  readonly hidden?: readonly (number | (Pick<HiddenLayer, 'units'> & Partial<HiddenLayer>))[];
}

/** The numbers of inputs and outputs that all members have. */
export interface Ends {
  readonly inputs: number;
  readonly outputs: number;
}

const notNegative = (op: string, what: string, value: unknown): number => {
  if (finite(op, what, value) >= 0) return value as number;
  throw new ArgumentError(`${op}: ${what} must be a number of at least 0, got ${describe(value)}`);
};

function hiddenLayer(op: string, given: unknown): HiddenLayer {
  const { units, activation = 'relu' } =
    typeof given === 'number' ? { units: given } : options(op, given, 'units', 'activation');
  return {
    units: integer(op, 'units', units, 1),
    activation: oneOf(op, 'activation', activation, activationNames),
  };
}

export function memberOf(op: string, given: MemberOptions, position: number): Member {
  const {
    hidden = [],
    learningRate = 1e-3,
    l2 = 0,
    dropout = 0,
    seed = position,
  } = options(op, given, 'hidden', 'learningRate', 'l2', 'dropout', 'seed');
  if (!Array.isArray(hidden))
    throw new ArgumentError(`${op}: hidden must be a list of layers, got ${describe(hidden)}`);
  if (notNegative(op, 'dropout', dropout) >= 1)
    throw new ArgumentError(`${op}: dropout must lie in [0, 1), got ${describe(dropout)}`);
  return {
    hidden: hidden.map((layer) => hiddenLayer(op, layer)),
    learningRate: notNegative(op, 'learningRate', learningRate),
    l2: notNegative(op, 'l2', l2),
    dropout: dropout as number,
    seed: integer(op, 'seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  };
}

/** Inputs, units of the hidden layers, outputs. */
export const widthsOf = ({ hidden }: Pick<Member, 'hidden'>, { inputs, outputs }: Ends): number[] => [
  inputs,
  ...hidden.map(({ units }) => units),
  outputs,
];

export const pairs = (widths: readonly number[]): [from: number, to: number][] =>
  widths.slice(1).map((to, k) => [widths[k] as number, to]);

/** Weights and biases. */
export const parametersOf = (member: Pick<Member, 'hidden'>, ends: Ends): number =>
  pairs(widthsOf(member, ends)).reduce((sum, [from, to]) => sum + (from + 1) * to, 0);

/** The member as an ordinary model, with first weights of its seed. */
export function modelOf({ hidden, l2, dropout, seed }: Member, { inputs, outputs }: Ends): Sequential {
  const penalty = l2 > 0 ? { kernelRegularizer: regularizers.l2(l2) } : {};
  const first = { inputShape: [inputs] };
  const list: Layer[] = hidden.flatMap(({ units, activation }, k) => [
    layers.dense(units, { activation, ...penalty, ...(k === 0 ? first : {}) }),
    ...(dropout > 0 ? [layers.dropout(dropout)] : []),
  ]);
  return sequential([...list, layers.dense(outputs, { ...penalty, ...(hidden.length === 0 ? first : {}) })], {
    seed,
  });
}
