/**
 * @file In-place updates, for optimizers: the only way by which a tensor's content changes, and only a variable's. An
 * optimizer's state lies in a few buffers, one slice a variable, so that one dispatch reaches many variables.
 */
import { context, outsideCapture } from './core/context.ts';
import { hostArray, type TypedArray } from './core/dtype.ts';
import { ArgumentError } from './core/errors.ts';
import { tensor } from './create.ts';
import type { Device } from './device/device.ts';
import { roomOf } from './device/window.ts';
import { updateInPlace } from './ops/dispatch.ts';
import type { UpdateAttrs } from './ops/update.ts';
import { slotsFor, type UpdateName } from './ops/update_rules.ts';
import { scope } from './scope.ts';
import type { Tensor } from './tensor.ts';
import { type Variable, variable } from './variable.ts';

export { watchFinite } from './ops/dispatch.ts';
export type { Decay, UpdateName } from './ops/update_rules.ts';

/** Whether a step is being captured. */
export const isCapturing = (): boolean => context.capturing !== undefined;

/** Bytes of a variable that others may lie next to. */
const LARGEST = 2 ** 18;

/** The state of variables of one dtype on one device that were first updated together. */
interface Group {
  readonly slots: readonly Variable[];
  readonly places: Map<Variable, number>;
}

/** The state of one variable on the host, an array a slot. */
export type SlotValues = readonly TypedArray[];

/** The state of an optimizer, made as variables are first updated. */
export class OptimizerState {
  #groups: Group[] = [];
  #variables: Variable[] = [];

  /** Every element of the state begins as `initial`. */
  constructor(
    private readonly rule: UpdateName,
    private readonly initial: number = 0,
  ) {}

  /**
   * Updates variables by their gradients, by a rule whose numbers `how` gives, after `advance` where a captured step is
   * replayed. Views, tapes and other variables that hold the old content keep it.
   */
  update(
    shownAs: string,
    pairs: readonly (readonly [Variable, Tensor])[],
    how: Pick<UpdateAttrs, 'numbers' | 'decay'>,
    advance: () => void,
  ): void {
    context.capturing?.onReplay(advance, this);
    this.#forgetDisposed();
    this.#makeFor(pairs.map(([w]) => w).filter((w) => !this.#groupOf(w)));
    for (const [w] of pairs) w.unshare();
    for (const { slots, places } of this.#groups) {
      const list = pairs.flatMap(([w, g]) => {
        const place = places.get(w);
        return place === undefined ? [] : [{ w, g, place }];
      });
      if (list.length === 0) continue;
      for (const s of slots) s.unshare();
      updateInPlace(this.rule, shownAs, list, slots, how);
    }
  }

  /** What a variable's state has: as many arrays. */
  get slots(): number {
    return slotsFor(this.rule);
  }

  /** The numbers that the state holds, padding not counted. */
  get size(): number {
    return this.slots * this.variables.reduce((sum, { size }) => sum + size, 0);
  }

  /** The variables that have a state, in the order in which they were first updated. */
  get variables(): readonly Variable[] {
    this.#forgetDisposed();
    return this.#variables;
  }

  /** The state of each of the variables as it is now; null for one that has none. */
  async read(variables: readonly Variable[]): Promise<(SlotValues | null)[]> {
    const whole = new Map(
      this.#groups.map((group) => [group, Promise.all(group.slots.map((s) => s.data()))]),
    );
    const list = variables.map((w) => {
      const group = this.#groupOf(w);
      return group && { size: w.size, place: group.places.get(w) as number, slots: whole.get(group) };
    });
    await Promise.all(whole.values());
    return Promise.all(
      list.map(async (found) => {
        if (!found) return null;
        const { place, size, slots = [] } = found;
        return (await slots).map((values) => values.slice(place, place + size));
      }),
    );
  }

  /** Replaces all state by that of these variables. */
  write(shownAs: string, contents: ReadonlyMap<Variable, SlotValues>): void {
    if (context.capturing)
      throw new ArgumentError(`${shownAs}: not in a captured step, which would do it at every replay`);
    this.dispose();
    this.#makeFor([...contents.keys()], contents);
  }

  dispose(): void {
    for (const { slots } of this.#groups) for (const s of slots) s.dispose();
    this.#groups = [];
    this.#variables = [];
  }

  #groupOf(w: Variable): Group | undefined {
    return this.#groups.find(({ places }) => places.has(w));
  }

  /** State for variables that have none yet: with the contents, or as it begins. */
  #makeFor(variables: readonly Variable[], contents?: ReadonlyMap<Variable, SlotValues>): void {
    let fresh = variables;
    this.#variables.push(...fresh);
    for (let [first] = fresh; first; [first] = fresh) {
      const { device, dtype } = first;
      const isAlike = (w: Variable) => w.device === device && w.dtype === dtype;
      const own = fresh.filter(isAlike);
      let length = 0;
      const places = new Map<Variable, number>();
      for (const w of own) {
        places.set(w, length);
        length += roomOf(w.size);
      }
      const filled = (slot: number): Tensor => {
        const host = hostArray(dtype, length).fill(this.initial);
        if (contents) for (const [w, place] of places) host.set(contents.get(w)?.[slot] as TypedArray, place);
        return tensor(host, { dtype, device });
      };
      const slots: Variable[] = [];
      this.#groups.push({ slots, places });
      try {
        outsideCapture(() => bringTogether(own, device));
        while (slots.length < this.slots)
          slots.push(outsideCapture(() => scope(() => variable(filled(slots.length)))));
      } catch (error) {
        for (const s of slots) s.dispose();
        this.#groups.pop();
        this.#variables = this.#variables.filter((w) => this.#groupOf(w));
        throw error;
      }
      fresh = fresh.filter((w) => !isAlike(w));
    }
  }

  /** Gives the state back whose variables are all gone. */
  #forgetDisposed(): void {
    this.#variables = this.#variables.filter((w) => !w.disposed);
    this.#groups = this.#groups.filter(({ slots, places }) => {
      for (const w of places.keys()) if (w.disposed) places.delete(w);
      if (places.size > 0) return true;
      for (const s of slots) s.dispose();
      return false;
    });
  }
}

/**
 * Moves variables into blocks of memory, where a kernel reaches them all at once; not where memory is short. Large ones stay
 * where they are: updating them takes longer than a dispatch, and their memory is worth giving back when they go.
 */
function bringTogether(variables: readonly Variable[], device: Device): void {
  const room = ({ size }: Variable) => 4 * roomOf(size);
  const most = Math.min(LARGEST, device.bindableBytes);
  const small = variables.filter((w) => w.size > 0 && room(w) <= most);
  const bytes = small.reduce((sum, w) => sum + room(w), 0);
  const [first] = small;
  if (!device.allocateTogether || small.length < 2 || !first || 1.25 * bytes > device.freeBytes) return;
  const lengths = small.map(({ size }) => size);
  for (const [k, storage] of device.allocateTogether(first.dtype, lengths, 'variable').entries())
    small[k]?.settleIn(storage);
}
