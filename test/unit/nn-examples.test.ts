// The examples in the docstrings of src/nn, src/evolve and src/landscape run as they stand, and give the numbers that they say:
// `….item(); // 0.5`. Where they speak of a model and data of its own, these are here.
import { globSync, readFileSync } from 'node:fs';
import { transformWithOxc } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import * as evolution from '../../src/evolve.ts';
import * as engine from '../../src/index.ts';
import * as landscape from '../../src/landscape.ts';

const api = { ...engine, ...evolution, ...landscape };

beforeAll(() => api.init('cpu'));

/** The examples of a source, each with the number of its first line: what stands between `@example` and the next tag or the comment's end. */
function examplesOf(source: string): { line: number; code: string }[] {
  const found: { line: number; code: string }[] = [];
  let open = false;
  for (const [k, text] of source.split('\n').entries()) {
    const comment = /^ *\* ?(.*)$/.exec(text)?.[1];
    if (comment?.startsWith('@example')) found.push({ line: k + 2, code: '' });
    else if (open && comment !== undefined && !/^[@/]/.test(comment)) {
      const last = found.at(-1);
      if (last) last.code += `${comment}\n`;
      continue;
    }
    open = comment?.startsWith('@example') === true;
  }
  return found;
}

/** The code, with what it says of numbers checked: a value whose comment is one, or ends in one behind a colon. */
const checked = (code: string) =>
  code.replace(
    /^(?!const |let )(\S.*?); *\/\/ (?:.*: )?(-?[\d.]+\d|\d)(?:[:,;].*)?$/gm,
    (_, expression, number) => `near(${expression}, ${number});`,
  );

/** Two models of points in three classes, and points. */
function given() {
  const [model, other] = [1, 2].map((seed) => {
    const made = api.sequential([api.layers.dense(3, { inputShape: [2] })], { seed });
    const loss = api.losses.sparseCategoricalCrossentropy({ fromLogits: true });
    made.compile({ optimizer: 'adam', loss });
    return made;
  });
  const x = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(i)]);
  return { model, other, x, y: x.map((_, i) => i % 3) };
}

/** How many numbers were checked. */
async function run(code: string): Promise<number> {
  let seen = 0;
  const near = (value: unknown, wanted: number) => {
    seen++;
    expect(value).toBeCloseTo(wanted, 4);
  };
  const names = Object.keys(api).filter((name) => name !== 'var');
  const body = `export const run = async (near, { ${names.join(', ')} }, { model, other, x, y }) => {{\n${checked(code)}\n}};`;
  const { code: script } = await transformWithOxc(body, 'example.ts');
  const module = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(script)}`);
  await module.run(near, api, given());
  return seen;
}

describe('examples', () => {
  for (const file of globSync('src/{nn,evolve,landscape}/**/*.ts').sort())
    for (const { line, code } of examplesOf(readFileSync(file, 'utf8')))
      it(`${file}:${line}`, async () => {
        expect(code.trim()).not.toBe('');
        await run(code);
      });

  it('are checked where they say a number', async () => {
    const rate = 'schedules.warmup({ steps: 2, learningRate: 1 }).at(1);';
    expect(await run(`${rate} // 0.5`)).toBe(1);
    await expect(run(`${rate} // a half: 0.6`)).rejects.toThrow();
  });
});
