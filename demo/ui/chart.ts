/** @file A chart of two lines, drawn by uPlot in the page's colours; what tells them apart is a dash, not the colour alone. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { follow, type Key, number, t } from '../i18n/language.ts';
import { h } from './dom.ts';

export interface Chart {
  readonly element: HTMLElement;
  /** x, then the lines; null where one has no value. */
  set(data: readonly [readonly number[], ...(readonly (number | null)[])[]]): void;
}

export interface ChartOptions {
  readonly title: Key;
  readonly x: Key;
  readonly lines: readonly [Key, Key];
  readonly digits: number;
  /** The range of y; by default that of the data. */
  readonly range?: readonly [number, number];
  readonly points?: boolean;
}

const HEIGHT = 220;
/** Rows of the table, which holds what a chart shows for those who do not see it. */
const ROWS = 12;

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim() || 'gray';

/** A colour as the present theme has it: what `light-dark()` gives, asked of an element. */
function themed(variable: string): string {
  const probe = h('i', { style: `color: var(${variable})` });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found || colour(variable);
}

export function chart(options: ChartOptions): Chart {
  const box = h('div', { class: 'chart' });
  const caption = h('figcaption');
  const body = h('tbody');
  const head = h('tr');
  const details = h(
    'details',
    {},
    h('summary'),
    h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, head), body)),
  );
  const element = h('figure', {}, caption, box, details);
  let data: uPlot.AlignedData = [[], [], []];
  let plot: uPlot | undefined;

  const make = () => {
    plot?.destroy();
    const [ink, grid] = [themed('--soft'), themed('--line')];
    const line = (key: Key, stroke: string, dash?: number[]): uPlot.Series => ({
      label: t(key),
      stroke,
      width: 2,
      spanGaps: true,
      ...(dash ? { dash } : {}),
      points: { show: options.points ?? false },
      value: (_, value) => (value === null ? '–' : number(value, options.digits)),
    });
    const axis: uPlot.Axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    plot = new uPlot(
      {
        width: Math.max(200, box.clientWidth),
        height: HEIGHT,
        scales: {
          x: { time: false },
          ...(options.range ? { y: { range: [...options.range] as [number, number] } } : {}),
        },
        axes: [{ ...axis, label: t(options.x), labelSize: 20 }, axis],
        series: [
          { label: t(options.x), value: (_, value) => (value === null ? '–' : number(value, 2)) },
          line(options.lines[0], themed('--soft')),
          line(options.lines[1], themed('--accent'), [8, 4]),
        ],
        cursor: { y: false },
      },
      data,
      box,
    );
  };

  const fillTable = () => {
    const [xs, first, second] = data as unknown as [number[], (number | null)[], (number | null)[]];
    const step = Math.max(1, Math.ceil(xs.length / ROWS));
    const cell = (value: number | null | undefined) =>
      h('td', {}, value === null || value === undefined ? '–' : number(value, options.digits));
    body.replaceChildren(
      ...xs.flatMap((x, i) =>
        (xs.length - 1 - i) % step === 0
          ? [h('tr', {}, h('th', { scope: 'row' }, number(x, 2)), cell(first[i]), cell(second[i]))]
          : [],
      ),
    );
  };

  follow(() => {
    caption.textContent = t(options.title);
    (details.firstElementChild as HTMLElement).textContent = t('table');
    head.replaceChildren(...[options.x, ...options.lines].map((key) => h('th', { scope: 'col' }, t(key))));
    if (plot) make();
    fillTable();
  });
  details.addEventListener('toggle', fillTable);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot && make());
  new ResizeObserver(() => {
    if (!box.clientWidth) return;
    if (plot) plot.setSize({ width: Math.max(200, box.clientWidth), height: HEIGHT });
    else make();
  }).observe(box);

  return {
    element,
    set(next) {
      data = next as unknown as uPlot.AlignedData;
      plot?.setData(data);
      if (details.open) fillTable();
    },
  };
}
