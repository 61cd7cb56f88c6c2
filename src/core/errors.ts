/**
 * @file The typed errors. Every message names the operation, what it was given, the rule,
 * and where it can, the cure; `instanceof` tells the kinds apart.
 */

/** The base of every error that the library throws on purpose. */
export class TapegradError extends Error {
  override name = 'TapegradError';
}

/** Shapes that do not fit together, or data that is not of the shape that was asked for. */
export class ShapeError extends TapegradError {
  override name = 'ShapeError';
}
/** A dtype that the operation or the device does not take. */
export class DTypeError extends TapegradError {
  override name = 'DTypeError';
}
/** An axis outside of the tensor's rank, or named twice. */
export class AxisError extends TapegradError {
  override name = 'AxisError';
}
/** An index or label outside of the range that it selects from. */
export class IndexError extends TapegradError {
  override name = 'IndexError';
}
/** An argument that is not of the kind or range that the function takes. */
export class ArgumentError extends TapegradError {
  override name = 'ArgumentError';
}
/** Tensors of different devices in one operation, or something that this device cannot do. */
export class DeviceError extends TapegradError {
  override name = 'DeviceError';
}
/** WebGPU was asked for and is not there; the message says why and what to do. */
export class WebGPUUnavailableError extends DeviceError {
  override name = 'WebGPUUnavailableError';
}
/** The GPU was lost (driver reset, closed device); its tensors are gone. */
export class DeviceLostError extends DeviceError {
  override name = 'DeviceLostError';
}
/** A tensor larger than the device allows, or no memory left for it. */
export class OutOfMemoryError extends DeviceError {
  override name = 'OutOfMemoryError';
}
/** The tensor was disposed, by hand or at the end of its scope. */
export class DisposedError extends TapegradError {
  override name = 'DisposedError';
}
/** A value that should be finite is NaN or infinite. */
export class NonFiniteError extends TapegradError {
  override name = 'NonFiniteError';
  /** Of a value that is watched over many steps: the first step at which it was not finite, from 0 on. */
  step: number | undefined;
}
/** A gradient was asked through an operation that has none. */
export class NotDifferentiableError extends TapegradError {
  override name = 'NotDifferentiableError';
}
/** A matrix that is singular or not positive definite where that is needed, or an iteration that did not converge. */
export class LinAlgError extends TapegradError {
  override name = 'LinAlgError';
}
/** A file or message that does not follow its format. */
export class FormatError extends TapegradError {
  override name = 'FormatError';
}
/** A file, or a place for one, that cannot be read or written: it is not there, or the system refuses. */
export class FileError extends TapegradError {
  override name = 'FileError';
}
