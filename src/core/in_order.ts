/** @file Waiting for several promises, so that nothing is under way any more when the first of their errors is told. */

/**
 * What all of them give, once the last of them has settled; where some fail, the error of the first in the list, whichever
 * failed first in time. `Promise.all` would tell at once and leave the others at work, with all that they hold.
 */
export async function inOrder<T extends readonly unknown[]>(
  promises: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(promises);
  return Promise.all(promises) as unknown as Promise<T>;
}
