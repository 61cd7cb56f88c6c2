// Bad input: every call of test/bad-calls throws its typed error, with that message and no other, and nothing is lost by
// it: what lives afterwards is what lived before, and what is computed next from the same tensors is right.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as api from '../../src/index.ts';
import { DisposedError, Tensor } from '../../src/index.ts';
import { creation } from '../bad-calls/creation.ts';
import { unusable } from '../bad-calls/devices.ts';
import { files } from '../bad-calls/files.ts';
import { functions } from '../bad-calls/functions.ts';
import { selections } from '../bad-calls/indices.ts';
import { linearAlgebra } from '../bad-calls/linear-algebra.ts';
import { models } from '../bad-calls/models.ts';
import { networks } from '../bad-calls/networks.ts';
import { products } from '../bad-calls/products.ts';
import { reductions } from '../bad-calls/reductions.ts';
import { CONTENTS, contents, outcome, traced } from '../bad-calls/run.ts';
import { shapes } from '../bad-calls/shapes.ts';
import { type Bad, type Given, GONE, operands } from '../bad-calls/table.ts';
import { training } from '../bad-calls/training.ts';
import { targets, WITHOUT_ARGUMENTS } from '../bad-calls/valid.ts';
import { onTestDevice } from '../place.ts';

onTestDevice();

const themes: Record<string, Bad[]> = {
  creation,
  shapes,
  reductions,
  selections,
  products,
  networks,
  functions,
  files,
  training,
  models,
  linearAlgebra,
  unusable,
};

let given: Given;
afterEach(() => {
  for (const v of [given.p, given.q]) v.dispose();
});
beforeEach(() => {
  given = operands();
});

describe.each(Object.entries(themes))('bad calls: %s', (_, calls) => {
  it.each(calls.map(([call, kind, message]) => ({ call, kind, message })))('$message', async (row) => {
    await outcome(() => row.call(given)); // makes what it asks for, once
    const { error, before, after } = await traced(() => row.call(given), given);
    expect(error).toBeInstanceOf(row.kind);
    expect((error as Error).message).toBe(row.message);
    expect((error as Error).name).toBe(row.kind.name);
    expect(after).toEqual(before);
    expect(await contents(given)).toEqual(CONTENTS);
  });
});

describe('the table of bad calls', () => {
  const calls = Object.values(themes).flat();

  it('has hundreds, none of them twice', () => {
    const messages = calls.map(([call, , message]) => `${call}${message}`);
    expect(new Set(messages).size).toBe(calls.length);
    expect(calls.length).toBeGreaterThan(300);
  });

  it('calls everything that is public', async () => {
    const isClass = (f: unknown) => /^class\b/.test(String(f));
    const names = Object.entries(api).flatMap(([name, f]) =>
      typeof f === 'function' && !isClass(f) ? [name] : [],
    );
    const named = new Set(
      [...calls.map(([, , message]) => message), ...firstOperands].map((m) => m.split(':')[0]),
    );
    const wanted = names.filter((name) => !(WITHOUT_ARGUMENTS as readonly string[]).includes(name));
    expect(wanted.filter((name) => !named.has(name))).toEqual([]);
  });
});

/** Operations whose first argument is a tensor. */
const operations = targets.filter(({ name }) => typeof Tensor.prototype[name as keyof Tensor] === 'function');
const firstOperands = operations.map(({ name }) => `${name}: `);

describe('a disposed tensor as the first operand', () => {
  it.each(operations.filter(({ name }) => name !== 'to' && name !== 'assign'))(
    'of $name',
    async ({ name, args }) => {
      const [, ...rest] = args(given);
      const call = (given.gone as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
      const { error, before, after } = await traced(() => call?.apply(given.gone, rest), given);
      expect(error).toEqual(new DisposedError(`${name}: ${GONE}`));
      expect(after).toEqual(before);
    },
  );
});
