/**
 * @file Work that waits for its pipelines, which the GPU's driver compiles beside each other meanwhile. Encoded at once,
 * each dispatch would have its pipeline compiled after those of all before it. What is recorded while it waits joins it,
 * whether its pipelines are there or not: all is submitted together, in order.
 */
export class Hold {
  /** What encodes the work, in its order. */
  readonly steps: (() => void)[] = [];
  /** What is to be done once the work is submitted. */
  readonly afterwards: (() => void)[] = [];
  /** Somebody has asked for its submission: resolves when that is done. */
  submitted: Promise<void> | undefined;
  readonly #pipelines = new Set<Promise<unknown>>();

  /** Waits for a pipeline, or for nothing. */
  waitFor(pipeline: Promise<unknown> | undefined): void {
    if (pipeline) this.#pipelines.add(pipeline);
  }

  /** Resolves when all pipelines are there, those included that are asked for meanwhile. */
  async ready(): Promise<void> {
    for (const pipeline of this.#pipelines) await pipeline;
  }
}
