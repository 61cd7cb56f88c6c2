/**
 * @file `showTape`: what a gradient's tape records of a function, and what the walk back over it runs, to be read.
 */

import { requireFunction } from '../core/arguments.ts';
import type { DType } from '../core/dtype.ts';
import { type Shape, show } from '../core/shape.ts';
import { columns, thousands } from '../core/text.ts';
import { bytesSeen } from '../device/measure.ts';
import type { Recorded } from '../ops/dispatch.ts';
import { Tensor } from '../tensor.ts';
import { entries, type Tree } from '../tree.ts';
import { differentiate, type Observer } from './tape.ts';

/** An operation on the tape. */
export interface TapeOperation {
  /** The name of its result: `%0`, `%1`, ... */
  readonly name: string;
  readonly op: string;
  /** Names of results and arguments; of anything else its shape, or its value if it is one number that the host knows. */
  readonly inputs: readonly string[];
  /** Axes, activations and the like, in short. */
  readonly attributes: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** What its gradient rule reads besides shapes: the tape keeps it. */
  readonly saves: 'nothing' | 'inputs' | 'output' | 'both';
  /** The size of what it saves. Values that several operations save are kept once. */
  readonly savedBytes: number;
  /** Whether a gradient rule ran it: a gradient within the function. */
  readonly derived: boolean;
}

/** A gradient rule that ran. */
export interface TapeGradient {
  /** The result that it started from. */
  readonly name: string;
  readonly op: string;
  /** What it gave gradients by. */
  readonly inputs: readonly string[];
}

export interface TapeReport {
  /** In the order in which they ran. */
  readonly operations: readonly TapeOperation[];
  /** In the order in which they ran, the last operation first. */
  readonly gradients: readonly TapeGradient[];
  /** The size of all that the tape kept, arguments included. */
  readonly savedBytes: number;
  /** The tape to read: a line an operation, then a line a gradient rule. */
  toString(): string;
}

/**
 * What `grad(f)` does: a function of the same arguments as f that runs f and its gradient, and returns the tape in place of
 * the gradient. Arguments go by their place in the first one (`w1`), or their position (`arg0`).
 *
 * @example
 * console.log(String(showTape((w: Tensor) => x.matmul(w).sub(y).square().mean())(w)));
 * // %0  matmul([4, 2], arg0)  →  [4, 1] float32  saves inputs, 40 bytes
 * // ...
 */
export function showTape<P extends Tree, Rest extends readonly unknown[]>(
  f: (...args: [P, ...Rest]) => Tensor,
): (...args: [P, ...Rest]) => TapeReport {
  requireFunction('showTape', f);
  return (...args) => {
    const notes = new Notes();
    const named = (...given: readonly unknown[]): Tensor => {
      for (const [k, value] of given.entries()) notes.argument(value, k);
      return f(...(given as [P, ...Rest]));
    };
    differentiate('showTape', named as never, args as never, () => undefined, false, notes);
    return notes;
  };
}

class Notes implements Observer, TapeReport {
  readonly operations: TapeOperation[] = [];
  readonly gradients: (TapeGradient & { inputs: string[] })[] = [];
  readonly #names = new Map<number, string>();
  /** The names of operations, by that of their results. */
  readonly #ops = new Map<string, string>();
  readonly #saved = new WeakSet<object>();
  savedBytes = 0;

  argument(value: unknown, position: number): void {
    if (position > 0 && !(value instanceof Tensor)) return;
    for (const [path, { id }] of entries('showTape', value as Tree))
      this.#names.set(id, path.replace(/^\./, '') || `arg${position}`);
  }

  recorded({ op, row, attrs, inputs, output }: Recorded, derived: boolean): void {
    const name = `%${this.operations.length}`;
    const saves = 'vjp' in row ? row.saves : 'nothing';
    const kept = [
      ...(saves === 'inputs' || saves === 'both' ? inputs : []),
      ...(saves === 'output' || saves === 'both' ? [output] : []),
    ];
    for (const { storage } of kept) {
      if (!this.#saved.has(storage)) this.savedBytes += storage.bytes;
      this.#saved.add(storage);
    }
    this.operations.push({
      name,
      op,
      inputs: inputs.map((x) => this.#names.get(x.id) ?? constant(x)),
      attributes: cut(inShort(attrs)),
      shape: output.shape,
      dtype: output.dtype,
      saves,
      savedBytes: kept.reduce((sum, x) => sum + bytesSeen(x), 0),
      derived,
    });
    this.#names.set(output.id, name);
    this.#ops.set(name, op);
  }

  backward(output: number): void {
    const name = this.#names.get(output) ?? '?';
    this.gradients.push({ name, op: this.#ops.get(name) ?? '?', inputs: [] });
  }

  flowed(input: number): void {
    this.gradients.at(-1)?.inputs.push(this.#names.get(input) ?? '?');
  }

  toString(): string {
    const forward = this.operations.map(({ name, op, inputs, attributes, shape, dtype, ...row }) => [
      name,
      `${op}${row.derived ? "'" : ''}(${[...inputs, ...(attributes ? [attributes] : [])].join(', ')})`,
      `${show(shape)} ${dtype}`,
      row.saves === 'nothing' ? '' : `saves ${SAVES[row.saves]}: ${thousands(row.savedBytes)} bytes`,
    ]);
    const back = this.gradients.map(({ name, op, inputs }) => [
      name,
      op,
      `→ ${inputs.join(', ') || 'nothing'}`,
    ]);
    return [columns(forward), 'backward', columns(back), `saved: ${thousands(this.savedBytes)} bytes`].join(
      '\n',
    );
  }
}

const SAVES = { inputs: 'inputs', output: 'output', both: 'inputs and output' };

/** A value that the tape does not watch: its shape, or if it is one number that the host knows, the number. */
function constant(x: Tensor): string {
  const { storage, shape, device } = x;
  if (shape.length > 0) return show(shape);
  const value =
    storage.constant ?? (device.kind === 'cpu' && storage.length === 1 ? x.dataSync()[0] : undefined);
  return value === undefined ? show(shape) : String(Number(value.toPrecision(7)));
}

/** Attributes that are longer are cut off. */
const LONG = 40;

const cut = (text: string): string => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);

/** An operation's attributes: what is there and says something. */
function inShort(attrs: unknown): string {
  if (attrs === undefined || attrs === null || attrs === false || typeof attrs === 'function') return '';
  if (Array.isArray(attrs)) return `[${attrs.map(inShort).join(', ')}]`;
  if (typeof attrs !== 'object') return String(attrs);
  return Object.entries(attrs)
    .flatMap(([key, value]) => {
      const text = inShort(value);
      return text === '' ? [] : [value === true ? key : `${key}: ${text}`];
    })
    .join(', ');
}
