/** @file The landscape as a surface on a canvas, to be turned with the pointer or the arrow keys. */
import type { LogScale } from '../../src/landscape/log_scale.ts';
import { labelled } from '../i18n/language.ts';
import { h } from '../ui/dom.ts';
import { colorOf, DASHES, heightsOf, placing } from './map.ts';
import type { Seen } from './messages.ts';
import { between, facesOf, projected, type View } from './surface.ts';

const WIDTH = 640;
const HEIGHT = 480;
/** Picture's pixels for the side of the grid. */
const SIDE = 400;
/** Radians of a press of a key, and of a pixel that the pointer moves. */
const STEP = Math.PI / 24;
const DRAG = 0.008;
const START: View = { turn: 0.6, tilt: 0.65 };

export interface Relief {
  readonly element: HTMLElement;
  set(seen: Seen, scale: LogScale): void;
}

export function relief(): Relief {
  const canvas = h('canvas', {
    class: 'relief',
    width: WIDTH,
    height: HEIGHT,
    tabindex: 0,
    role: 'application',
  });
  labelled(canvas, 'aria-label', 'landscapeTurn');
  let view = START;
  let shown: { readonly seen: Seen; readonly heights: readonly number[] } | undefined;

  function draw(): void {
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (!shown) return;
    const { seen, heights } = shown;
    const size = seen.alphas.length;
    const put = ([x, y]: readonly [number, number]) => [WIDTH / 2 + x * SIDE, HEIGHT / 2 - y * SIDE] as const;
    context.lineJoin = 'round';
    context.lineWidth = 0.5;
    context.strokeStyle = 'rgb(0 0 0 / 35%)';
    context.setLineDash([]);
    for (const { corners, height } of facesOf(heights, size, view)) {
      context.fillStyle = colorOf(height);
      context.beginPath();
      for (const corner of corners) context.lineTo(...put(corner));
      context.closePath();
      context.fill();
      context.stroke();
    }
    const place = placing(seen);
    for (const { trainer, alphas, betas } of seen.ways) {
      const points = alphas.map((alpha, k) => {
        const [u, v] = place(alpha, betas[k] as number);
        return put(projected(u, v, between(heights, size, u, v), view).at);
      });
      context.setLineDash(DASHES[trainer] === 'none' ? [] : DASHES[trainer].split(' ').map(Number));
      for (const [color, width] of [
        ['#000', 5],
        ['#fff', 2.5],
      ] as const) {
        context.strokeStyle = color;
        context.lineWidth = width;
        context.beginPath();
        for (const point of points) context.lineTo(...point);
        context.stroke();
      }
    }
  }

  const turn = (by: number, up: number) => {
    view = { turn: view.turn + by, tilt: Math.min(Math.PI / 2, Math.max(0.1, view.tilt + up)) };
    draw();
  };
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) turn(event.movementX * DRAG, event.movementY * DRAG);
  });
  canvas.addEventListener('pointerdown', ({ pointerId }) => canvas.setPointerCapture(pointerId));
  const KEYS: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-STEP, 0],
    ArrowRight: [STEP, 0],
    ArrowUp: [0, STEP],
    ArrowDown: [0, -STEP],
  };
  canvas.addEventListener('keydown', (event) => {
    const by = KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    turn(...by);
  });
  return {
    element: canvas,
    set(seen, scale) {
      shown = { seen, heights: heightsOf(seen, scale) };
      draw();
    },
  };
}
