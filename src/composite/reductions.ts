/** @file Statistics and scans made of sums, products and views: exact gradients through zeros, of any order. */
import { finite } from '../core/arguments.ts';
import { normalizeAxes, normalizeAxis } from '../core/shape.ts';
import { call } from '../ops/dispatch.ts';
import { choose, flag, type Operable, options, tensorInput } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';

interface Reduction {
  readonly x: Operable;
  readonly axes: number[];
  readonly keepdims: boolean;
  /** Elements reduced into one. */
  readonly count: number;
}

export function parseReduction(
  name: string,
  [x, axis, opts]: readonly unknown[],
  ...more: string[]
): Reduction {
  const tensor = tensorInput(name, x);
  const { keepdims = false } = options(name, opts, 'keepdims', ...more);
  const axes = normalizeAxes(name, axis, tensor.ndim);
  return {
    x: tensor,
    axes,
    keepdims: flag(name, 'keepdims', keepdims),
    count: axes.reduce((n, d) => n * (tensor.shape[d] as number), 1),
  };
}

/** The reduced axes as one last axis. */
function gathered({ x, axes, count }: Reduction): Tensor {
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  return x.permuteDims([...kept, ...axes]).reshape([...kept.map((d) => x.shape[d] as number), count]);
}

/** Products of pairs, and of those, and so on: exact gradients through zeros, of any order. */
export function prod(name: string, args: readonly unknown[]): Tensor {
  const reduction = parseReduction(name, args);
  const { x, axes, keepdims } = reduction;
  const product = (t: Tensor): Tensor => {
    const n = t.shape.at(-1) as number;
    const lead = t.shape.slice(0, -1);
    if (n === 0) return call('add', [t.sum(-1), 1]);
    if (n === 1) return t.reshape(lead);
    const half = Math.floor(n / 2);
    const part = (from: number, to: number) => t.slice(...lead.map(() => null), [from, to]);
    const pairs = part(0, half).mul(part(half, 2 * half));
    const rest = product(pairs);
    return n % 2 === 0 ? rest : rest.mul(part(n - 1, n).reshape(lead));
  };
  const result = product(gathered({ ...reduction, x: x.mul(1) as Operable }));
  return keepdims ? result.reshape(x.shape.map((n, d) => (axes.includes(d) ? 1 : n))) : result;
}

export function variance(name: string, args: readonly unknown[]): Tensor {
  const { correction = 0 } = options(name, args[2], 'keepdims', 'correction');
  const taken = finite(name, 'correction', correction);
  const { x, axes, keepdims, count } = parseReduction(name, args, 'correction');
  const centred = x.sub(x.mean(axes, { keepdims: true }));
  return centred
    .square()
    .sum(axes, { keepdims })
    .div(Math.max(count - taken, 0));
}

export function logSumExp(name: string, args: readonly unknown[]): Tensor {
  const { x, axes, keepdims, count } = parseReduction(name, args);
  if (count === 0) return x.sum(axes, { keepdims }).log();
  const largest = (x.max(axes, { keepdims: true }) as Operable).stopGradient();
  const shift = choose(largest.isFinite(), largest, 0);
  const sum = x.sub(shift).exp().sum(axes, { keepdims: true }).log().add(shift);
  return keepdims ? sum : sum.squeeze(axes);
}

/** A running total by doubling strides (Hillis and Steele 1986): log₂ n steps, exact gradients. */
export function scan(name: string, [x, axis = -1]: readonly unknown[], combine: 'add' | 'mul'): Tensor {
  const tensor = tensorInput(name, x);
  const d = normalizeAxis(name, axis, tensor.ndim);
  const n = tensor.shape[d] as number;
  const part = (t: Tensor, from: number, to: number) =>
    t.slice(...t.shape.map((_, k): [number, number] | null => (k === d ? [from, to] : null)));
  let total: Tensor = tensor.mul(1);
  for (let step = 1; step < n; step *= 2) {
    const later = part(total, step, n)[combine](part(total, 0, n - step));
    total = call('concat', [[part(total, 0, step), later], d]);
  }
  return total;
}
