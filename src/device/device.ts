/**
 * @file What a device is to the rest of the engine: it holds storages and runs kernels on them.
 * The CPU runs `kernel.cpu` at once; WebGPU records the dispatches of `kernel.gpu` and submits them later.
 */
import type { DType, TypedArray } from '../core/dtype.ts';
import type { DeviceLostError } from '../core/errors.ts';
import type { Layout } from '../core/shape.ts';

export interface DeviceInfo {
  /** For people: the adapter's name, or "CPU". */
  readonly name: string;
  readonly vendor?: string;
  readonly architecture?: string;
  /** True where WebGPU runs without a GPU (SwiftShader, llvmpipe, WARP). */
  readonly software?: boolean;
  /** On the CPU: whether float32 work runs in WebAssembly, with fused multiply-add (`relaxed`) or without, or not at all. */
  readonly simd?: 'relaxed' | 'baseline' | 'none';
  /** Why `simd` is `none`. */
  readonly simdMissing?: string;
}

/** Elements in a device's memory, counted by reference: views, the tape and variables share one. */
export interface Storage {
  readonly device: Device;
  readonly dtype: DType;
  readonly length: number;
  /** What made it: an operation's name. */
  readonly madeBy: string;
  /** The value of every element where the host knows it: such a storage needs no memory. */
  readonly constant?: number;
  readonly bytes: number;
  /** The block of memory that it shares with others, and its first element there: a kernel may bind them all at once. */
  readonly within?: { readonly block: object; readonly start: number };
  references: number;
}

/** A storage seen through a layout: what kernels read and write. */
export interface Operand extends Layout {
  readonly storage: Storage;
  readonly dtype: DType;
}

export interface CpuOperand extends Operand {
  readonly data: TypedArray;
}

/** One dispatch of one shader of shaders/. */
export interface Dispatch {
  /** WGSL text of the file. */
  readonly source: string;
  /** For messages, profiles and caches: the file's name. */
  readonly shader: string;
  /** Names this combination of slots and constants, and spares comparing texts; without it they are compared. */
  readonly key?: string;
  /** Text for lines tagged `// @slot name`; a line without a text stays as it is. */
  readonly slots?: Readonly<Record<string, string>>;
  /** Values for `override` declarations. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Bound from binding 1 on, whole: offsets travel in the parameters. */
  readonly buffers: readonly Binding[];
  /** Binds the device's status word after the buffers. */
  readonly status?: boolean;
  /** The uniform block at binding 0: integers first, then floats; 256 bytes at most. */
  readonly integers: readonly number[];
  readonly floats?: readonly number[];
  /** The parameters now, where they change from one replay of a captured step to the next. */
  readonly live?: () => { readonly integers?: readonly number[]; readonly floats?: readonly number[] };
  readonly workgroups: readonly [x: number, y?: number, z?: number];
  /** Estimated scalar operations or elements moved: decides when to submit. */
  readonly work: number;
  /**
   * Other constants for the same text, with the same results bit for bit, whose pipeline is faster but takes long to
   * compile: it is made in the background once there has been work enough for it, and used from when it is there.
   */
  readonly faster?: Pick<Dispatch, 'key' | 'constants' | 'workgroups'>;
}

export interface Binding {
  readonly storage: Storage;
  readonly access: 'read' | 'read_write';
}

/** What a kernel may ask of the WebGPU device while it plans its dispatches. */
export interface GpuContext {
  /** Memory for intermediate results; taken back after the dispatches of this kernel. */
  scratch(dtype: DType, length: number): Storage;
  /** The number by which a kernel names its operation in the status word. */
  readonly opId: number;
  readonly info: DeviceInfo;
  /** Storage buffers that one dispatch can bind, the status word included. */
  readonly bindings: number;
  /** Bytes of scratch memory that a kernel can see at once. */
  readonly bindableBytes: number;
  /** The whole block that these storages lie in, to be bound in their place. */
  blockOf(storages: readonly Storage[]): Storage;
  /**
   * Tells that the kernel would rather bind these as one block, each with the element where it would begin there: a
   * captured step lays them so when it is recorded anew.
   */
  wouldBlock(storages: ReadonlyMap<Storage, number>): void;
}

/**
 * Fast ways of the CPU device for work in float32. Each method does the work and returns true, or leaves it to the plain
 * loops of the kernel, which are what it is checked against.
 */
export interface Simd {
  /** The operands have the result's shape, or broadcast to it. */
  map(op: SimdMap, inputs: readonly CpuOperand[], y: CpuOperand): boolean;
  /** Over axes of `x` into the contiguous `y`. */
  reduce(op: SimdReduction, x: CpuOperand, axes: readonly number[], y: CpuOperand): boolean;
  /** y = a @ b (+ bias, for each row) (then relu), for stacks of matrices of one batch shape. */
  matmul(
    a: CpuOperand,
    b: CpuOperand,
    y: CpuOperand,
    finish?: { readonly bias?: CpuOperand | undefined; readonly relu?: boolean },
  ): boolean;
  /** One step of contiguous w, first and second moment by the gradient. */
  adam(targets: Operands<CpuOperand>, g: CpuOperand, rates: AdamRates): boolean;
}

export interface AdamRates {
  /** The learning rate with its bias correction. */
  readonly rate: number;
  /** 1 − β₁ and 1 − β₂. */
  readonly away1: number;
  readonly away2: number;
  readonly epsilon: number;
}

export type SimdMap = 'add' | 'sub' | 'mul' | 'relu' | 'reluGrad';
export type SimdReduction = 'sum' | 'mean' | 'max';

/** As many operands as the row has; the type spares the kernels from saying so again. */
export type Operands<O extends Operand = Operand> = readonly [O, O, O, ...O[]];

export interface KernelCall<A, O extends Operand = Operand> {
  readonly op: string;
  readonly inputs: Operands<O>;
  readonly outputs: Operands<O>;
  readonly attrs: A;
}

/** An elementwise computation in WGSL: its formula of the operands a, b, c, and the dispatch of any such formula. */
export interface MapText {
  readonly formula: string;
  dispatch(formula: string, inputs: readonly Operand[], y: Operand, info: DeviceInfo): Dispatch;
}

/** One computation, written twice: plain loops, and dispatches. */
export interface Kernel<A> {
  /** Of an elementwise one, for others to be computed with it. */
  map?(inputs: readonly Operand[]): MapText;
  cpu(call: KernelCall<A, CpuOperand>, simd: Simd): void;
  gpu(call: KernelCall<A>, context: GpuContext): Dispatch[];
}

/** A kernel with its operands and attributes bound. */
export interface Run {
  readonly op: string;
  /** What the status word names in place of the operation. */
  readonly named?: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  /** Whether the outputs are read too: updates in place. */
  readonly updates?: boolean;
  readonly map?: MapText | undefined;
  cpu(inputs: readonly CpuOperand[], outputs: readonly CpuOperand[], simd: Simd): void;
  gpu(inputs: readonly Operand[], outputs: readonly Operand[], context: GpuContext): Dispatch[];
}

/** Recorded work that can be given to the GPU again, with the memory that it needs between. */
export interface Plan {
  /** Storages of others that the work uses; those that it writes. */
  readonly outer: ReadonlySet<Storage>;
  readonly written: ReadonlySet<Storage>;
  /** Whether what the work touches of others has gone over to other memory since. */
  readonly outdated: boolean;
  /** Whether a recording in its place would lie in memory as it does: else that one is another, and this one's last call. */
  readonly settled: boolean;
  /** Whether the work made the storage. */
  owns(storage: Storage): boolean;
  /** What a storage that the work uses or makes is called in a recording: the same in another one of the same work. */
  nameOf(storage: Storage): unknown;
  /** How the work differs from that of another plan, in words. */
  difference(other: Plan): string | undefined;
  /** Another storage in the place of one that the work made, which the next replay fills; who holds the former keeps its content. */
  renewed(storage: Storage): Storage;
  /** Records the work again, on other contents of `inputs`; `outputs` are the renewed storages. */
  replay(inputs: readonly Storage[], outputs: readonly Storage[]): void;
  dispose(): void;
}

export interface Device {
  readonly kind: 'cpu' | 'webgpu';
  readonly info: DeviceInfo;
  /** The GPUDevice that runs the work, for code that shares buffers with it; undefined on the CPU. */
  readonly gpu?: GPUDevice | undefined;
  /** Why `init('auto')` gave the CPU. */
  readonly fallbackReason?: string | undefined;
  /** Settles when the device is lost or closed; what is under way then rejects. */
  readonly lost: Promise<DeviceLostError>;
  /** Throws a DeviceLostError in the operation's name where the device was lost or closed. */
  requireAlive(op: string): void;
  readonly poolBytes: number;
  /** Bytes that may still be allocated within the memory budget; Infinity where there is none. */
  readonly freeBytes: number;
  /** Bytes of one operand that a kernel can see at once; storages may be larger. */
  readonly bindableBytes: number;
  supports(dtype: DType): boolean;
  /** Copies host data in. */
  upload(data: TypedArray, dtype: DType): Storage;
  allocate(dtype: DType, length: number, op: string): Storage;
  /** Storages of these lengths, in as few blocks as kernels can bind; on WebGPU only. */
  allocateTogether?(dtype: DType, lengths: readonly number[], op: string): Storage[];
  /** A storage whose every element is `value`. */
  constant(dtype: DType, value: number): Storage;
  run(run: Run): void;
  /** Copies all elements of a storage into another of the same dtype, from element `at` on. */
  copy(from: Storage, to: Storage, at: number): void;
  /**
   * Copies a contiguous operand out, as it is now. Rejects with whatever went wrong on the way to it, and with what the
   * GPU's checks found in the work so far; reads under way together then all reject, later ones start afresh. The
   * values of a constant are known to the host: reading one tells only of errors that are known already.
   */
  read(operand: Operand, op: string): Promise<TypedArray>;
  /** As read, at once; throws where the device cannot. */
  readSync(operand: Operand, op: string): TypedArray;
  /** Runs `fn` and notes the work that it records, in the memory of a plan that ends with that; on WebGPU only. */
  plan?(fn: () => void, inPlaceOf?: Plan): Plan;
  /** Runs `fn` while a plan is made, but not for it. */
  outsidePlan?<R>(fn: () => R): R;
  /** Runs `fn`, whose work may wait until its kernels are compiled beside each other; on WebGPU only. */
  ahead?(fn: () => void): Promise<void>;
  /** The buffer of a storage, with all recorded work on it submitted; on WebGPU only. */
  bufferOf?(storage: Storage): GPUBuffer;
  /** A copy of a buffer's content from byte `offset` on, as it is at this point of the queue; on WebGPU only. */
  fromBuffer?(buffer: GPUBuffer, offset: number, dtype: DType, length: number): Storage;
  /** Gives the memory of a storage without references back. */
  release(storage: Storage): void;
  /**
   * Submits what is recorded and waits until it is done. Rejects where the GPU refused work or memory; an index out of
   * range, which kernels find, is told by the next read.
   */
  flush(): Promise<void>;
  close(): void;
}
