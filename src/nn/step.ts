/** @file One step of training, and one of testing, on a batch: captured where the layers allow, else carried out as it is. */
import { valueAndGrad } from '../autograd/tape.ts';
import { type Captured, capture } from '../capture.ts';
import { CaptureError } from '../core/capture_error.ts';
import { where, zeros } from '../create.ts';
import type { Device } from '../device/device.ts';
import { withDevice } from '../init.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { watchFinite } from '../update.ts';
import type { Variable } from '../variable.ts';
import { type Batch, gathered } from './feed.ts';
import type { Sequential } from './model.ts';
import type { Totals } from './totals.ts';

/** Each shape has a recording of its own, with memory of its own: batches of yet other shapes are carried out as they are. */
const MOST_SHAPES = 4;

/** What a step takes: an index into resident data, or a batch's tensors. */
type Given = readonly Tensor[];

/** The loss of a batch, with what layers add for their weights. */
export function lossOf(model: Sequential, op: string, { y, weight }: Batch, pred: Tensor): Tensor {
  const { loss } = model.compiledFor(op);
  const own = loss(y, pred, weight ? { sampleWeight: weight } : undefined);
  return model.penalties().reduce((sum, penalty) => sum.add(penalty), own);
}

/** Trains the parameters on a batch; `at` is the number of the step, for errors. */
function train(model: Sequential, params: Variable[], totals: Totals, batch: Batch, at: () => number): void {
  const { optimizer } = model.compiledFor('fit');
  const { value, grad, aux } = valueAndGrad(
    (_: Tensor[]) => {
      const { output, changes } = model.pass('fit', batch.x, true);
      const next = changes.map(([, t]) => t);
      return [lossOf(model, 'fit', batch, output), { output, next, states: changes.map(([v]) => v) }];
    },
    { aux: true },
  )(params as Tensor[]);
  watchFinite(value, 'the loss', at); // where it is not finite, the optimizer does nothing
  optimizer.step(params, grad);
  const changes = [
    ...aux.states.map((state, k) => [state, aux.next[k] as Tensor] as const),
    ...model.constrained(),
  ];
  if (changes.length > 0) {
    const good = value.isFinite(); // as the optimizer, they leave everything as it is where it is not
    for (const [v, next] of changes) v.assign(where(good, next, v));
  }
  totals.add(value, batch.x.shape[0] as number, batch.y, aux.output);
}

function test(model: Sequential, totals: Totals, batch: Batch): void {
  const { output } = model.pass('evaluate', batch.x, false);
  totals.add(lossOf(model, 'evaluate', batch, output), batch.x.shape[0] as number, batch.y, output);
}

export interface StepOptions {
  readonly totals: Totals;
  readonly device: Device;
  /** The whole set, of which the step takes an index; without it the step takes batches. */
  readonly data: Batch | undefined;
  /** The number of the step that runs next, where it trains; else it tests. */
  readonly at?: () => number;
}

export class Step {
  readonly #work: (given: Given) => void;
  /** As frozen as they are when the training begins. */
  #params: Variable[] | undefined;
  /** Shapes that have a recording. */
  readonly #shapes = new Set<string>();
  #captured: Captured<[Given], void> | undefined;

  constructor(
    private readonly model: Sequential,
    private readonly options: StepOptions,
  ) {
    const { totals, at } = options;
    this.#work = (given) => {
      const batch = this.batchOf(given);
      if (at) {
        this.#params ??= model.trainableWeights;
        train(model, this.#params, totals, batch, at);
      } else test(model, totals, batch);
    };
    if (!model.chain.dynamic) this.#captured = capture((given: Given) => this.#work(given));
  }

  /** The tensors of a batch, from what the step was given. */
  batchOf(given: Given): Batch {
    const { data } = this.options;
    const [first, y, weight] = given as [Tensor, Tensor, Tensor | undefined];
    return data ? gathered(data, first) : { x: first, y, weight };
  }

  run(given: Given, examples: number): void {
    const { totals, device } = this.options;
    withDevice(device, () => {
      totals.prepare(() => [
        (this.options.data?.y ?? (given[1] as Tensor)).slice([0, 1]),
        zeros([1, ...this.model.outputShape]),
      ]);
      this.#carryOut(given);
    });
    totals.count += examples;
  }

  #carryOut(given: Given): void {
    const shapes = given.map((t) => `${t.dtype} ${t.shape}`).join();
    if (!this.#captured || (this.#shapes.size >= MOST_SHAPES && !this.#shapes.has(shapes))) {
      scope(() => this.#work(given));
      return;
    }
    this.#shapes.add(shapes);
    try {
      this.#captured(given);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.#captured.dispose();
      this.#captured = undefined;
      if (!error.done) scope(() => this.#work(given));
    }
  }

  dispose(): void {
    this.#captured?.dispose();
  }
}
