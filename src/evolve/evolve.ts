/**
 * @file `evolve`: a search for structures of dense nets, (μ + λ): each generation children are bred from the parents, trained as
 * a population, and the best of both are the next parents.
 */
import { finite, integer, oneOf, options as optionsOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Data } from '../nn/feed.ts';
import type { Sequential } from '../nn/model.ts';
import { Chance } from './chance.ts';
import {
  activationNames,
  type Ends,
  type Member,
  type PopulationActivation,
  parametersOf,
} from './member.ts';
import { drawn, mutated, type Space } from './mutate.ts';
import type { HostLayer } from './padding.ts';
import { type Population, population } from './population.ts';

export interface EvolveOptions {
  readonly inputs: number;
  /** Classes. */
  readonly outputs: number;
  /** What nets are judged by: examples that none of them trains on. */
  readonly validationData: readonly [x: Data, y: Data];
  /** `evolution` (the default), or `random`: nets drawn anew each generation, which is what evolution must beat. */
  readonly strategy?: 'evolution' | 'random';
  /** μ: nets that are kept from one generation to the next; 8 by default. */
  readonly parents?: number;
  /** λ: nets that are trained in each; 24 by default. */
  readonly children?: number;
  readonly generations?: number;
  /**
   * Epochs of each rung: all children train for the first, the better half of them for the second, and so on. [1, 1, 2] by
   * default.
   */
  readonly rungs?: readonly number[];
  readonly batchSize?: number;
  /** Accuracy that a parameter must bring: fitness is accuracy − cost · parameters. 2e-7 by default: 0.2 points for 10,000. */
  readonly cost?: number;
  readonly maxDepth?: number;
  readonly maxUnits?: number;
  /** Of any net that is tried; without a bound by default. */
  readonly maxParameters?: number;
  readonly activations?: readonly PopulationActivation[];
  readonly seed?: number;
  /** Bytes that nets may take on the device at once, as in `population`. */
  readonly memory?: number;
  /** Where it aborts, the search ends with what the last whole generation left: `state` goes on from there. */
  readonly signal?: AbortSignal;
  /** Called after each generation. */
  readonly onGeneration?: (progress: Generation) => void | Promise<void>;
  /** Of an earlier search with the same options: this one goes on with it. */
  readonly state?: EvolveState;
}

/** A net that was tried: a plain object. */
export interface Individual {
  readonly id: number;
  /** The net that it was bred from; none where it was drawn. */
  readonly parents: readonly number[];
  /** In which generation, from 0 on. */
  readonly generation: number;
  /** What was changed of its parent. */
  readonly mutations: readonly string[];
  readonly member: Member;
  readonly parameters: number;
  /** On the validation data, at its last rung. */
  readonly accuracy: number;
  readonly fitness: number;
  /** Epochs that it was trained for itself, and those that the weights which it began with had been. */
  readonly epochs: number;
  readonly inherited: number;
  /** Whether it has passed all rungs. */
  readonly finished: boolean;
}

export interface Generation {
  readonly generation: number;
  /** What was tried in it. */
  readonly children: readonly Individual[];
  /** The next parents, the fittest first. */
  readonly parents: readonly Individual[];
  /** Finished nets of all generations that no smaller one equals, the smallest first. */
  readonly front: readonly Individual[];
}

/** A search between two generations: a plain object, which can be cloned and stored. */
export interface EvolveState {
  /** The next one. */
  readonly generation: number;
  /** Where the stream of random numbers stands. */
  readonly position: number;
  readonly individuals: readonly Individual[];
  /** The parents, the fittest first, with their weights. */
  readonly parents: readonly { readonly id: number; readonly layers: readonly HostLayer[] }[];
}

export interface EvolveResult {
  /** The fittest. */
  readonly best: Individual;
  readonly front: readonly Individual[];
  /** All that were tried. */
  readonly individuals: readonly Individual[];
  readonly state: EvolveState;
  /** The fittest as an ordinary model, with its weights. */
  model(): Promise<Sequential>;
}

type Settled = Required<Omit<EvolveOptions, 'signal' | 'onGeneration' | 'state' | 'memory'>> &
  Pick<EvolveOptions, 'signal' | 'onGeneration' | 'state' | 'memory'>;

const DEFAULTS = {
  strategy: 'evolution',
  parents: 8,
  children: 24,
  generations: 10,
  rungs: [1, 1, 2],
  batchSize: 32,
  cost: 2e-7,
  maxDepth: 4,
  maxUnits: 128,
  maxParameters: Infinity,
  activations: activationNames.filter((name) => name !== 'linear'),
  seed: 0,
} as const;

function settled(given: EvolveOptions): Settled {
  const names = [
    ...Object.keys(DEFAULTS),
    ...['inputs', 'outputs', 'validationData', 'memory', 'signal', 'onGeneration', 'state'],
  ];
  const set = Object.entries(optionsOf('evolve', given, ...names)).filter(([, value]) => value !== undefined);
  const all = { ...DEFAULTS, ...Object.fromEntries(set) } as unknown as Settled;
  for (const what of [
    'inputs',
    'outputs',
    'parents',
    'children',
    'batchSize',
    'maxDepth',
    'maxUnits',
  ] as const)
    integer('evolve', what, all[what], what === 'maxUnits' ? 4 : 1);
  integer('evolve', 'generations', all.generations, 0);
  integer('evolve', 'seed', all.seed, 0);
  if (all.maxParameters !== Infinity) integer('evolve', 'maxParameters', all.maxParameters, 1);
  if (finite('evolve', 'cost', all.cost) < 0)
    throw new ArgumentError(`evolve: cost must be a number of at least 0, got ${describe(all.cost)}`);
  oneOf('evolve', 'strategy', all.strategy, ['evolution', 'random']);
  for (const what of ['rungs', 'activations'] as const)
    if (!Array.isArray(all[what]) || all[what].length === 0)
      throw new ArgumentError(`evolve: ${what} must be a list of at least one, got ${describe(all[what])}`);
  for (const epochs of all.rungs) integer('evolve', 'each of the rungs', epochs, 1);
  for (const name of all.activations) oneOf('evolve', 'activation', name, activationNames);
  if (!Array.isArray(all.validationData) || all.validationData.length !== 2)
    throw new ArgumentError(`evolve: validationData is [x, y], got ${describe(all.validationData)}`);
  return all;
}

/** Nets that no other one equals with fewer parameters, nor betters with as many: the smallest first. */
export function frontOf(individuals: readonly Individual[]): Individual[] {
  const sorted = individuals
    .filter(({ finished, accuracy }) => finished && !Number.isNaN(accuracy))
    .sort((a, b) => a.parameters - b.parameters || b.accuracy - a.accuracy || a.id - b.id);
  let best = -Infinity;
  return sorted.filter(({ accuracy }) => {
    if (accuracy <= best) return false;
    best = accuracy;
    return true;
  });
}

/** A net that is to be tried, or has been, with its weights. */
interface Trial {
  readonly individual: Individual;
  readonly layers: readonly HostLayer[] | undefined;
}

/** The fittest first; of equals the older one, and NaN last. */
const byFitness = (a: Trial, b: Trial): number => {
  const [f, g] = [a, b].map(({ individual: { fitness } }) => (Number.isNaN(fitness) ? -Infinity : fitness));
  return f === g ? a.individual.id - b.individual.id : (g as number) - (f as number);
};

/**
 * Searches for a dense net that classifies well with few parameters. Children inherit their parent's weights, are trained
 * all at once, and only the better half goes on at each rung (Jamieson and Talwalkar 2016, successive halving). The same
 * seed, data and adapter give the same search.
 *
 * @example
 * const found = await evolve(x, y, {
 *   inputs: 2, outputs: 3, validationData: [x, y], // points [20, 2], and the class of each
 *   parents: 2, children: 4, generations: 2, maxUnits: 8, seed: 1,
 * });
 * console.log(found.best.member.hidden, found.best.accuracy, found.best.parameters);
 * const model = await found.model();               // a `sequential` model, to be trained further
 */
export async function evolve(x: Data, y: Data, options: EvolveOptions): Promise<EvolveResult> {
  return new Search(x, y, settled(options)).run();
}

class Search {
  readonly #ends: Ends;
  readonly #space: Space;
  readonly #chance: Chance;
  #generation: number;
  #individuals: Individual[];
  #parents: Trial[];

  constructor(
    private readonly x: Data,
    private readonly y: Data,
    private readonly options: Settled,
  ) {
    const { inputs, outputs, maxDepth, maxUnits, maxParameters, activations, seed, state } = options;
    this.#ends = { inputs, outputs };
    const fits = (member: Member) => parametersOf(member, this.#ends) <= maxParameters;
    this.#space = { maxDepth, maxUnits, activations, fits };
    this.#chance = new Chance(seed, state?.position);
    this.#generation = state?.generation ?? 0;
    this.#individuals = [...(state?.individuals ?? [])];
    this.#parents = (state?.parents ?? []).map(({ id, layers }) => ({
      individual: this.#individuals[id] as Individual,
      layers,
    }));
  }

  async run(): Promise<EvolveResult> {
    const { generations, signal, onGeneration } = this.options;
    while (this.#generation < generations && !signal?.aborted) {
      const { position } = this.#chance;
      const trials = await this.#train(this.#bred()).catch((error) => {
        if (!signal?.aborted) throw error;
        this.#chance.position = position; // the generation begins anew, should the search go on
      });
      if (!trials) break;
      const children = trials.map(({ individual }) => individual).sort((a, b) => a.id - b.id);
      this.#individuals.push(...children);
      this.#parents = [...this.#parents, ...trials].sort(byFitness).slice(0, this.options.parents);
      const parents = this.#parents.map(({ individual }) => individual);
      const front = frontOf(this.#individuals);
      const generation = this.#generation++;
      await onGeneration?.({ generation, children, parents, front });
    }
    const [best] = this.#parents;
    if (!best) throw signal?.reason ?? new ArgumentError('evolve: no generation was asked for');
    return {
      best: best.individual,
      front: frontOf(this.#individuals),
      individuals: this.#individuals,
      state: {
        generation: this.#generation,
        position: this.#chance.position,
        individuals: this.#individuals,
        parents: this.#parents.map(({ individual: { id }, layers = [] }) => ({ id, layers })),
      },
      model: () => this.#population([best]).model(0),
    };
  }

  /** The children of a generation, not yet trained. */
  #bred(): Trial[] {
    const { strategy, children } = this.options;
    const first = this.#individuals.length;
    const fresh = strategy === 'random' || this.#parents.length === 0;
    return Array.from({ length: children }, (_, k) => {
      const parent = fresh ? undefined : this.#chance.pick(this.#parents);
      const { member, layers, mutations } = parent
        ? mutated(
            { member: parent.individual.member, layers: parent.layers ?? [] },
            this.#space,
            this.#chance,
          )
        : { member: drawn(this.#space, this.#chance), layers: undefined, mutations: [] };
      return {
        layers,
        individual: {
          id: first + k,
          parents: parent ? [parent.individual.id] : [],
          generation: this.#generation,
          mutations,
          member,
          parameters: parametersOf(member, this.#ends),
          accuracy: Number.NaN,
          fitness: Number.NaN,
          epochs: 0,
          inherited: parent ? parent.individual.inherited + parent.individual.epochs : 0,
          finished: false,
        },
      };
    });
  }

  #population(trials: readonly Trial[]): Population {
    const { memory } = this.options;
    const nets = population(
      trials.map(({ individual: { member } }) => member),
      { ...this.#ends, seed: this.#generation, ...(memory === undefined ? {} : { memory }) },
    );
    if (trials.every(({ layers }) => layers))
      nets.setState({
        members: trials.map(({ layers = [] }) => ({ layers, moments: [], steps: 0 })),
        order: 0,
      });
    return nets;
  }

  /** Trains them by successive halving; those that fell out have the accuracy of their last rung. */
  async #train(bred: Trial[]): Promise<Trial[]> {
    const { rungs, batchSize, signal, validationData, cost } = this.options;
    const out: Trial[] = [];
    let running = bred;
    let nets = this.#population(running);
    for (const [rung, epochs] of rungs.entries()) {
      await nets.fit(this.x, this.y, { epochs, batchSize, signal });
      const { accuracy = [] } = await nets.evaluate(...validationData);
      const { members, order } = await nets.getState();
      const last = rung === rungs.length - 1;
      const trained = running.map(({ individual }, k) => ({
        place: k,
        layers: members[k]?.layers,
        individual: {
          ...individual,
          accuracy: accuracy[k] as number,
          fitness: (accuracy[k] as number) - cost * individual.parameters,
          epochs: individual.epochs + epochs,
          finished: last,
        },
      }));
      const sorted = [...trained].sort(byFitness);
      const kept = last ? [] : sorted.slice(0, Math.ceil(sorted.length / 2));
      for (const { individual, layers } of sorted.slice(kept.length)) out.push({ individual, layers });
      if (last) break;
      running = kept.map(({ individual, layers }) => ({ individual, layers }));
      nets = this.#population(running);
      nets.setState({ members: kept.map(({ place }) => members[place] as (typeof members)[number]), order });
    }
    return out;
  }
}
