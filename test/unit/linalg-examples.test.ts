// The examples of docs/linear-algebra.md do what the page says, and its pictures are there.
import { existsSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compress, scene } from '../../examples/compress-image.ts';
import { lostOrthogonality } from '../../examples/lost-orthogonality.ts';
import { enlarged, mosaic, png } from '../../examples/png.ts';
import { principalComponents } from '../../examples/principal-components.ts';
import { init, linalg, random, tensor } from '../../src/index.ts';

await init('cpu');

describe('docs/linear-algebra.md', () => {
  const page = readFileSync('docs/linear-algebra.md', 'utf8');

  it('names every function', () => {
    for (const name of Object.keys(linalg)) expect(page).toContain(`\`${name}(`);
  });

  it('shows pictures and names files that are there', () => {
    const files = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => `docs/${path}`);
    expect(files.length).toBeGreaterThan(7);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('the examples', () => {
  it('compress a picture as well as can be', async () => {
    const picture = tensor(scene(24, 32));
    const list = await compress(picture, [1, 3, 24]);
    for (const { error, bound } of list) expect(Math.abs(error - bound)).toBeLessThan(1e-6);
    expect(list[0]?.error).toBeGreaterThan(list[1]?.error as number);
    expect(list[2]?.error).toBeLessThan(1e-6);
    expect(list[1]?.share).toBe((3 * 57) / (24 * 32));
    // No other matrix of rank 1 lies nearer: rows and columns of sums do not.
    const [rows, columns] = [picture.sum(1, { keepdims: true }), picture.sum(0, { keepdims: true })];
    const other = rows.mul(columns).div(picture.sum());
    const distance = linalg.norm(picture.sub(other)).div(linalg.norm(picture));
    expect(await distance.item()).toBeGreaterThan(list[0]?.error as number);
  });

  it('find the directions of most variance', async () => {
    const rng = random(1);
    const spread = tensor([5, 0.5, 2]); // standard deviations along the axes
    const x = rng
      .normal([400, 3])
      .mul(spread)
      .add(tensor([1, 2, 3]));
    const { mean, components, scores, explained } = principalComponents(x, 2);
    const [first, second] = (await components.abs().array()) as number[][];
    expect(first?.[0]).toBeGreaterThan(0.99);
    expect(second?.[2]).toBeGreaterThan(0.99);
    const back = scores.matmul(components).add(mean);
    expect(await back.sub(x).square().mean().item()).toBeLessThan(0.25);
    const [share] = await explained.data();
    expect(share).toBeGreaterThan(0.75);
    expect(share).toBeLessThan(0.95);
  });

  it('lose orthogonality in the order that the page says', async () => {
    const [well, ill] = await lostOrthogonality([1, 3000]);
    for (const v of Object.values(well?.lost ?? {})) expect(v).toBeLessThan(1e-6);
    const lost = ill?.lost as Record<string, number>;
    expect(lost['classical Gram-Schmidt']).toBeGreaterThan(1e-3);
    expect(lost['modified Gram-Schmidt']).toBeLessThan(1e-3);
    expect(lost['modified Gram-Schmidt']).toBeGreaterThan(5e-6);
    expect(lost['classical, twice']).toBeLessThan(1e-6);
    expect(lost.Householder).toBeLessThan(1e-6);
  });
});

describe('grey pictures as PNG', () => {
  it('hold their pixels, line by line', () => {
    const file = png([
      [0, 0.5, 2],
      [-1, 1, 0.25],
    ]);
    expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([3, 2]);
    const at = file.indexOf('IDAT');
    const data = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)));
    expect([...data]).toEqual([0, 0, 128, 255, 0, 0, 255, 64]);
  });

  it('are enlarged and put beside each other', () => {
    expect(enlarged([[0, 1]], 2)).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
    expect(mosaic([[[0]], [[0.2]], [[0.4]]], 2, 1)).toEqual([
      [0, 1, 0.2],
      [1, 1, 1],
      [0.4, 1, 1],
    ]);
  });
});
