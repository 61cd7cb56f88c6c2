// Holds docs/ops.md to what the operations are now: made again in memory, and compared.
import { describe, expect, it } from 'vitest';
import page from '../../docs/ops.md?raw';
import { groups, opCount } from '../../scripts/docs/op-notes.ts';
import { opsPage } from '../../scripts/docs/ops-page.ts';
import { functionOf, methodsOf } from '../../scripts/docs/signatures.ts';
import composite from '../../src/composite.ts?raw';
import create from '../../src/create.ts?raw';
import * as api from '../../src/index.ts';
import tensor from '../../src/tensor.ts?raw';

describe('docs/ops.md', () => {
  it('is what `npm run docs` writes', async () => {
    expect(page).toBe(await opsPage({ tensor, composite, create }));
  });

  it('has only what the package exports', () => {
    const names = groups.flatMap(({ notes }) => Object.keys(notes));
    const exported = api as unknown as Readonly<Record<string, unknown>>;
    expect(names.filter((name) => typeof exported[name] !== 'function')).toEqual([]);
    expect(new Set(names).size).toBe(opCount);
  });
});

describe('signatures', () => {
  const text = `
interface FitOptions { readonly a?: number; readonly b: string }
/** Not this one. */
interface Ops {
  /**
   * Fits x
   * to y.
   * @throws never
   */
  fit(y: Tensor, axis?: number, options?: FitOptions & { readonly c?: boolean }): Tensor;
  drop(rng: { next(): number }): Tensor;
}
/** Stacks. */
export const stack = free('stack') as (list: readonly Tensor[], axis?: number) => Tensor[];
/** Joins. */
export function join(list: readonly Tensor[], axis = 0, ...rest: number[]): Tensor {}
`;

  it('come with their docstring, on one line and without tags', () => {
    expect(methodsOf('a.ts', text, 'Ops').map((s) => s.meaning)).toEqual(['Fits x to y.', '']);
  });

  it('have their options written out, but no other objects', () => {
    const [fit, drop] = methodsOf('a.ts', text, 'Ops').map((s) => s.parameters);
    expect(fit?.map((p) => [p.name, p.optional, p.options])).toEqual([
      ['y', false, undefined],
      ['axis', true, undefined],
      ['options', true, ['a?', 'b', 'c?']],
    ]);
    expect(drop?.map((p) => p.options)).toEqual([undefined]);
  });

  it('are found of functions and of constants that are functions', () => {
    const stack = functionOf('a.ts', text, 'stack');
    expect([stack.meaning, stack.returns, stack.parameters.length]).toEqual(['Stacks.', 'Tensor[]', 2]);
    const join = functionOf('a.ts', text, 'join');
    expect(join.meaning).toBe('Joins.');
    expect(join.parameters.map((p) => [p.name, p.optional, p.rest])).toEqual([
      ['list', false, false],
      ['axis', true, false],
      ['rest', false, true],
    ]);
    expect(() => functionOf('a.ts', text, 'other')).toThrow('there is no function other');
  });
});
