/**
 * @file Operations of the user's own: the same row as the built-in elementwise ones.
 */
import { options } from './core/arguments.ts';
import { describe } from './core/describe.ts';
import { ArgumentError } from './core/errors.ts';
import { carryOut } from './ops/dispatch.ts';
import { binary, type Elementwise, ternary, unary } from './ops/elementwise.ts';
import type { Tensor, TensorLike } from './tensor.ts';

export interface OpDefinition {
  /** For messages and profiles. */
  readonly name: string;
  /** A WGSL expression of the operands a, b, c (f32); it may call the functions of shaders/math.wgsl. */
  readonly wgsl: string;
  /** The same on the host; as many parameters as the operation has operands, three at most. */
  readonly cpu: (a: number, b: number, c: number) => number;
  /** The gradients by each operand, given that of the result, in tensor operations; without it there is none. */
  readonly vjp?: (
    g: Tensor,
    inputs: readonly [Tensor, Tensor, Tensor, ...Tensor[]],
    output: Tensor,
  ) => readonly (Tensor | null | (() => Tensor))[];
}

/**
 * Makes an elementwise operation on float tensors from its formula, written once for each kind of device, and its
 * gradient. Operands broadcast; plain numbers are accepted; gradients of gradients follow from `vjp`.
 *
 * @example
 * const cube = defineOp({
 *   name: 'cube',
 *   wgsl: 'a * a * a',
 *   cpu: (a) => a * a * a,
 *   vjp: (g, [x]) => [g.mul(x.square().mul(3))],
 * });
 * cube(tensor([1, 2])); // [1, 8]
 */
export function defineOp(definition: OpDefinition): (...operands: TensorLike[]) => Tensor {
  const { name, wgsl, cpu, vjp } = options(
    'defineOp',
    definition,
    'name',
    'wgsl',
    'cpu',
    'vjp',
  ) as Partial<OpDefinition>;
  if (typeof name !== 'string' || !/^[A-Za-z]\w*$/.test(name))
    throw new ArgumentError(`defineOp: the name must be a word, got ${describe(name)}`);
  if (typeof wgsl !== 'string' || wgsl.trim() === '' || /[;{}]/.test(wgsl))
    throw new ArgumentError(
      `defineOp: ${name}: wgsl must be one expression of a, b, c, got ${describe(wgsl)}`,
    );
  if (typeof cpu !== 'function' || cpu.length < 1 || cpu.length > 3)
    throw new ArgumentError(
      `defineOp: ${name}: cpu must be a function of one to three numbers, got ${typeof cpu === 'function' ? `one of ${cpu.length}` : describe(cpu)}`,
    );
  if (vjp !== undefined && typeof vjp !== 'function')
    throw new ArgumentError(`defineOp: ${name}: vjp must be a function, got ${describe(vjp)}`);
  const spec: Elementwise = { dtypes: 'float', cpu, wgsl, ...(vjp ? { vjp } : {}) };
  const row = ([unary, binary, ternary][cpu.length - 1] as typeof unary)(spec);
  return (...operands) => carryOut(name, row, operands);
}
