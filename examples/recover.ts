/**
 * @file Training that survives the loss of its GPU: it keeps its parameters on the host now and then, and goes on from
 * there on a new device, or on the CPU where there is no other. docs/support.md shows it.
 */
import { DeviceLostError, grad, init, optimizers, scope, type Tensor, tensor, variable } from 'tapegrad';

/** On the host: outlives every device. */
export interface Checkpoint {
  step: number;
  weights: number[];
}

/** Fits features · weights = targets by least squares, and tells of every checkpoint. */
export async function fit(
  features: number[][],
  targets: number[],
  steps: number,
  tell: (saved: Checkpoint) => Promise<void>,
): Promise<Checkpoint> {
  let saved: Checkpoint = { step: 0, weights: features[0]?.map(() => 0) ?? [] };
  while (saved.step < steps) {
    const sgd = optimizers.sgd(0.1); // what an optimizer remembers is lost too
    try {
      using x = tensor(features);
      using y = tensor(targets);
      using w = scope(() => variable(tensor(saved.weights)));
      const loss = (v: Tensor) => x.matmul(v).sub(y).square().mean();
      for (let step = saved.step + 1; step <= steps; step++) {
        scope(() => sgd.step(w, grad(loss)(w)));
        if (step % 10 > 0 && step < steps) continue;
        saved = { step, weights: Array.from(await w.data()) };
        await tell(saved);
      }
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      await init(); // a new GPU device, or the CPU: then fallbackReason says why
    } finally {
      sgd.dispose();
    }
  }
  return saved;
}
