/**
 * @file In-place updates, for optimizers: the only way by which a tensor's content changes, and only a variable's. An
 * optimizer's state lies in a few buffers, one slice a variable, so that one dispatch reaches many variables.
 */
import { context, outsideCapture } from './core/context.ts';
import { constantTensor, updateInPlace } from './ops/dispatch.ts';
import { slotsFor, type UpdateAttrs, type UpdateName } from './ops/update.ts';

export { watchFinite } from './ops/dispatch.ts';
export type { UpdateName } from './ops/update.ts';

import { scope } from './scope.ts';
import type { Tensor } from './tensor.ts';
import { type Variable, variable } from './variable.ts';

/** Slices begin where a binding may: at multiples of 256 bytes. */
const ALIGNED = 64;

/** The state of variables of one dtype on one device that were first updated together. */
interface Block {
  readonly slots: readonly Variable[];
  readonly places: Map<Variable, number>;
}

/** The state of an optimizer, made as variables are first updated. */
export class OptimizerState {
  #blocks: Block[] = [];

  constructor(private readonly rule: UpdateName) {}

  /**
   * Updates variables by their gradients, by a rule whose numbers `numbers` gives, after `advance` where a captured step
   * is replayed. Views, tapes and other variables that
   * hold the old content keep it.
   */
  update(
    shownAs: string,
    pairs: readonly (readonly [Variable, Tensor])[],
    numbers: UpdateAttrs['numbers'],
    advance: () => void,
  ): void {
    context.capturing?.onReplay(advance);
    this.#forgetDisposed();
    this.#makeFor(pairs.map(([w]) => w));
    for (const [w] of pairs) w.unshare();
    for (const { slots, places } of this.#blocks) {
      const list = pairs.flatMap(([w, g]) => {
        const place = places.get(w);
        return place === undefined ? [] : [{ w, g, place }];
      });
      if (list.length === 0) continue;
      for (const s of slots) s.unshare();
      updateInPlace(this.rule, shownAs, list, slots, numbers);
    }
  }

  dispose(): void {
    for (const { slots } of this.#blocks) for (const s of slots) s.dispose();
    this.#blocks = [];
  }

  /** Zeros for variables that have no state yet. */
  #makeFor(variables: readonly Variable[]): void {
    let fresh = variables.filter((w) => !this.#blocks.some(({ places }) => places.has(w)));
    for (let [first] = fresh; first; [first] = fresh) {
      const { device, dtype } = first;
      const isAlike = (w: Variable) => w.device === device && w.dtype === dtype;
      let length = 0;
      const places = new Map<Variable, number>();
      for (const w of fresh.filter(isAlike)) {
        places.set(w, length);
        length += Math.ceil(w.size / ALIGNED) * ALIGNED;
      }
      const slots: Variable[] = [];
      this.#blocks.push({ slots, places });
      try {
        while (slots.length < slotsFor(this.rule))
          slots.push(outsideCapture(() => scope(() => variable(constantTensor(0, [length], dtype, device)))));
      } catch (error) {
        for (const s of slots) s.dispose();
        this.#blocks.pop();
        throw error;
      }
      fresh = fresh.filter((w) => !isAlike(w));
    }
  }

  /** Gives the state back whose variables are all gone. */
  #forgetDisposed(): void {
    this.#blocks = this.#blocks.filter(({ slots, places }) => {
      for (const w of places.keys()) if (w.disposed) places.delete(w);
      if (places.size > 0) return true;
      for (const s of slots) s.dispose();
      return false;
    });
  }
}
