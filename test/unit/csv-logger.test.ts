// csvLogger with a file, as Keras' CSVLogger writes it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callbacks, init, layers, sequential } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-csv-'));
beforeAll(() => init('cpu'));
afterAll(() => rmSync(folder, { recursive: true }));

it('has a head once, whether lines are added to a new file, an empty one or one with lines', async () => {
  const path = join(folder, 'log.csv');
  const model = sequential([layers.dense(1, { inputShape: [1] })]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const run = (append: boolean) =>
    model.fit([[1], [2]], [[1], [2]], {
      verbose: 0,
      epochs: 2,
      callbacks: [callbacks.csvLogger(path, { append })],
    });
  const firsts = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(',')[0]);
  await run(true);
  expect(firsts()).toEqual(['epoch', '0', '1']);
  await run(true);
  expect(firsts()).toEqual(['epoch', '0', '1', '0', '1']);
  await run(false);
  expect(firsts()).toEqual(['epoch', '0', '1']);
  model.dispose();
});

it('says before the training that the file cannot be written', async () => {
  const model = sequential([layers.dense(1, { inputShape: [1] })]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = await model.getWeights();
  const logger = callbacks.csvLogger(join(folder, 'missing', 'log.csv'), { append: true });
  await expect(model.fit([[1]], [[1]], { verbose: 0, callbacks: [logger] })).rejects.toThrow('ENOENT');
  expect(await model.getWeights()).toEqual(before);
  model.dispose();
});
