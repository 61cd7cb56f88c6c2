/**
 * @file Einstein summation: diagonals, sums and permutations as views, products of two operands at a time as matmul.
 */
import { describe } from '../core/describe.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, checkShape, show } from '../core/shape.ts';
import type { Tensor } from '../tensor.ts';

/** A tensor whose axes carry the labels, each once. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

interface Equation {
  readonly inputs: readonly string[][];
  readonly output: readonly string[];
}

const ELLIPSIS = '...';

function parse(name: string, text: unknown, operands: readonly Tensor[]): Equation {
  if (typeof text !== 'string')
    throw new ArgumentError(`${name}: the equation must be a string, got ${describe(text)}`);
  const fail = (why: string) => new ArgumentError(`${name}: ${why} in '${text}'`);
  const [left = '', right, ...more] = text.replace(/\s/g, '').split('->');
  if (more.length > 0) throw fail("more than one '->'");
  const terms = left.split(',');
  if (terms.length !== operands.length)
    throw new ArgumentError(`${name}: '${text}' names ${terms.length} operands, got ${operands.length}`);
  const symbols = (term: string): string[] => {
    const found = term.match(/\.\.\.|[A-Za-z]/g) ?? [];
    if (found.join('') !== term) throw fail(`'${term}' has more than letters and '...'`);
    if (found.filter((s) => s === ELLIPSIS).length > 1) throw fail(`more than one '...' in '${term}'`);
    return found;
  };
  const parsed = terms.map(symbols);
  // The axes behind '...' get labels counted from the right, so that they broadcast against each other.
  const hidden = parsed.map((list, k) => {
    const { ndim, shape } = operands[k] as Tensor;
    const count = ndim - list.filter((s) => s !== ELLIPSIS).length;
    if (count < 0 || (count > 0 && !list.includes(ELLIPSIS)))
      throw new ShapeError(`${name}: '${terms[k]}' does not fit operand ${k} of shape ${show(shape)}`);
    return list.includes(ELLIPSIS) ? count : 0;
  });
  const dots = (count: number) => Array.from({ length: count }, (_, i) => `.${count - i}`);
  const expand = (list: readonly string[], count: number) =>
    list.flatMap((s) => (s === ELLIPSIS ? dots(count) : [s]));
  const inputs = parsed.map((list, k) => expand(list, hidden[k] as number));
  const all = inputs.flat();
  const most = Math.max(0, ...hidden);
  if (right === undefined) {
    const once = [...new Set(all)].filter(
      (s) => !s.startsWith('.') && all.filter((t) => t === s).length === 1,
    );
    return { inputs, output: [...dots(most), ...once.sort()] };
  }
  const named = symbols(right);
  if (most > 0 && !named.includes(ELLIPSIS)) throw fail("the axes of '...' are not in the output");
  const output = expand(named, most);
  for (const s of output) if (!all.includes(s)) throw fail(`the output's index '${s}' stands in no operand`);
  if (new Set(output).size !== output.length) throw fail('an index stands twice in the output');
  return { inputs, output };
}

/** A label that stands twice takes the diagonal of its axes. */
function withoutRepeats(name: string, { x, labels }: Labelled): Labelled {
  const second = labels.findIndex((s, k) => labels.indexOf(s) < k);
  if (second < 0) return { x, labels };
  const label = labels[second] as string;
  const first = labels.indexOf(label);
  if (x.shape[first] !== x.shape[second])
    throw new ShapeError(
      `${name}: index '${label}' has sizes ${x.shape[first]} and ${x.shape[second]} in one operand of shape ${show(x.shape)}`,
    );
  const others = labels.map((_, d) => d).filter((d) => d !== first && d !== second);
  const diagonal = x.permuteDims([...others, first, second]).diagonal();
  return withoutRepeats(name, { x: diagonal, labels: [...others.map((d) => labels[d] as string), label] });
}

/** Sums the axes whose labels nobody needs any more. */
function sumOut({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((s, d) => (needed.has(s) ? [] : [d]));
  return axes.length === 0 ? { x, labels } : { x: x.sum(axes), labels: labels.filter((s) => needed.has(s)) };
}

/** The axes in the order of the labels; those of one group become one axis. */
function arrange({ x, labels }: Labelled, ...groups: (readonly string[])[]): Tensor {
  const order = groups.flat().map((s) => labels.indexOf(s));
  const size = (group: readonly string[]) =>
    group.reduce((n, s) => n * (x.shape[labels.indexOf(s)] as number), 1);
  return x.permuteDims(order).reshape(groups.map(size));
}

function multiply(name: string, a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const both = a.labels.filter((s) => b.labels.includes(s));
  const batch = both.filter((s) => needed.has(s));
  const summed = both.filter((s) => !needed.has(s));
  const only = (x: Labelled, y: Labelled) => x.labels.filter((s) => !y.labels.includes(s));
  const [rows, columns] = [only(a, b), only(b, a)];
  const product = arrange(a, batch, rows, summed).matmul(arrange(b, batch, summed, columns));
  const labels = [...batch, ...rows, ...columns];
  const sizeOf = (s: string) =>
    (a.labels.includes(s) ? a.x.shape[a.labels.indexOf(s)] : b.x.shape[b.labels.indexOf(s)]) as number;
  return { x: product.reshape(checkShape(name, labels.map(sizeOf))), labels };
}

export function einsum(name: string, equation: unknown, operands: readonly Tensor[]): Tensor {
  if (operands.length === 0) throw new ArgumentError(`${name}: takes at least one operand`);
  const { inputs, output } = parse(name, equation, operands);
  const terms = operands.map((x, k) => withoutRepeats(name, { x, labels: inputs[k] as string[] }));
  // Axes behind '...' broadcast; named axes must agree.
  const sizes = new Map<string, number>();
  for (const { x, labels } of terms)
    labels.forEach((s, d) => {
      const n = x.shape[d] as number;
      const known = sizes.get(s) ?? (s.startsWith('.') ? 1 : n);
      if (s.startsWith('.')) broadcastShapes(name, [n], [known]);
      else if (n !== known) throw new ShapeError(`${name}: index '${s}' has sizes ${known} and ${n}`);
      sizes.set(s, n === 1 ? known : n);
    });
  const widened = terms.map(({ x, labels }) => ({
    x: x.broadcastTo(labels.map((s) => sizes.get(s) as number)),
    labels,
  }));
  const needed = (from: number) =>
    new Set([...output, ...widened.slice(from).flatMap(({ labels }) => labels)]);
  let result = sumOut(widened[0] as Labelled, needed(1));
  widened.slice(1).forEach((term, k) => {
    const later = needed(k + 2);
    const mine = new Set([...later, ...result.labels]);
    result = sumOut(multiply(name, result, sumOut(term, mine), later), later);
  });
  const y = result.x.permuteDims(output.map((s) => result.labels.indexOf(s)));
  return y.dtype === 'bool' ? y.astype('int32') : y; // as wherever something is summed
}
