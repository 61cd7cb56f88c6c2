// What `npm run train` prints, and what it takes for success: expected texts and numbers written by hand.
import { describe, expect, test } from 'vitest';
import {
  bar,
  confusionMatrix,
  confusionTable,
  drawDigit,
  duration,
  epochLine,
  misreadDigits,
  type Progress,
  progressLine,
} from '../../scripts/train/report.ts';
import { objections } from '../../scripts/train/verdict.ts';

const plain = { columns: 100, color: false };
const progress: Progress = {
  epoch: 2,
  epochs: 5,
  step: 469,
  steps: 938,
  loss: 0.18234,
  accuracy: 0.94613,
  stepsPerSecond: 215.4,
  secondsLeft: 13.4,
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
const withoutColor = (text: string): string => text.replace(/\x1b\[[\d;]*m/g, '');

test('durations', () => {
  expect([0.04, 4.25, 9.96, 59.4, 59.6, 65, 3600].map(duration)).toEqual([
    '0.0 s',
    '4.3 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '1 min 05 s',
    '60 min 00 s',
  ]);
});

describe('progress', () => {
  test('a bar in halves of a column', () => {
    expect([0, 0.1, 0.5, 1, 2].map((f) => bar(f, 5, plain))).toEqual([
      '─────',
      '╸────',
      '━━╸──',
      '━━━━━',
      '━━━━━',
    ]);
  });

  test('the line of a running epoch', () => {
    // 99 columns; what must stand takes 11 + 9 + 55 of them: 24 are left, and the bar goes in fives.
    expect(progressLine(progress, plain)).toBe(
      'epoch 2/5  ━━━━━━━━━━──────────  469/938  loss 0.1823  accuracy 94.61 %  215 steps/s  13 s left',
    );
    // 79 columns: 13 are left without the count of steps.
    expect(progressLine(progress, { columns: 80, color: false })).toBe(
      'epoch 2/5  ━━━━━─────  loss 0.1823  accuracy 94.61 %  215 steps/s  13 s left',
    );
    expect(progressLine(progress, { columns: 70, color: false })).toBe(
      'epoch 2/5  loss 0.1823  accuracy 94.61 %  215 steps/s  13 s left',
    );
  });

  test.each([20, 60, 72, 80, 81, 90, 120, 300])('never wraps at %i columns', (columns) => {
    const line = withoutColor(progressLine(progress, { columns, color: true }));
    expect(line.length).toBeLessThan(columns);
    expect(progressLine(progress, { columns, color: false })).toBe(line);
  });

  test('the line of a finished epoch', () => {
    expect(epochLine(progress, 4.36)).toBe(
      'epoch 2/5  loss 0.1823  accuracy 94.61 %  215 steps/s  in 4.4 s  13 s left',
    );
    expect(epochLine({ ...progress, epoch: 5, stepsPerSecond: 8.04 }, 70)).toBe(
      'epoch 5/5  loss 0.1823  accuracy 94.61 %  8.0 steps/s  in 1 min 10 s',
    );
  });
});

describe('confusion', () => {
  const labels = [0, 0, 1, 1, 1, 2];
  const read = [0, 2, 1, 1, 0, 2];

  test('rows are what it is, columns what it was read as', () => {
    expect(confusionMatrix(labels, read, 3)).toEqual([
      [1, 0, 1],
      [1, 2, 0],
      [0, 0, 1],
    ]);
  });

  test('the table with totals', () => {
    expect(confusionTable(confusionMatrix(labels, read, 3), plain).split('\n')).toEqual([
      '    read as',
      '  is    0    1    2  total    right',
      '   0    1    ·    1      2   50.0 %',
      '   1    1    2    ·      3   66.7 %',
      '   2    ·    ·    1      1  100.0 %',
      '        2    2    2      6   66.7 %',
    ]);
  });

  test('columns stay aligned with ten classes, large counts and colours', () => {
    const matrix = Array.from({ length: 10 }, (_, i) =>
      Array.from({ length: 10 }, (_, j) => (i === j ? 123456 : i)),
    );
    const lines = confusionTable(matrix, { columns: 80, color: true }).split('\n').slice(1).map(withoutColor);
    expect(lines.length).toBe(12);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});

describe('digits', () => {
  test('two rows of pixels make one line of half blocks', () => {
    const pixels = new Uint8Array(256);
    pixels[0] = 255; // upper half of the first character
    pixels[17] = 255; // lower half of the second
    pixels[2] = 96; // both halves of the third, at the threshold
    pixels[18] = 96;
    pixels[3] = 95; // below it
    const lines = drawDigit(pixels, 16, plain);
    expect(lines.length).toBe(8);
    expect(lines[0]).toBe(`▀▄█${' '.repeat(13)}`);
    expect(lines.slice(1).every((line) => line === ' '.repeat(16))).toBe(true);
  });

  test('in colour: ink is white, paper black', () => {
    const look = { columns: 80, color: true };
    const line = drawDigit(new Uint8Array(256).fill(255, 0, 16), 16, look)[0] as string;
    expect(line.startsWith('\x1b[38;5;255;48;5;232m▀')).toBe(true);
    expect(withoutColor(line)).toBe('▀'.repeat(16));
  });

  test('the misread ones side by side, six at most and no more than fit', () => {
    const images = new Uint8Array(9 * 256).fill(255);
    const labels = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const read = [0, 7, 2, 8, 9, 6, 0, 1, 3];
    const caption = (columns: number) =>
      misreadDigits(images, 16, labels, read, { columns, color: false })
        .split('\n')[8]
        ?.trim()
        .split(/\s{3,}/);
    expect(caption(200)).toEqual([
      'read 7, is 1',
      'read 8, is 3',
      'read 9, is 4',
      'read 6, is 5',
      'read 0, is 6',
      'read 1, is 7',
    ]);
    // Four take 2 + 4 * 16 + 3 * 3 = 75 columns.
    expect(caption(75)?.length).toBe(4);
    expect(caption(74)?.length).toBe(3);
    expect(caption(10)?.length).toBe(1);
  });
});

describe('objections', () => {
  const good = {
    deviceKind: 'webgpu',
    dispatches: 1000,
    losses: [2.3, 0.5, 0.1],
    testAccuracy: 0.975,
    cpuAccuracy: 0.976,
  };

  test('none where it trained; on the CPU no dispatch is needed', () => {
    expect(objections('webgpu', good)).toEqual([]);
    expect(objections('dawn', good)).toEqual([]);
    expect(objections('cpu', { ...good, deviceKind: 'cpu', dispatches: 0 })).toEqual([]);
  });

  test.each([
    ['another device', { deviceKind: 'cpu' }, "it ran on the device 'cpu' instead of 'webgpu'"],
    ['no shader', { dispatches: 0 }, 'no compute shader was dispatched'],
    ['NaN', { losses: [2.3, Number.NaN, 0.1] }, 'the loss became NaN'],
    ['infinity', { losses: [2.3, Number.POSITIVE_INFINITY] }, 'the loss became Infinity'],
    ['a loss that grows', { losses: [2.3, 0.5, 2.4] }, 'the loss did not fall: 2.3 at first, 2.4 at last'],
    ['a loss that stays', { losses: [2.3, 2.3] }, 'the loss did not fall'],
    ['one report', { losses: [2.3] }, 'too few steps'],
    ['no report', { losses: [] }, 'too few steps'],
    [
      'another accuracy on the CPU',
      { cpuAccuracy: 0.9739 },
      'the CPU finds 97.39 % from the same weights, the device 97.50 %',
    ],
    ['an accuracy that is no number', { cpuAccuracy: Number.NaN }, 'the CPU finds NaN %'],
  ])('%s', (_, change, message) => {
    const found = objections('webgpu', { ...good, ...change });
    expect(found.length).toBe(1);
    expect(found[0]).toContain(message);
  });

  test('an accuracy below the least one that was asked for, in percent', () => {
    expect(objections('webgpu', good, 97.5)).toEqual([]);
    expect(objections('webgpu', { ...good, testAccuracy: 0.57, cpuAccuracy: 0.57 }, 57)).toEqual([]);
    expect(objections('webgpu', good, 97.51)).toEqual([
      '97.50 % of the test digits were read right, and --at-least asks for 97.51 %',
    ]);
  });
});
