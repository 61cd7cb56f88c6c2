/**
 * @file Variables: tensors whose content can be replaced. Parameters are variables; nothing else is changed in place.
 */
import { CaptureError } from './core/capture_error.ts';
import { context, outsideCapture } from './core/context.ts';
import { DeviceError, DTypeError, ShapeError } from './core/errors.ts';
import { contiguous, isContiguous, sameShape, show } from './core/shape.ts';
import type { Device, Storage } from './device/device.ts';
import { release, retain } from './device/storage.ts';
import { copied, recordIdentity } from './ops/dispatch.ts';
import { requireTensor, Tensor } from './tensor.ts';

/** A tensor whose content can be replaced by `assign`; no scope owns it. Made by `variable`. */
export class Variable extends Tensor {
  #trainable = true;

  /** False keeps optimizers from changing it. */
  get trainable(): boolean {
    const now = this.#trainable;
    context.capturing?.onlyWhile(() => this.#trainable === now);
    return now;
  }

  set trainable(value: boolean) {
    this.#trainable = value;
  }

  override moveTo(): void {}

  /** Takes over the content of a tensor of the same shape and dtype. Who holds the old content keeps it. */
  assign(value: Tensor): this {
    requireTensor('assign', value);
    for (const x of [this, value]) x.storageFor('assign').device.requireAlive('assign');
    if (value.storageFor('assign').device !== this.storageFor('assign').device)
      throw new DeviceError(
        `assign: the variable is on ${this.device.kind}, the value on another device (${value.device.kind}); move it: await t.to(device)`,
      );
    if (!sameShape(value.shape, this.shape))
      throw new ShapeError(
        `assign: a variable of shape ${show(this.shape)} cannot take ${show(value.shape)}`,
      );
    if (value.dtype !== this.dtype)
      throw new DTypeError(
        `assign: a ${this.dtype} variable cannot take ${value.dtype}; convert with .astype('${this.dtype}')`,
      );
    if (context.capturing) this.#overwrite(value);
    else this.rebind(ownable(value));
    recordIdentity('assign', value, this);
    return this;
  }

  /** For models: goes over to the content of a tensor on another device, as where its own was lost. */
  moveOnto(value: Tensor): void {
    const storage = ownable(value);
    (this as { device: Device }).device = storage.device;
    this.rebind(storage);
  }

  /** In a captured step, whose replays know the storage that the variable has. */
  #overwrite(value: Tensor): void {
    const content = ownable(value);
    this.unshare();
    content.device.copy(content, this.storage, 0);
    release(content);
  }

  /** For optimizers: goes over to this storage, with its content. */
  settleIn(storage: Storage): void {
    this.device.copy(this.storage, storage, 0);
    this.rebind(storage);
  }

  /** A buffer of its own, since others may hold it: the variable leaves the block that it lies in, for good. */
  override gpuBuffer(): GPUBuffer {
    if (this.storageFor('gpuBuffer').within) this.rebind(outsideCapture(() => copied(this)));
    return super.gpuBuffer();
  }

  /** For optimizers: makes sure that nobody else (a view, a tape, another variable) sees the content. */
  unshare(): void {
    if (this.storage.references > 1) this.rebind(outsideCapture(() => copied(this)));
    else this.renew();
  }
}

/** A reference to a storage that holds exactly the tensor's elements in order: its own where it fits, else a copy. */
function ownable(x: Tensor) {
  const { storage } = x;
  const fits =
    isContiguous(x) && x.offset === 0 && storage.length === x.size && storage.constant === undefined;
  if (!fits) return copied(x);
  retain(storage);
  return storage;
}

/** A variable that begins with the content of a tensor. */
export function variable(tensor: Tensor): Variable {
  requireTensor('variable', tensor);
  tensor.storageFor('variable').device.requireAlive('variable');
  if (context.capturing)
    throw new CaptureError(
      'variable: none can be made in a captured step, which would make another one at every replay; make it before',
      false,
    );
  const made = new Variable(ownable(tensor), contiguous(tensor.shape));
  recordIdentity('variable', tensor, made);
  return made;
}
