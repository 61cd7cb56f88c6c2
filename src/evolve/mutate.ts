/** @file How structures are drawn, and how a child differs from its parent. Pure, but for the draws. */
import { ArgumentError } from '../core/errors.ts';
import type { Chance } from './chance.ts';
import { deepened, narrowed, shortened, widened } from './inherit.ts';
import type { HiddenLayer, Member, PopulationActivation } from './member.ts';
import type { HostLayer } from './padding.ts';

/** Where a search may look. */
export interface Space {
  /** Hidden layers: one at least. */
  readonly maxDepth: number;
  readonly maxUnits: number;
  /** Whether a net is small enough. */
  fits(member: Member): boolean;
  readonly activations: readonly PopulationActivation[];
}

const LEAST_UNITS = 4;
const RATES = [3e-4, 1e-2] as const;
const L2 = [1e-6, 1e-3] as const;

const within = (value: number, [low, high]: readonly [number, number]): number =>
  Math.min(Math.max(value, low), high);

const logarithmic = (chance: Chance, [low, high]: readonly [number, number]): number =>
  Math.exp(chance.between(Math.log(low), Math.log(high)));

/** Of two digits: the numbers of a search are to be read. */
const rounded = (value: number): number => Number(value.toPrecision(2));

/** Draws of which none fits, after which there is no hope. */
const PATIENCE = 10_000;

/** The first thing that `draw` gives whose net is small enough; undefined where there is none. */
function fitting<T>(draw: () => T, memberOf: (drawn: T) => Member, space: Space): T | undefined {
  for (let k = 0; k < PATIENCE; k++) {
    const one = draw();
    if (space.fits(memberOf(one))) return one;
  }
  return undefined;
}

/** A net drawn at random: depth evenly, widths and rates evenly by their logarithms. */
export function drawn(space: Space, chance: Chance): Member {
  const found = fitting(
    () => anyNet(space, chance),
    (member) => member,
    space,
  );
  if (found) return found;
  throw new ArgumentError(
    'evolve: no net that was drawn is small enough; raise maxParameters, or lower maxUnits',
  );
}

function anyNet(space: Space, chance: Chance): Member {
  const hidden = Array.from({ length: 1 + chance.below(space.maxDepth) }, () => ({
    units: Math.round(logarithmic(chance, [LEAST_UNITS, space.maxUnits])),
    activation: chance.pick(space.activations),
  }));
  return {
    hidden,
    learningRate: rounded(logarithmic(chance, RATES)),
    l2: chance.next() < 0.5 ? 0 : rounded(logarithmic(chance, L2)),
    dropout: 0,
    seed: chance.below(2 ** 31),
  };
}

/** A net, and its weights. */
export interface Bred {
  readonly member: Member;
  readonly layers: readonly HostLayer[];
}

interface Mutation {
  possible(member: Member, space: Space): boolean;
  apply(bred: Bred, space: Space, chance: Chance): Bred;
}

const withHidden = ({ member, layers }: Bred, hidden: readonly HiddenLayer[], next = layers): Bred => ({
  member: { ...member, hidden },
  layers: next,
});

/** The places of the hidden layers that a mutation can take. */
const places = (member: Member, fits: (units: number) => boolean): number[] =>
  member.hidden.flatMap(({ units }, k) => (fits(units) ? [k] : []));

const resized = (member: Member, k: number, units: number): HiddenLayer[] =>
  member.hidden.with(k, { ...(member.hidden[k] as HiddenLayer), units });

export const MUTATIONS = {
  widen: {
    possible: (member, { maxUnits }) => places(member, (units) => units < maxUnits).length > 0,
    apply: (bred, { maxUnits }, chance) => {
      const k = chance.pick(places(bred.member, (units) => units < maxUnits));
      const before = bred.member.hidden[k]?.units as number;
      const units = Math.min(maxUnits, Math.ceil(before * chance.between(1.15, 2)));
      return withHidden(bred, resized(bred.member, k, units), widened(bred.layers, k, units, chance));
    },
  },
  narrow: {
    possible: (member) => places(member, (units) => units > LEAST_UNITS).length > 0,
    apply: (bred, _, chance) => {
      const k = chance.pick(places(bred.member, (units) => units > LEAST_UNITS));
      const before = bred.member.hidden[k]?.units as number;
      const units = Math.max(LEAST_UNITS, Math.floor(before * chance.between(0.5, 0.9)));
      return withHidden(bred, resized(bred.member, k, units), narrowed(bred.layers, k, units));
    },
  },
  deepen: {
    possible: ({ hidden }, { maxDepth }) => hidden.length > 0 && hidden.length < maxDepth,
    apply: (bred, _, chance) => {
      const { hidden } = bred.member;
      const k = chance.below(hidden.length);
      const { layers, inserted } = deepened(bred.layers, hidden[k] as HiddenLayer, k);
      return withHidden(bred, hidden.toSpliced(k + 1, 0, inserted), layers);
    },
  },
  shorten: {
    possible: ({ hidden }) => hidden.length > 1,
    apply: (bred, _, chance) => {
      const k = chance.below(bred.member.hidden.length);
      return withHidden(bred, bred.member.hidden.toSpliced(k, 1), shortened(bred.layers, k));
    },
  },
  activation: {
    possible: (_, { activations }) => activations.length > 1,
    apply: (bred, { activations }, chance) => {
      const { hidden } = bred.member;
      const k = chance.below(hidden.length);
      const layer = hidden[k] as HiddenLayer;
      const activation = chance.pick(activations.filter((name) => name !== layer.activation));
      return withHidden(bred, hidden.with(k, { ...layer, activation }));
    },
  },
  learningRate: {
    possible: () => true,
    apply: ({ member, layers }, _, chance) => {
      const learningRate = rounded(within(member.learningRate * logarithmic(chance, [1 / 3, 3]), RATES));
      return { member: { ...member, learningRate }, layers };
    },
  },
  l2: {
    possible: () => true,
    apply: ({ member, layers }, _, chance) => {
      const scaled = within(member.l2 * logarithmic(chance, [0.1, 10]), L2);
      const l2 = chance.next() < 0.2 ? 0 : rounded(member.l2 > 0 ? scaled : logarithmic(chance, L2));
      return { member: { ...member, l2 }, layers };
    },
  },
} as const satisfies Record<string, Mutation>;

export type MutationName = keyof typeof MUTATIONS;

/** Changes of structure are tried more often than those of how it trains. */
const DRAWN_FROM: readonly MutationName[] = [
  ...(['widen', 'narrow', 'deepen', 'shorten'] as const).flatMap((name) => [name, name]),
  'activation',
  'learningRate',
  'l2',
];

/** A child of one parent: one change, or two. */
export function mutated(
  parent: Bred,
  space: Space,
  chance: Chance,
): Bred & { readonly mutations: MutationName[] } {
  const mutations: MutationName[] = [];
  let bred = parent;
  for (let left = chance.next() < 0.6 ? 1 : 2; left > 0; left--) {
    const before = bred;
    const possible = DRAWN_FROM.filter((m) => MUTATIONS[m].possible(before.member, space));
    const change = () => {
      const name = chance.pick(possible);
      return { name, after: MUTATIONS[name].apply(before, space, chance) };
    };
    const changed = fitting(change, ({ after }) => after.member, space);
    if (!changed) break;
    bred = changed.after;
    mutations.push(changed.name);
  }
  return { ...bred, member: { ...bred.member, seed: chance.below(2 ** 31) }, mutations };
}
