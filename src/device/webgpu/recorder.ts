/**
 * @file Turns dispatches into few submits: one open compute pass, parameters in a uniform ring at dynamic offsets,
 * bind groups cached by layout and buffers. Submits when somebody reads, when enough work has gathered, or when the
 * event loop turns. Work whose pipelines are not there yet is held back until they are.
 */
import { context } from '../../core/context.ts';
import type { Dispatch } from '../device.ts';
import type { Failable, Failures } from './failures.ts';
import { BindGroups } from './groups.ts';
import { Hold } from './hold.ts';
import type { PooledBuffer } from './pool.ts';
import { bindingPattern, type ShaderCache } from './shader.ts';
import { makeTimer, type Timer } from './timer.ts';

const SLOT = 256; // minUniformBufferOffsetAlignment of the portable baseline, and the size of a parameter block
const SLOTS = 1024;
/** Estimated operations after which a submit goes out: a fraction of a second on the slowest adapters. */
const WORK_LIMIT = 5e8;
/** Steps that wait for their pipelines at most. */
const MOST_HELD = 1024;
const UNIFORM = 0x40 | 0x8; // GPUBufferUsage.UNIFORM | COPY_DST

/** What the recorder needs to know of a storage. */
export interface Recordable extends Failable {
  readonly pooled: PooledBuffer;
  /** The part of the buffer that is bound; by default the whole. */
  readonly range?: { readonly offset: number; readonly size: number };
}

/** The byte of the buffer where the storage begins. */
export const startOf = ({ range }: Recordable): number => range?.offset ?? 0;

/** A dispatch as it was recorded. */
export interface Ready {
  readonly op: string;
  readonly dispatch: Dispatch;
  readonly group: GPUBindGroup;
  readonly storages: readonly Recordable[];
  readonly written: readonly Recordable[];
}

/** Bytes of one storage that are copied into another, from and to the buffers that these have when it is recorded. */
export interface Copy {
  readonly from: Recordable;
  readonly to: Recordable;
  readonly source: GPUBuffer;
  readonly target: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

type Encode = (encoder: GPUCommandEncoder) => void;

/** A step with the parameters that it has now. */
function asItIs(step: Ready | Copy): Ready | Copy {
  if ('bytes' in step || !step.dispatch.live) return step;
  const { live, ...dispatch } = step.dispatch;
  return { ...step, dispatch: { ...dispatch, ...live() } };
}

export class Recorder {
  /** Who notes what is recorded. */
  plan: { note(step: Ready | Copy): void } | undefined;
  readonly #uniforms: GPUBuffer;
  readonly #staging = new ArrayBuffer(SLOT * SLOTS);
  readonly #ints = new Int32Array(this.#staging);
  readonly #floats = new Float32Array(this.#staging);
  readonly #groups = new BindGroups();
  /** What waits for its pipelines. */
  #hold: Hold | undefined;
  /** Whether faster pipelines are waited for too. */
  #ahead = false;
  /** While steps are encoded that were held back: those to come may use buffers that are free, so that none is destroyed. */
  #releasing = false;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #slot = 0;
  #work = 0;
  #ops = new Set<string>();
  #scheduled = false;
  /** While somebody measures, and until what was measured is submitted. */
  #timer: Timer | undefined;
  /** Counts submissions; the one being recorded has this number. */
  current = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly shaders: ShaderCache,
    private readonly status: PooledBuffer,
    private readonly failures: Failures,
    private readonly afterSubmit: () => void,
  ) {
    this.#uniforms = failures.guard('allocating the parameters', () =>
      device.createBuffer({ label: 'parameters', size: SLOT * SLOTS, usage: UNIFORM }),
    );
  }

  /** Takes a dispatch down; `bytes` is what it moves, for those who measure. */
  record(op: string, dispatch: Dispatch, storages: readonly Recordable[], bytes = 0): void {
    const { integers, floats = [] } = dispatch;
    const [x, y = 1, z = 1] = dispatch.workgroups;
    if (x * y * z === 0) return;
    if (integers.length + floats.length > SLOT / 4)
      throw new Error(
        `${dispatch.shader}.wgsl: ${integers.length} integers and ${floats.length} floats do not fit into the ${SLOT} bytes of parameters`,
      );
    const written = storages.filter((_, k) => dispatch.buffers[k]?.access === 'read_write');
    if (this.failures.spoilt(storages, written)) return;
    const ready: Ready = { op, dispatch, group: this.#group(dispatch, storages), storages, written };
    for (const { pooled } of storages) pooled.lastUse = this.current;
    if (this.#waits(dispatch)) {
      this.#hold ??= new Hold();
      const pipeline = this.shaders.prepare(dispatch);
      this.#hold.waitFor(pipeline?.then((error) => error && this.failures.spoil(written, error)));
      if (this.#ahead) this.#hold.waitFor(this.shaders.speedUp(dispatch));
      this.#later(() => this.#take(ready, 0));
    } else {
      if (this.#hold) this.submit();
      this.#take(ready, bytes);
    }
    this.plan?.note(ready);
  }

  /** Whether a dispatch waits for its pipeline, or behind others that do. */
  #waits(dispatch: Dispatch): boolean {
    if (context.probes.length > 0) return false; // who measures a dispatch has it run now
    if (this.#hold) return this.#hold.steps.length < MOST_HELD;
    return this.#ahead || !this.shaders.find(dispatch);
  }

  #later(step: () => void): void {
    this.#hold?.steps.push(step);
    this.#schedule();
  }

  /** Encodes a dispatch, timed by itself where somebody measures. */
  #take(ready: Ready, bytes: number): void {
    const { op, dispatch, storages, written } = ready;
    const timer = this.#releasing ? undefined : this.#measuring(); // what was held is not what is measured
    if (this.#slot === SLOTS || this.#work > WORK_LIMIT || timer?.alone) this.submit();
    const failure = this.shaders.failureOf(dispatch);
    if (failure) {
      if (!this.#releasing) this.failures.spoil(written, failure); // what was held is spoilt already
      return;
    }
    if (!this.failures.note(storages, written)) return;
    for (const { pooled } of storages) pooled.lastUse = this.current;
    if (timer) this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass(timer?.begin(op, dispatch.shader, bytes));
    this.#encode(ready, dispatch.integers, dispatch.floats ?? []);
    if (timer) this.#endPass();
    if (timer?.alone) this.submit();
    else this.#schedule();
  }

  /**
   * Runs `fn`, and holds what it records back while all pipelines for it are made at once, the faster ones too. Whoever
   * must submit before that is done makes the rest one after another.
   */
  async ahead(fn: () => void): Promise<void> {
    this.#ahead = true;
    try {
      fn();
    } finally {
      this.#ahead = false;
      await this.submitWhenReady();
    }
  }

  /** Encodes what was held back, and holds nothing more. */
  #release(): void {
    const hold = this.#hold;
    if (!hold) return;
    this.#hold = undefined;
    this.#releasing = true;
    try {
      for (const step of hold.steps) step();
    } finally {
      this.#releasing = false;
    }
  }

  #encode({ op, dispatch, group }: Ready, integers: readonly number[], floats: readonly number[]): void {
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    const shader = this.shaders.get(dispatch);
    this.shaders.used(shader, dispatch);
    const { faster, pipeline } = shader;
    const [x, y = 1, z = 1] = (faster && dispatch.faster?.workgroups) ?? dispatch.workgroups;
    const offset = this.#slot++ * SLOT;
    this.#ints.set(integers, offset / 4);
    this.#floats.set(floats, offset / 4 + integers.length);
    this.#ops.add(op);
    this.#work += dispatch.work;
    this.#pass.setPipeline(faster ?? pipeline);
    this.#pass.setBindGroup(0, group, [offset]);
    this.#pass.dispatchWorkgroups(x, y, z);
  }

  /** Records what was recorded before. `touched` and `written` are all that it reads and writes. */
  replay(
    steps: readonly (Ready | Copy)[],
    touched: readonly Recordable[],
    written: readonly Failable[],
  ): void {
    for (const { pooled } of touched) pooled.lastUse = this.current;
    if (this.#hold && this.#hold.steps.length < MOST_HELD) {
      const now = steps.map(asItIs);
      this.#later(() => this.#replay(now, touched, written));
    } else {
      if (this.#hold) this.submit();
      this.#replay(steps, touched, written);
    }
  }

  #replay(
    steps: readonly (Ready | Copy)[],
    touched: readonly Recordable[],
    written: readonly Failable[],
  ): void {
    for (const step of steps) {
      const failure = 'bytes' in step ? undefined : this.shaders.failureOf(step.dispatch);
      if (!failure) continue;
      this.failures.spoil(written, failure);
      return;
    }
    let noted = -1;
    for (const step of steps) {
      if (this.#slot === SLOTS || this.#work > WORK_LIMIT) this.submit();
      if (noted !== this.current) {
        if (!this.failures.note(touched, written)) return; // some of that has failed, and the rest with it
        for (const { pooled } of touched) pooled.lastUse = this.current;
        noted = this.current;
      }
      if ('bytes' in step) {
        this.#encodeCopy(step);
        continue;
      }
      const { integers, floats = [], live } = step.dispatch;
      const now = live?.();
      this.#encode(step, now?.integers ?? integers, now?.floats ?? floats);
    }
    this.#schedule();
  }

  #encodeCopy({ from, to, source, target, offset, bytes }: Copy): void {
    this.#encodeBehind((encoder) =>
      encoder.copyBufferToBuffer(source, startOf(from), target, startOf(to) + offset, bytes),
    );
  }

  /** Encodes copies behind everything that is recorded, some of which may wait for its pipelines. */
  encode(encode: Encode): void {
    if (this.#hold) this.#later(() => this.#encodeBehind(encode));
    else this.#encodeBehind(encode);
  }

  #encodeBehind(encode: Encode): void {
    this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    encode(this.#encoder);
    this.#schedule();
  }

  /** Copies bytes of one storage into another, in order with the dispatches. */
  copy(from: Recordable, to: Recordable, offset: number, bytes: number): void {
    if (this.failures.spoilt([from, to], [to])) return;
    for (const { pooled } of [from, to]) pooled.lastUse = this.current;
    const [source, target] = [from.pooled.buffer, to.pooled.buffer];
    const copy: Copy = { from, to, source, target, offset, bytes };
    if (this.#hold) this.#later(() => this.#takeCopy(copy));
    else this.#takeCopy(copy);
    this.plan?.note(copy);
  }

  #takeCopy(copy: Copy): void {
    const { from, to } = copy;
    if (!this.failures.note([from, to], [to])) return;
    for (const { pooled } of [from, to]) pooled.lastUse = this.current;
    this.#encodeCopy(copy);
  }

  /** Copies bytes of a buffer that is not ours, from `offset` on. */
  copyIn(from: GPUBuffer, offset: number, to: Recordable, bytes: number): void {
    if (this.#hold) this.submit();
    if (bytes === 0 || !this.failures.note([to], [to])) return;
    to.pooled.lastUse = this.current;
    this.#ops.add('fromGPUBuffer');
    this.encode((encoder) => encoder.copyBufferToBuffer(from, offset, to.pooled.buffer, startOf(to), bytes));
  }

  /** Submits all that is recorded; what waits for its pipelines has them made one after another. */
  submit(): void {
    const hold = this.#hold;
    this.#release();
    this.#send();
    for (const fn of hold?.afterwards ?? []) fn();
  }

  /** Submits all that is recorded; where some of it waits for its pipelines, when they are there. */
  submitWhenReady(): Promise<void> | undefined {
    const hold = this.#hold;
    if (!hold) {
      this.submit();
      return undefined;
    }
    hold.submitted ??= hold.ready().then(() => {
      if (this.#hold === hold) this.submit(); // else somebody could not wait
    });
    return hold.submitted;
  }

  /** Runs `fn` once all that is recorded is submitted: now, unless some of it waits for its pipelines. */
  whenSubmitted(fn: () => void): void {
    if (this.#hold) {
      this.#hold.afterwards.push(fn);
      return;
    }
    this.#send();
    fn();
  }

  #send(): void {
    const encoder = this.#encoder;
    if (!encoder) {
      this.#untimed();
      return;
    }
    this.#endPass();
    const timer = this.#measuring() ?? this.#timer;
    timer?.end(encoder);
    const { queue } = this.device;
    this.failures.submit([...this.#ops].join(', '), () => {
      if (this.#slot > 0) queue.writeBuffer(this.#uniforms, 0, this.#staging, 0, this.#slot * SLOT);
      queue.submit([encoder.finish()]);
    });
    timer?.submitted();
    this.#untimed();
    this.#encoder = undefined;
    this.#slot = 0;
    this.#work = 0;
    this.#ops = new Set();
    this.current++;
    if (!this.#releasing) this.afterSubmit();
  }

  /** Forgets the bind groups of a buffer that is about to be destroyed. */
  evict(pooled: PooledBuffer): void {
    this.#groups.evict(pooled);
  }

  /** Drops what is recorded, and frees what the recorder holds on the device. */
  close(): void {
    const hold = this.#hold;
    this.#hold = undefined;
    this.#endPass();
    this.#encoder = undefined;
    this.#groups.clear();
    this.#uniforms.destroy();
    this.#timer?.close();
    for (const fn of hold?.afterwards ?? []) fn();
  }

  /** The timer, if somebody measures now. */
  #measuring(): Timer | undefined {
    if (context.probes.length === 0) return undefined;
    this.#timer ??= makeTimer(this.device, this.failures, SLOTS);
    return this.#timer;
  }

  /** Lets go of the timer when nobody measures any more. */
  #untimed(): void {
    if (context.probes.length > 0) return;
    this.#timer?.close();
    this.#timer = undefined;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      void this.submitWhenReady();
    }, 0);
  }

  #group(dispatch: Dispatch, storages: readonly Recordable[]): GPUBindGroup {
    const bound: Recordable[] = [...storages];
    if (dispatch.status) bound.push({ pooled: this.status, failure: undefined });
    return this.#groups.get(bindingPattern(dispatch), bound, () =>
      this.failures.guard(`binding the buffers of ${dispatch.shader}.wgsl`, () =>
        this.device.createBindGroup({
          layout: this.shaders.layout(dispatch),
          entries: [
            { binding: 0, resource: { buffer: this.#uniforms, size: SLOT } },
            ...bound.map(({ pooled: { buffer }, range }, k) => ({
              binding: k + 1,
              resource: { buffer, ...range },
            })),
          ],
        }),
      ),
    );
  }
}
