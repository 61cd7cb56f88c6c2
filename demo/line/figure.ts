/** @file The 1→4→3→1 net as a drawing: units with their values, lines as thick as the weights. */
import { svg } from '../ui/dom.ts';
import type { Values } from './course.ts';

const WIDTH = 640;
const HEIGHT = 300;
const RADIUS = 24;
const SIZES = [1, 4, 3, 1];

const place = (layer: number, unit: number): readonly [number, number] => [
  40 + (layer * (WIDTH - 80)) / (SIZES.length - 1),
  (HEIGHT * (unit + 1)) / ((SIZES[layer] as number) + 1),
];

/** `lines` are what thickness and sign show, `units` what stands in the circles, layer by layer. */
export function figure(
  lines: Values,
  units: readonly (readonly number[])[],
  show: (value: number) => string,
): SVGSVGElement {
  const kernels = [lines.w1, lines.w2, lines.w3];
  const largest = Math.max(1e-12, ...kernels.flat(2).map(Math.abs));
  const drawing = svg('svg', { class: 'net', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': true });
  kernels.forEach((kernel, layer) => {
    kernel.forEach((row, i) => {
      row.forEach((w, j) => {
        const [x1, y1] = place(layer, i);
        const [x2, y2] = place(layer + 1, j);
        drawing.append(
          svg('line', {
            x1,
            y1,
            x2,
            y2,
            class: w < 0 ? 'negative' : 'positive',
            'stroke-width': (0.5 + (6 * Math.abs(w)) / largest).toFixed(2),
          }),
        );
      });
    });
  });
  units.forEach((layer, l) => {
    layer.forEach((value, u) => {
      const [cx, cy] = place(l, u);
      drawing.append(
        svg('circle', { cx, cy, r: RADIUS, class: 'unit' }),
        svg('text', { x: cx, y: cy + 4, 'text-anchor': 'middle' }, show(value)),
      );
    });
  });
  return drawing;
}
