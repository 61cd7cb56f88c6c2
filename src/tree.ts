/**
 * @file Trees: a tensor, or an array or plain object of trees. Parameters, gradients and optimizer state have this form.
 */
import { ArgumentError } from './core/errors.ts';
import { Tensor } from './tensor.ts';

/** A tensor, or an array or plain object of trees. (An `object`, for an interface has no index signature; what is in it is checked.) */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree } | object;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The tree with `f` of every leaf in its place, leaves in order. */
export function mapTree(name: string, tree: unknown, f: (leaf: Tensor) => Tensor): Tree {
  if (tree instanceof Tensor) return f(tree);
  if (Array.isArray(tree)) return tree.map((t) => mapTree(name, t, f));
  if (isPlainObject(tree))
    return Object.fromEntries(Object.entries(tree).map(([key, t]) => [key, mapTree(name, t, f)]));
  throw new ArgumentError(
    `${name}: expected a tensor, or an array or plain object of them, got ${tree === null ? 'null' : typeof tree}`,
  );
}

/** The tree's tensors, in order. */
export function leaves(tree: Tree): Tensor[] {
  const found: Tensor[] = [];
  mapTree('leaves', tree, (leaf) => {
    found.push(leaf);
    return leaf;
  });
  return found;
}

/** Visits every tensor anywhere in a value, trees or not; other things are passed over. */
export function visitTensors(
  value: unknown,
  visit: (tensor: Tensor) => void,
  seen: Set<unknown> = new Set(),
): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) visit(value);
  else if (Array.isArray(value) || value instanceof Set) for (const v of value) visitTensors(v, visit, seen);
  else if (value instanceof Map) for (const v of value.values()) visitTensors(v, visit, seen);
  else if (isPlainObject(value)) for (const v of Object.values(value)) visitTensors(v, visit, seen);
}
