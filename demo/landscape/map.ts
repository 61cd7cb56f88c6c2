/** @file The landscape from above: bands between contour lines, and the ways of the trainings, as SVG. */
import { contours } from 'd3-contour';
import { viridis } from '../../src/landscape/colors.ts';
import type { LogScale } from '../../src/landscape/log_scale.ts';
import { svg } from '../ui/dom.ts';
import type { Seen, TrainerName } from './messages.ts';

const SIDE = 400;
const BANDS = 20;

/** The heights of the landscape, from 0 to 1; what is not finite stands at the top. */
export const heightsOf = ({ losses }: Seen, scale: LogScale): number[] =>
  losses.map((loss) => scale.position(Number.isFinite(loss) ? loss : Infinity));

export const colorOf = (position: number): string => `rgb(${viridis(position).join(' ')})`;

/** Told apart by their dashes and the ends' shapes, not by colours. */
export const DASHES: Readonly<Record<TrainerName, string>> = { adam: 'none', sgd: '7 5' };

/** From coordinates of the plane to the picture's. */
export function placing({ alphas, betas }: Seen): (alpha: number, beta: number) => readonly [number, number] {
  const part = (list: readonly number[], value: number): number => {
    const [low = 0, high = 1] = [list[0], list.at(-1)];
    return (value - low) / (high - low);
  };
  return (alpha, beta) => [part(alphas, alpha), part(betas, beta)];
}

/** The end of a way: a disc, or a square. */
function end(trainer: TrainerName, x: number, y: number): SVGElement {
  const look = { fill: '#fff', stroke: '#000', 'stroke-width': 1.5 };
  return trainer === 'adam'
    ? svg('circle', { cx: x, cy: y, r: 6, ...look })
    : svg('rect', { x: x - 6, y: y - 6, width: 12, height: 12, ...look });
}

export function map(seen: Seen, scale: LogScale): SVGSVGElement {
  const size = seen.alphas.length;
  const drawing = svg('svg', { class: 'landscape', viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': true });
  const heights = heightsOf(seen, scale);
  const levels = Array.from({ length: BANDS }, (_, k) => k / BANDS);
  // The contours lie on cells whose middles are the points of the grid.
  const on = (cell: number): number => ((cell - 0.5) / (size - 1)) * SIDE;
  for (const { value, coordinates } of contours().size([size, size]).thresholds(levels)(heights)) {
    const ring = (points: readonly number[][]): string =>
      `M${points.map(([x = 0, y = 0]) => `${on(x).toFixed(1)} ${(SIDE - on(y)).toFixed(1)}`).join('L')}Z`;
    drawing.append(
      svg('path', {
        d: coordinates.flat().map(ring).join(''),
        fill: colorOf(value + 0.5 / BANDS),
        stroke: '#000',
        'stroke-opacity': 0.25,
        'stroke-width': 0.7,
      }),
    );
  }
  const place = placing(seen);
  for (const { trainer, alphas, betas } of seen.ways) {
    const points = alphas.map((alpha, k) => {
      const [u, v] = place(alpha, betas[k] as number);
      return [u * SIDE, (1 - v) * SIDE] as const;
    });
    const line = (stroke: string, width: number) =>
      svg('polyline', {
        points: points.map((p) => p.map((c) => c.toFixed(1)).join()).join(' '),
        fill: 'none',
        stroke,
        'stroke-width': width,
        'stroke-dasharray': DASHES[trainer],
      });
    const [x, y] = points.at(-1) as readonly [number, number];
    drawing.append(line('#000', 4.5), line('#fff', 2.5), end(trainer, x, y));
  }
  const [first] = seen.ways;
  if (first) {
    const [u, v] = place(first.alphas[0] as number, first.betas[0] as number);
    const at = { cx: u * SIDE, cy: (1 - v) * SIDE };
    drawing.append(svg('circle', { ...at, r: 8, fill: 'none', stroke: '#fff', 'stroke-width': 3 }));
    drawing.append(svg('circle', { ...at, r: 8, fill: 'none', stroke: '#000', 'stroke-width': 1 }));
  }
  return drawing;
}
