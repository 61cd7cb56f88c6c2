// The table and the plot of the benchmark.
import { describe, expect, test } from 'vitest';
import { plotSvg, sizeOf } from '../../bench/plot.ts';
import { type Row, slug, tableHead, tableRow, threeDigits } from '../../bench/report.ts';
import { binaryTicks, decimalTicks, logScale } from '../../bench/svg.ts';

const rate = (gflops: number) => ({ gflops, low: gflops / 2, high: gflops * 2 });
const row = (m: number, k: number, n: number, gpu: number, cpu: number): Row => ({
  m,
  k,
  n,
  webgpu: rate(gpu),
  cpu: rate(cpu),
  ratio: gpu / cpu,
  rounds: 9,
});

test.each([
  [0.012345, '0.0123'],
  [0.9996, '1.00'],
  [1, '1.00'],
  [9.996, '10.0'],
  [45.67, '45.7'],
  [789.4, '789'],
  [12345, '12,300'],
  [0, '0'],
])('%d with three digits is %s', (x, expected) => {
  expect(threeDigits(x)).toBe(expected);
});

test.each([
  ['google swiftshader', 'google-swiftshader'],
  ['NVIDIA GeForce RTX™ 4090 (Ada)', 'nvidia-geforce-rtx-4090-ada'],
  ['../../etc', 'etc'],
  ['™', 'unknown'],
  [`${'a'.repeat(59)} b`, 'a'.repeat(59)],
])('the slug of %j is %j', (name, expected) => {
  expect(slug(name)).toBe(expected);
});

test('a row of the table stands under its head', () => {
  const head = tableHead().split('\n')[0] as string;
  for (const r of [row(1024, 1024, 1024, 12345, 1.5), row(17, 33, 65, 0.5, 2)])
    expect(tableRow(r)).toHaveLength(head.length);
  expect(tableRow(row(17, 33, 65, 0.5, 2)).replace(/ +/g, ' ')).toBe(
    '17×33 · 33×65 0.500 (0.250 to 1.00) 2.00 (1.00 to 4.00) 0.250 9',
  );
});

describe('scales', () => {
  test('a logarithmic scale puts the geometric mean in the middle', () => {
    const scale = logScale(1, 100, 0, 200);
    expect([1, 10, 100].map(scale)).toEqual([0, 100, 200]);
    expect(logScale(1, 100, 200, 0)(100)).toBe(0);
  });

  test('decimal ticks', () => {
    expect(decimalTicks(0.3, 25)).toEqual([0.5, 1, 2, 5, 10, 20]);
    expect(decimalTicks(0.3, 25_000)).toEqual([1, 10, 100, 1000, 10_000]);
  });

  test('binary ticks', () => {
    expect(binaryTicks(26, 1280)).toEqual([32, 64, 128, 256, 512, 1024]);
    expect(binaryTicks(64, 64)).toEqual([64]);
  });

  test('the size of a product is the side of the cube with as many terms', () => {
    expect(sizeOf({ m: 64, k: 256, n: 128 })).toBeCloseTo(128, 9);
  });
});

describe('the plot', () => {
  const rows = [row(64, 64, 64, 2, 1), row(128, 128, 128, 8, 2), row(64, 256, 128, 4, 3)];
  const svg = plotSvg({ adapter: 'A & B <"x">', software: true, rows });
  const count = (pattern: RegExp) => svg.match(pattern)?.length;

  test('is a text that XML can carry', () => {
    expect(svg).toContain('A &amp; B &lt;&quot;x&quot;&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<"/);
    const opened = svg.match(/<[a-z]+[ >]/g)?.length ?? 0;
    const closed = (svg.match(/<\/[a-z]+>/g)?.length ?? 0) + (svg.match(/\/>/g)?.length ?? 0);
    expect(opened).toBe(closed);
  });

  test('has a marker a row and one in the legend for each device; hollow ones for what is not square', () => {
    expect(count(/<circle /g)).toBe(4);
    expect(count(/<polygon /g)).toBe(4);
    expect(count(/fill="#ffffff" stroke="#1d4ed8"/g)).toBe(1);
    expect(count(/<polyline /g)).toBe(2);
    expect(svg).toContain('>64×256×128<');
  });

  test('higher rates stand higher', () => {
    const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    const [, four, two, eight] = heights as [number, number, number, number]; // after the legend the hollow one
    expect(eight).toBeLessThan(four);
    expect(four).toBeLessThan(two);
    expect(four - eight).toBeCloseTo(two - four, 1); // each doubling is as high
  });

  test('says that software is software, and only then', () => {
    expect(svg).toContain('this says nothing about a real GPU');
    expect(plotSvg({ adapter: 'A', software: false, rows })).not.toContain('real GPU');
  });

  test('one row is drawn without lines; none is refused', () => {
    expect(plotSvg({ adapter: 'A', software: false, rows: rows.slice(0, 1) })).not.toMatch(/polyline|NaN/);
    expect(() => plotSvg({ adapter: 'A', software: false, rows: [] })).toThrow('nothing to draw');
  });
});
