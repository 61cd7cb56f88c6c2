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
import { type Batch, gathered } from './feed.ts';
import type { Sequential } from './model.ts';
import type { Totals } from './totals.ts';

/** What a step takes: an index into resident data, or a batch's tensors. */
type Given = readonly Tensor[];

/** The loss of a batch, with what layers add for their weights. */
export function lossOf(model: Sequential, op: string, { y, weight }: Batch, pred: Tensor): Tensor {
  const { loss } = model.compiledFor(op);
  const own = loss(y, pred, weight ? { sampleWeight: weight } : undefined);
  return model.penalties().reduce((sum, penalty) => sum.add(penalty), own);
}

/** Trains on a batch; `at` is the number of the step, for errors. */
function train(model: Sequential, totals: Totals, batch: Batch, at: () => number): void {
  const { optimizer } = model.compiledFor('fit');
  const params = model.trainableWeights;
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
  model.constrain();
  if (aux.states.length > 0) {
    const good = value.isFinite();
    aux.states.forEach((state, k) => {
      state.assign(where(good, aux.next[k] as Tensor, state));
    });
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
  #captured: Captured<[Given], void> | undefined;

  constructor(
    private readonly model: Sequential,
    private readonly options: StepOptions,
  ) {
    const { totals, at } = options;
    this.#work = (given) => {
      const batch = this.batchOf(given);
      if (at) train(model, totals, batch, at);
      else test(model, totals, batch);
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
    if (!this.#captured) {
      scope(() => this.#work(given));
      return;
    }
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
