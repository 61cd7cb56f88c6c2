/** @file Tensors from buffers of other WebGPU code on the same GPUDevice; the way back is `t.gpuBuffer()`. */
import { options as checked, integer, requireDevice } from './core/arguments.ts';
import { describe } from './core/describe.ts';
import { checkDType, type DType } from './core/dtype.ts';
import { ArgumentError, DeviceError, ShapeError } from './core/errors.ts';
import { checkShape, contiguous, type Shape, show, sizeOf } from './core/shape.ts';
import type { Device } from './device/device.ts';
import { checkSupport, currentDevice } from './ops/dispatch.ts';
import { Tensor } from './tensor.ts';

const COPY_SRC = 0x4; // GPUBufferUsage.COPY_SRC

export interface GPUBufferOptions {
  readonly shape: Shape;
  /** float32 by default. int32 takes i32 words, bool too (≠ 0), float16 two halves to a word. */
  readonly dtype?: DType;
  /** Where the elements begin, in bytes: a multiple of 4. */
  readonly offset?: number;
  /** The device whose GPUDevice made the buffer; by default the current one. */
  readonly device?: Device;
}

/**
 * A tensor of a GPUBuffer's content, in row-major order, without a way through the host. The content is copied on the
 * GPU, as it is at this point of the queue: the buffer stays its owner's, who may change or destroy it afterwards. The
 * buffer needs the usage COPY_SRC and must come from the device's own GPUDevice (`device().gpu`).
 *
 * @example
 * const frame = fromGPUBuffer(buffer, { shape: [240, 320, 4] });
 * @throws ArgumentError for what is no such buffer, ShapeError where it is too small, DeviceError on the CPU device.
 */
export function fromGPUBuffer(buffer: GPUBuffer, options: GPUBufferOptions): Tensor {
  const op = 'fromGPUBuffer';
  const { shape, dtype = 'float32', offset = 0 } = checked(op, options, 'shape', 'dtype', 'offset', 'device');
  const on = options?.device ?? currentDevice();
  requireDevice(op, on);
  if (typeof buffer?.size !== 'number' || typeof buffer.usage !== 'number')
    throw new ArgumentError(`${op}: takes a GPUBuffer, got ${describe(buffer)}`);
  const sizes = checkShape(op, shape);
  const kind = checkDType(op, dtype);
  checkSupport(op, kind, on);
  const start = integer(op, 'offset', offset, 0);
  if (!on.fromBuffer)
    throw new DeviceError(`${op}: the CPU device has no buffers; call await init('webgpu') first`);
  const count = sizeOf(sizes);
  const bytes = kind === 'float16' ? Math.ceil(count / 2) * 4 : count * 4;
  if (start % 4 !== 0) throw new ArgumentError(`${op}: offset must be a multiple of 4 bytes, got ${start}`);
  if (start + bytes > buffer.size)
    throw new ShapeError(
      `${op}: ${kind} ${show(sizes)} needs ${bytes} bytes from ${start} on, and the buffer has ${buffer.size}`,
    );
  if ((buffer.usage & COPY_SRC) === 0)
    throw new ArgumentError(`${op}: the buffer must be made with GPUBufferUsage.COPY_SRC`);
  if (buffer.mapState !== 'unmapped')
    throw new ArgumentError(`${op}: the buffer is mapped; call buffer.unmap() first`);
  if (kind !== 'bool') return new Tensor(on.fromBuffer(buffer, start, kind, count), contiguous(sizes));
  const words = new Tensor(on.fromBuffer(buffer, start, 'int32', count), contiguous(sizes));
  const truths = words.astype('bool');
  words.dispose();
  return truths;
}
