/**
 * @file Builders of elementwise rows: the number of operands, a dtype rule, the formula twice, and the gradient. Each
 * formula stands twice on purpose, for the CPU and in WGSL: one text compiled to both would agree on a mistake.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError } from '../core/errors.ts';
import { broadcastShapes, type Shape } from '../core/shape.ts';
import { type Formula, mapKernel } from './map.ts';
import {
  dtypeRules,
  elementwiseParts,
  type Gradient,
  type Inputs,
  input,
  type Operable,
  op,
  type Row,
} from './op.ts';

export interface Elementwise extends Formula {
  readonly dtypes: keyof typeof dtypeRules;
  /** Absent where there is no derivative (comparisons). */
  readonly vjp?: (g: Operable, inputs: Inputs, output: Operable) => readonly Gradient[];
  readonly saves?: 'nothing' | 'inputs' | 'output' | 'both';
}

const PLACES = ['the first argument', 'the second argument', 'the third argument'];

function elementwise(arity: number, spec: Elementwise): Row {
  const base = {
    parse: (name: string, args: readonly unknown[]) => {
      if (args.length !== arity)
        throw new ArgumentError(`${name}: takes ${arity} operand${arity > 1 ? 's' : ''}, got ${args.length}`);
      return { inputs: args.map((x, k) => input(name, x, PLACES[k])), attrs: undefined };
    },
    dtypes: dtypeRules[spec.dtypes],
    shape: (name: string, shapes: readonly Shape[]) => broadcastShapes(name, ...shapes),
    kernel: mapKernel(spec),
    parts: elementwiseParts,
    fold: spec.cpu,
    accepts: () => true,
  };
  const { vjp, saves = 'both' } = spec;
  return op<undefined>(vjp ? { ...base, vjp, saves } : { ...base, differentiable: false });
}

export const unary = (spec: Elementwise): Row => elementwise(1, spec);
export const binary = (spec: Elementwise): Row => elementwise(2, spec);
export const ternary = (spec: Elementwise): Row => elementwise(3, spec);

/** A unary formula with one number that the caller may choose: `x.elu(alpha)`. The number has no gradient. */
export function withNumber(standard: number, spec: Elementwise): Row {
  const row = binary(spec);
  return {
    ...row,
    parse: (name, [x, value = standard, ...more]) => {
      if (more.length > 0 || typeof value !== 'number')
        throw new ArgumentError(
          `${name}: takes a tensor and one number, got ${[value, ...more].map((v) => describe(v)).join(', ')}`,
        );
      return { inputs: [input(name, x, PLACES[0]), value], attrs: undefined };
    },
  };
}

/** Truth in WGSL is an i32 of 0 or 1. */
export const truth = (condition: string): string => `select(0, 1, ${condition})`;
