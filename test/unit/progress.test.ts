// What a training says as it goes, in numbers and text; and the pace that holds two submits under way at most.
import { expect, it, vi } from 'vitest';
import { init, layers, sequential } from '../../src/index.ts';
import { Pace } from '../../src/nn/pace.ts';
import { barLine, duration, logsLine } from '../../src/nn/progress.ts';

it('writes logs, times and the bar as Keras does', () => {
  expect(logsLine({ loss: 0.123456, accuracy: 1, learningRate: 1e-5 })).toBe(
    'loss: 0.1235 - accuracy: 1.0000 - learningRate: 1.0000e-5',
  );
  expect(logsLine({ loss: Number.NaN, matrix: [[1]] as never })).toBe('loss: NaN');
  expect([duration(4), duration(4400), duration(125_000)]).toEqual(['4ms', '4s', '2:05']);
  expect(barLine(938, 938, 3000)).toBe('938/938 ━━━━━━━━━━━━━━━━━━━━ 3s 3ms/step');
  expect(barLine(7, 70, 7)).toBe(' 7/70 ━━                   63ms 1ms/step');
  expect(barLine(5, undefined, 1)).toBe('5/Unknown 1ms 200us/step');
});

it.each([
  { verbose: 0 as const, lines: [] },
  {
    verbose: 2 as const,
    lines: ['Epoch 1/2 - _ - loss: _ - valLoss: _', 'Epoch 2/2 - _ - loss: _ - valLoss: _'],
  },
  {
    verbose: 1 as const,
    lines: [
      'Epoch 1/2',
      '2/2 ━━━━━━━━━━━━━━━━━━━━ _ _/step - loss: _ - valLoss: _',
      'Epoch 2/2',
      '2/2 ━━━━━━━━━━━━━━━━━━━━ _ _/step - loss: _ - valLoss: _',
    ],
  },
])('fit with verbose $verbose says so much', async ({ verbose, lines }) => {
  await init('cpu');
  const model = sequential([layers.dense(1, { inputShape: [1] })]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await model.fit([[1], [2], [3]], [[1], [2], [3]], {
      epochs: 2,
      batchSize: 2,
      verbose,
      validationData: [[[1]], [[1]]],
    });
  } finally {
    write.mockRestore();
    model.dispose();
  }
  const shown = written.map((line) =>
    line
      .trim()
      .replace(/(?<=Epoch \d\/\d - )\S+|(?<=Loss: |loss: )[\d.e-]+|(?<=━ )\S+ [\d.]+(ms|us)/g, (found) =>
        found.includes(' ') ? '_ _' : '_',
      ),
  );
  expect(shown).toEqual(lines);
});

it('waits for the read before the last, so that two at most are under way', async () => {
  const pending: (() => void)[] = [];
  const device = { kind: 'webgpu' } as never;
  const pace = new Pace(device, () => new Promise<void>((resolve) => pending.push(resolve)), 1);
  let steps = 0;
  const loop = (async () => {
    for (; steps < 4; steps++) await pace.step();
  })();
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  await settle();
  expect([steps, pending.length]).toEqual([1, 2]); // the second pause waits for the first read
  pending[0]?.();
  await settle();
  expect([steps, pending.length]).toEqual([2, 3]);
  for (const done of pending) done();
  await settle();
  pending[3]?.();
  await loop;
  await pace.end();
  expect(steps).toBe(4);
});
