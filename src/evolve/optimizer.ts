/** @file Optimizers of a stack: each weight has a learning rate and an L2 factor of its own, those of its member. */
import { noGrad } from '../autograd/tape.ts';
import type { TypedArray } from '../core/dtype.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { OptimizerState } from '../update.ts';
import type { Variable } from '../variable.ts';

export type PopulationOptimizer = 'adam' | 'sgd';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

interface Method {
  readonly rule: 'adamEach' | 'sgdEach';
  /** Moments a weight has. */
  readonly moments: number;
  /** Of the t-th step, counted from 1. */
  numbers(t: number): readonly number[];
}

/** By Keras 3's formulas and defaults, as `optimizers.adam` and `optimizers.sgd`. */
const METHODS: Readonly<Record<PopulationOptimizer, Method>> = {
  adam: {
    rule: 'adamEach',
    moments: 2,
    numbers: (t) => [Math.sqrt(1 - BETA2 ** t) / (1 - BETA1 ** t), 1 - BETA1, 1 - BETA2, EPSILON],
  },
  sgd: { rule: 'sgdEach', moments: 0, numbers: () => [] },
};

/** Moments that each weight has. */
export const momentsOf = (name: PopulationOptimizer): number => METHODS[name].moments;

export class StackOptimizer {
  readonly #state: OptimizerState;
  readonly #method: Method;

  /** `contents`: of each variable its moments, its learning rates and its L2 factors; `steps` that were before. */
  constructor(
    name: PopulationOptimizer,
    contents: ReadonlyMap<Variable, readonly TypedArray[]>,
    public steps: number,
  ) {
    this.#method = METHODS[name];
    this.#state = new OptimizerState(this.#method.rule);
    this.#state.write('population', contents);
  }

  step(variables: readonly Variable[], grads: readonly Tensor[]): void {
    let t = 0; // which step this is; a captured one is another at every replay
    const advance = () => {
      t = ++this.steps;
    };
    const how = { decay: undefined, numbers: () => this.#method.numbers(t) };
    advance();
    const list = variables.map((w, k) => [w, grads[k] as Tensor] as const);
    noGrad(() => scope(() => this.#state.update('population', list, how, advance)));
  }

  /** The moments of each variable. */
  async read(variables: readonly Variable[]): Promise<(readonly TypedArray[])[]> {
    const all = await this.#state.read(variables);
    return all.map((slots) => (slots ?? []).slice(0, this.#method.moments));
  }

  dispose(): void {
    this.#state.dispose();
  }
}
