/** @file All nets of the search by size and accuracy: family lines, the front, and marks that tell by shape what a net is. */
import type { Individual } from 'tapegrad/evolve';
import { follow, number, t } from '../i18n/language.ts';
import { h, svg } from '../ui/dom.ts';
import {
  type Axis,
  accuracyAxis,
  apart,
  familyOf,
  nearest,
  type Point,
  sizeAxis,
  stepPath,
} from './layout.ts';

export interface Shown {
  readonly nets: readonly Individual[];
  readonly front: readonly number[];
  readonly chosen: number | undefined;
}

const HEIGHT = 400;
/** How far from a net one may point at it. */
const REACH = 44;
/** What the axes span before there are nets. */
const EMPTY = { sizes: [1200, 20_000], accuracies: [0.7, 0.97] };

/** A mark around a place: a circle for nets of earlier generations, a diamond for the latest, hollow where it fell out. */
function mark([x, y]: Point, latest: boolean, finished: boolean): SVGElement {
  const kind = `${latest ? 'latest' : 'earlier'}${finished ? '' : ' hollow'}`;
  if (!latest) return svg('circle', { cx: x, cy: y, r: 3.5, class: kind });
  return svg('path', { d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z`, class: kind });
}

const polyline = (points: readonly Point[], kind: string): SVGElement =>
  svg('polyline', { points: points.map((p) => p.join()).join(' '), class: kind });

/** What the marks mean. */
export function legend(): HTMLElement {
  const element = h('ul', { class: 'legend' });
  const sample = (...children: readonly SVGElement[]) =>
    svg('svg', { class: 'scatter', width: 24, height: 16, 'aria-hidden': true }, ...children);
  const middle: Point = [12, 8];
  const entries = [
    ['evolveLatest', sample(mark(middle, true, true))],
    ['evolveEarlier', sample(mark(middle, false, true))],
    ['evolveHollow', sample(mark([7, 8], true, false), mark([19, 8], false, false))],
    ['evolveFront', sample(svg('path', { d: 'M0 13H8V4H24', class: 'front' }))],
    [
      'evolveFamily',
      sample(
        polyline(
          [
            [0, 12],
            [24, 4],
          ],
          'kin',
        ),
      ),
    ],
    [
      'evolveChosen',
      sample(
        polyline(
          [
            [0, 12],
            [24, 4],
          ],
          'kin chosen',
        ),
        svg('circle', { cx: 12, cy: 8, r: 7, class: 'ring' }),
      ),
    ],
  ] as const;
  follow(() => {
    element.replaceChildren(...entries.map(([key, drawn]) => h('li', {}, drawn, t(key))));
  });
  return element;
}

export function scatter(onChoose: (id: number) => void) {
  const element = h('div', { class: 'chart scatter' });
  let shown: Shown = { nets: [], front: [], chosen: undefined };
  let places: readonly { readonly id: number; readonly at: Point }[] = [];

  function axes(
    size: Axis,
    accuracy: Axis,
    box: { left: number; right: number; top: number; bottom: number },
  ): SVGElement[] {
    const { left, right, top, bottom } = box;
    const line = (x1: number, y1: number, x2: number, y2: number) =>
      svg('line', { x1, y1, x2, y2, class: 'grid' });
    return [
      ...apart(accuracy, 20).flatMap((tick) => {
        const y = accuracy.at(tick);
        const percent = 100 * tick;
        return [
          line(left, y, right, y),
          svg(
            'text',
            { x: left - 8, y: y + 4, 'text-anchor': 'end' },
            number(percent, percent % 1 > 0.01 && percent % 1 < 0.99 ? 1 : 0),
          ),
        ];
      }),
      ...apart(size, 48).flatMap((tick) => {
        const x = size.at(tick);
        return [
          line(x, top, x, bottom),
          svg('text', { x, y: bottom + 18, 'text-anchor': 'middle' }, number(tick)),
        ];
      }),
      svg('text', { x: 0, y: 12 }, t('evolveAccuracyAxis')),
      svg('text', { x: right + 28, y: bottom + 38, 'text-anchor': 'end' }, t('evolveSizeAxis')),
    ];
  }

  function draw(): void {
    const width = element.clientWidth;
    if (width === 0) return;
    const box = { left: 36, right: width - 28, top: 28, bottom: HEIGHT - 44 };
    const { nets, front, chosen } = shown;
    const seen = nets.filter(({ accuracy }) => !Number.isNaN(accuracy));
    const size = sizeAxis(seen.length > 0 ? seen.map((net) => net.parameters) : EMPTY.sizes, box);
    const finished = seen.filter((net) => net.finished).map((net) => net.accuracy);
    const accuracy = accuracyAxis(finished.length > 0 ? finished : EMPTY.accuracies, box);
    const placeOf = (net: Individual): Point => [size.at(net.parameters), accuracy.at(net.accuracy)];
    const alive = (net: Individual | undefined): net is Individual =>
      net !== undefined && !Number.isNaN(net.accuracy);
    const latest = nets.at(-1)?.generation;
    places = seen.map((net) => ({ id: net.id, at: placeOf(net) }));
    const kin = seen.flatMap((net) =>
      net.parents.flatMap((id) => {
        const parent = nets[id];
        return alive(parent) ? [polyline([placeOf(parent), placeOf(net)], 'kin')] : [];
      }),
    );
    const family = chosen === undefined ? [] : familyOf(nets, chosen).filter(alive).map(placeOf);
    const end = family.at(-1);
    const steps = front.flatMap((id) => (nets[id] ? [placeOf(nets[id])] : []));
    const summary = t('evolvePicture', { count: number(nets.length), front: number(front.length) });
    element.replaceChildren(
      svg(
        'svg',
        { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': summary },
        ...axes(size, accuracy, box),
        ...kin,
        svg('path', { d: stepPath(steps, box.right), class: 'front' }),
        ...(family.length > 1 ? [polyline(family, 'kin chosen')] : []),
        ...seen.map((net) => mark(placeOf(net), net.generation === latest, net.finished)),
        ...(end ? [svg('circle', { cx: end[0], cy: end[1], r: 11, class: 'ring' })] : []),
      ),
    );
  }

  follow(draw);
  new ResizeObserver(draw).observe(element);
  element.addEventListener('click', ({ clientX, clientY }) => {
    const { left, top } = element.getBoundingClientRect();
    const k = nearest(
      places.map(({ at }) => at),
      [clientX - left, clientY - top],
      REACH,
    );
    if (k !== undefined) onChoose((places[k] as (typeof places)[number]).id);
  });

  return {
    element,
    set(next: Shown) {
      shown = next;
      draw();
    },
  };
}
