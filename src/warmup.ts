/** @file `warmup`: kernels compiled ahead of their first use. */
import { refusePromise, requireFunction } from './core/arguments.ts';
import { context } from './core/context.ts';
import { scope } from './scope.ts';

/**
 * Runs `fn` once, and resolves when every kernel that it uses on the default device is compiled, the ones that are
 * otherwise made in the background included. They are compiled beside each other, and the page stays responsive.
 * What `fn` makes is disposed, as by `scope`; what it assigns stays assigned: a step of an optimizer in it is a step.
 *
 * @example
 * await warmup(() => x.matmul(w)); // the first product that counts does not wait for a compiler
 */
export async function warmup(fn: () => unknown): Promise<void> {
  requireFunction('warmup', fn);
  const run = () => {
    scope(() => {
      refusePromise('warmup', fn(), 'only what it does before its first await would be compiled');
    });
  };
  const ahead = context.device?.ahead;
  if (ahead) await ahead.call(context.device, run);
  else run();
}
