// A canvas shows a tensor: drawn from the tensor's own buffer in a browser of its own, and looked at pixel by pixel.
import { expect, it, onTestFinished } from 'vitest';
import { runPage } from '../../scripts/page-host.ts';
import type { Seen } from '../canvas/page.ts';

const SIDE = 16;

it('a canvas is drawn from a tensor without a read-back', async () => {
  const abort = new AbortController();
  onTestFinished(() => abort.abort()); // where it hangs
  const shades = Array.from({ length: SIDE * SIDE }, (_, k) => (k * 37) % 256);
  const seen = await runPage<never, Seen>({
    page: '/test/canvas/page.html',
    settings: { side: SIDE, shades },
    draws: true,
    signal: abort.signal,
    onEvent: () => undefined,
  });
  const turned = shades.map((_, k) => shades[(k % SIDE) * SIDE + Math.floor(k / SIDE)]); // the page draws the transpose
  expect(seen.pixels).toEqual(turned);
  expect(seen).toMatchObject({ grey: true, maps: 0 });
});
