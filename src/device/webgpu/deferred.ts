/**
 * @file Elementwise work that waits until somebody needs its result, so that a function of it can be computed with it in
 * one go: of relu(x + b) the sum is never written where nobody looks at it. What waits is recorded before its operands
 * change or go away, and at the latest when the running script ends, so that collecting garbage decides nothing.
 */
import { context } from '../../core/context.ts';
import { isContiguous, sizeOf } from '../../core/shape.ts';
import type { Operand, Run, Storage } from '../device.ts';

/** Elements from which on a spared pass is worth a pipeline for the formulas together. */
const LARGE = 2 ** 18;
/** Characters of a formula that is still put into another. */
const LONGEST = 120;
/**
 * A function of math.wgsl of one operand. Sums and products stay apart, each rounded to float32: compilers may contract
 * and reorder them within one shader.
 */
const FUNCTION = /^\w+_\(a\)$/;

export class Deferred {
  /** By the storage of the result. */
  readonly #runs = new Map<Storage, Run>();
  /** Results of theirs that went into other runs. */
  readonly #used = new WeakSet<Storage>();
  #scheduled = false;
  constructor(private readonly record: (run: Run) => void) {}

  /** Takes the run to record it later; otherwise it must be recorded now, and all that it needs has been. */
  takes(run: Run): boolean {
    const fused = this.#fused(run);
    if (!fused) for (const { storage } of run.inputs) this.need(storage);
    if (run.updates) this.settle();
    const later = fused ?? run;
    if (!waits(later)) return false;
    if (fused) this.#used.add(run.inputs[0]?.storage as Storage);
    this.#runs.set(later.outputs[0]?.storage as Storage, later);
    this.#schedule();
    return true;
  }

  /** Records what makes the content of a storage. */
  need(storage: Storage): void {
    const run = this.#runs.get(storage);
    if (!run) return;
    this.#runs.delete(storage);
    this.record(run);
  }

  /**
   * The storage goes away: what reads it is recorded, and what makes its content too, unless that was computed elsewhere.
   * (Who repeats work to measure it wants it done.)
   */
  released(storage: Storage): void {
    if (this.#runs.size === 0) return;
    if (this.#used.has(storage)) this.#runs.delete(storage);
    else this.need(storage);
    for (const [result, run] of this.#runs)
      if (storage.constant === undefined && run.inputs.some((x) => x.storage === storage)) this.need(result);
  }

  settle(): void {
    for (const storage of [...this.#runs.keys()]) this.need(storage);
  }

  drop(): void {
    this.#runs.clear();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.settle();
    });
  }

  /** The run by the operands of the run that it is a function of. */
  #fused(run: Run): Run | undefined {
    const [x] = run.inputs;
    const first = x && this.#runs.get(x.storage);
    if (!x || !first?.map || !run.map || !FUNCTION.test(run.map.formula) || !waits(run)) return undefined;
    const formula = run.map.formula.replace('(a)', `(${first.map.formula})`);
    const [t] = first.outputs as readonly [Operand];
    if (formula.length > LONGEST || !isContiguous(x) || sizeOf(x.shape) !== sizeOf(t.shape)) return undefined;
    const { dispatch } = run.map;
    const y = { ...t, storage: run.outputs[0]?.storage as Storage };
    return {
      ...run,
      inputs: first.inputs,
      outputs: [y],
      map: { formula, dispatch },
      gpu: (inputs, outputs, { info }) => [dispatch(formula, inputs, outputs[0] as Operand, info)],
    };
  }
}

/** Large work in float32 whose operands a kernel sees whole, while nobody measures or looks for mistakes. */
function waits({ map, inputs, outputs }: Run): boolean {
  const [y] = outputs;
  return (
    map !== undefined &&
    context.debug === undefined &&
    context.probes.length === 0 &&
    context.capturing === undefined &&
    y !== undefined &&
    sizeOf(y.shape) >= LARGE &&
    [y, ...inputs].every(
      ({ dtype, storage }) => dtype === 'float32' && storage.bytes <= storage.device.bindableBytes,
    )
  );
}
