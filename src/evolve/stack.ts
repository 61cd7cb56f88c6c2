/** @file Members that train as one: their weights in tensors with a leading axis, and a step for all of them. */
import { valueAndGrad } from '../autograd/tape.ts';
import { type Captured, capture } from '../capture.ts';
import type { TypedArray } from '../core/dtype.ts';
import { tensor, zerosLike } from '../create.ts';
import { defineOp } from '../define.ts';
import { random } from '../random.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { type Variable, variable } from '../variable.ts';
import { Chance } from './chance.ts';
import { forward, type StackedLayer } from './forward.ts';
import type { Ends, Member } from './member.ts';
import { momentsOf, type PopulationOptimizer, StackOptimizer } from './optimizer.ts';
import { type FloatType, type HostLayer, kindsOf, stacked, unstacked, widthsOfStack } from './padding.ts';

/** All that a member's training goes on with, on the host: a plain object. */
export interface MemberState {
  readonly layers: readonly HostLayer[];
  /** The optimizer's, in the form of the layers; none before the first step. */
  readonly moments: readonly (readonly HostLayer[])[];
  readonly steps: number;
}

/** A loss of each member for each example, [P, B], from outputs [P, B, out] and targets. */
export type ExampleLoss = (outputs: Tensor, targets: Tensor) => Tensor;

export interface StackOptions {
  readonly dtype: FloatType;
  readonly optimizer: PopulationOptimizer;
  readonly loss: ExampleLoss;
}

/** 1 / (1 − rate) where a number that is even in [0, 1), moved on by a member's shift, reaches its rate, else 0. */
const dropoutMask = defineOp({
  name: 'dropoutMask',
  cpu: (u, shift, rate) => ((u + shift) % 1 >= rate ? 1 / (1 - rate) : 0),
  wgsl: 'select(0.0, 1.0 / (1.0 - c), fract(a + b) >= c)',
});

/** Blocks of random numbers that a step may take. */
const NOISE = 2 ** 24;

interface Dropout {
  /** Of each hidden layer: 0 for members that lack it. */
  readonly rates: readonly Tensor[];
  readonly shifts: Tensor;
  noise(shape: readonly number[]): Tensor;
}

export class Stack {
  readonly #widths: readonly number[];
  readonly #layers: readonly (StackedLayer & { readonly weights: Variable })[];
  readonly #owned: Tensor[] = [];
  readonly #optimizer: StackOptimizer;
  readonly #dropout: Dropout | undefined;
  /** Sums of the losses of the examples so far, [P]. */
  readonly #sums: Variable;
  /** Captured, so that the sums keep their place, where a captured step adds to them. */
  readonly #clear = capture(() => {
    this.#sums.assign(zerosLike(this.#sums));
  });
  #captured: Captured<[Tensor], void> | undefined;

  /** `states` are those of the members, which have done equally many steps. */
  constructor(
    private readonly members: readonly Member[],
    states: readonly MemberState[],
    private readonly ends: Ends,
    private readonly options: StackOptions,
  ) {
    const { dtype } = options;
    const count = members.length;
    const steps = states[0]?.steps ?? 0;
    this.#widths = widthsOfStack(members, ends);
    const contents = new Map<Variable, readonly TypedArray[]>();
    const host = (layer: number, of: (p: number, k: number) => HostLayer, lacking: 0 | 1 = 0) =>
      stacked(members, ends, this.#widths, layer, dtype, of, lacking);
    const own = <T extends Tensor>(t: T): T => {
      t.moveTo(undefined);
      this.#owned.push(t);
      return t;
    };
    const made = (data: TypedArray, shape: readonly number[]) => own(tensor(data, { shape, dtype }));
    const kept = (data: TypedArray, shape: readonly number[]) =>
      own(scope(() => variable(tensor(data, { shape, dtype }))));
    try {
      this.#layers = this.#widths.slice(1).map((to, k) => {
        const shape = [count, (this.#widths[k] as number) + 1, to];
        const weights = kept(
          host(k, (p, own) => layerOf(states[p]?.layers, own), 1),
          shape,
        );
        const moments = Array.from({ length: momentsOf(options.optimizer) }, (_, slot) =>
          host(k, (p, own) => momentOf(states[p] as MemberState, slot, own)),
        );
        const rates = host(k, (p, own) => filled(states[p], own, members[p]?.learningRate ?? 0));
        // The penalty λ·Σ kernel² has the gradient 2λ·kernel.
        const decays = host(k, (p, own) => filled(states[p], own, 2 * (members[p]?.l2 ?? 0), 0));
        contents.set(weights, [...moments, rates, decays]);
        if (k === this.#widths.length - 2) return { weights }; // outputs are linear
        return { weights, kinds: made(kindsOf(members, ends, this.#widths, k, dtype), [count, 1, to]) };
      });
      this.#sums = kept(filledArray(count, 0), [count]);
      if (members.some(({ dropout }) => dropout > 0)) {
        const rng = random(members.reduce((sum, { seed }) => sum + seed, 0));
        rng.position = steps * NOISE; // a fit goes on with other noise than the one before
        const perMember = (of: (member: Member) => number) =>
          made(Float64Array.from(members, of), [count, 1, 1]);
        this.#dropout = {
          rates: this.#widths
            .slice(1, -1)
            .map((_, k) => perMember(({ hidden, dropout }) => (k < hidden.length ? dropout : 0))),
          shifts: perMember(shiftOf),
          noise: (shape) => rng.uniform(shape).astype(dtype),
        };
      }
      this.#optimizer = new StackOptimizer(options.optimizer, contents, steps);
    } catch (error) {
      for (const t of this.#owned) t.dispose();
      throw error;
    }
  }

  /** Outputs [P, B, out] for examples [B, in]; with noise in training. */
  outputs(x: Tensor, training = false): Tensor {
    const dropout = training ? this.#dropout : undefined;
    if (!dropout) return forward(this.#layers, x);
    const { rates, shifts, noise } = dropout;
    return forward(this.#layers, x, (y, k) => {
      const rate = rates[k];
      return rate ? y.mul(dropoutMask(noise([1, ...y.shape.slice(1)]), shifts, rate)) : y;
    });
  }

  /** A step on the examples [B, in] and targets that `batch` makes of an index; captured where the device can. */
  train(batch: (index: Tensor) => readonly [x: Tensor, y: Tensor]): (index: Tensor) => void {
    const variables = this.#layers.map(({ weights }) => weights);
    const work = (index: Tensor) => {
      const [x, y] = batch(index);
      const { grad, aux } = valueAndGrad(
        (_: Tensor[]) => {
          const losses = this.options.loss(this.outputs(x, true), y);
          const means = losses.mean(1);
          return [means.sum(), means];
        },
        { aux: true },
      )(variables as Tensor[]);
      this.#optimizer.step(variables, grad);
      this.#sums.assign(this.#sums.add(aux.mul(index.size)));
    };
    this.#captured?.dispose();
    this.#captured = capture(work);
    return this.#captured;
  }

  /** The sums of the losses since they were last taken, a number a member. */
  takeSums(): Promise<TypedArray> {
    const sums = this.#sums.data(); // as they are at this point
    this.#clear();
    return sums;
  }

  /** Something small, which comes when the work so far is done. */
  pending(): Promise<unknown> {
    return this.#sums.data();
  }

  /** The members' states as they are now. */
  async read(): Promise<MemberState[]> {
    const { dtype } = this.options;
    const variables = this.#layers.map(({ weights }) => weights);
    const [values, moments] = await Promise.all([
      Promise.all(variables.map((w) => w.data())),
      this.#optimizer.read(variables),
    ]);
    const layersFrom = (p: number, of: (layer: number) => TypedArray) =>
      unstacked(
        this.members[p] as Member,
        p,
        this.ends,
        this.#widths,
        dtype,
        this.#layers.map((_, k) => of(k)),
      );
    const { steps } = this.#optimizer;
    return this.members.map((_, p) => ({
      layers: layersFrom(p, (v) => values[v] as TypedArray),
      moments: Array.from({ length: steps > 0 ? momentsOf(this.options.optimizer) : 0 }, (_, slot) =>
        layersFrom(p, (v) => moments[v]?.[slot] as TypedArray),
      ),
      steps,
    }));
  }

  dispose(): void {
    this.#captured?.dispose();
    this.#clear.dispose();
    this.#optimizer.dispose();
    for (const t of this.#owned) t.dispose();
  }
}

const filledArray = (length: number, value: number): TypedArray => new Float64Array(length).fill(value);

const layerOf = (layers: readonly HostLayer[] | undefined, k: number): HostLayer => layers?.[k] as HostLayer;

/** A layer's moments, 0 before the first step. */
const momentOf = (state: MemberState, slot: number, k: number): HostLayer =>
  state.moments[slot]?.[k] ?? filled(state, k, 0);

/** As large as a layer, with one value everywhere. */
function filled(state: MemberState | undefined, k: number, kernel: number, bias = kernel): HostLayer {
  const like = layerOf(state?.layers, k);
  return { kernel: filledArray(like.kernel.length, kernel), bias: filledArray(like.bias.length, bias) };
}

/** A number in [0, 1) of a member's seed, a multiple of 2⁻²³. */
const shiftOf = ({ seed }: Member): number => Math.floor(new Chance(seed).next() * 2 ** 23) * 2 ** -23;
