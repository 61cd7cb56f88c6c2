// Engines without Symbol.dispose (before Chrome 134 and Node 24): the library loads, and tensors are disposed by name.
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it('the library does without Symbol.dispose', async () => {
  const native = Symbol; // whose `dispose` no proxy may hide, so the proxy is of something else
  const without = new Proxy((name?: string) => native(name), {
    get: (_, key) => (key === 'dispose' ? undefined : Reflect.get(native, key)),
  });
  vi.stubGlobal('Symbol', without);
  vi.resetModules();
  const { grad, memory, scope, Tensor, tensor } = await import('../../src/index.ts');
  vi.unstubAllGlobals();
  expect(Symbol.dispose in Tensor.prototype).toBe(false);
  expect('undefined' in Tensor.prototype).toBe(false);
  const x = tensor([1, 2]);
  expect(await scope(() => grad((t: typeof x) => t.square().sum())(x)).array()).toEqual([2, 4]);
  x.dispose();
  expect(x.disposed).toBe(true);
  expect(memory().tensors).toBe(1); // the gradient
});

it('and has it where the engine does', async () => {
  const { Tensor } = await import('../../src/index.ts');
  expect(Tensor.prototype[Symbol.dispose]).toBe(Tensor.prototype.dispose);
});
