/**
 * @file Trees: a tensor, or an array or plain object of trees. Parameters, gradients and optimizer state have this form.
 */
import { describe } from './core/describe.ts';
import { ArgumentError } from './core/errors.ts';
import { Tensor } from './tensor.ts';

/** A tensor, or an array or plain object of trees. (An `object`, for an interface has no index signature; what is in it is checked.) */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree } | object;

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The tree with `f` of every leaf in its place, leaves in order; `path` is how one writes the place: `[0].w`. */
export function mapTree(name: string, tree: unknown, f: (leaf: Tensor, path: string) => Tensor): Tree {
  const around: unknown[] = [];
  const visit = (node: unknown, path: string): Tree => {
    if (node instanceof Tensor) return f(node, path);
    if (around.includes(node)) throw new ArgumentError(`${name}: the tree contains itself at ${path}`);
    around.push(node);
    try {
      if (Array.isArray(node)) return Array.from(node, (t, k) => visit(t, `${path}[${k}]`));
      if (isPlainObject(node))
        return Object.fromEntries(Object.entries(node).map(([key, t]) => [key, visit(t, `${path}.${key}`)]));
    } finally {
      around.pop();
    }
    const where = path === '' ? '' : ` at ${path}`;
    throw new ArgumentError(
      `${name}: expected a tensor, or an array or plain object of them, got ${describe(node)}${where}`,
    );
  };
  return visit(tree, '');
}

/** The tree's tensors with their places, in order. */
export function entries(name: string, tree: Tree): [path: string, tensor: Tensor][] {
  const found: [string, Tensor][] = [];
  mapTree(name, tree, (leaf, path) => {
    found.push([path, leaf]);
    return leaf;
  });
  return found;
}

/** The tree's tensors, in order. */
export function leaves(tree: Tree): Tensor[] {
  return entries('leaves', tree).map(([, tensor]) => tensor);
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
