/** @file The pad to draw a digit on, what the net sees of it, and what it takes it for. */
import { follow, labelled, number, t, text } from '../i18n/language.ts';
import { h, onClick } from '../ui/dom.ts';
import { paintInk } from '../ui/pictures.ts';
import { prepare, SIDE } from './prepare.ts';

const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export interface Pad {
  readonly element: HTMLElement;
  show(probabilities: readonly number[]): void;
  /** Says how many of the visitor's digits are trained on. */
  kept(count: number, times: number): void;
  /** Asks again for the drawing that is there: the net has changed. */
  ask(): void;
}

/** How much ink a stroke through a point leaves in the pixels around it. */
function stroke(picture: Float32Array, x: number, y: number): void {
  const RADIUS = 1.15;
  for (let j = Math.floor(y - 2); j <= y + 2; j++)
    for (let i = Math.floor(x - 2); i <= x + 2; i++) {
      if (i < 0 || j < 0 || i >= SIDE || j >= SIDE) continue;
      const distance = Math.hypot(i + 0.5 - x, j + 0.5 - y);
      const ink = Math.min(1, Math.max(0, 1.5 * (RADIUS - distance) + 0.25));
      picture[j * SIDE + i] = Math.max(picture[j * SIDE + i] as number, ink);
    }
}

export function pad(
  onPicture: (picture: Float32Array<ArrayBuffer>) => void,
  onKeep: (picture: Float32Array<ArrayBuffer>, label: number) => void,
): Pad {
  const picture = new Float32Array(SIDE * SIDE);
  let cursor = { x: SIDE / 2, y: 3 };
  let keys = false;
  let prepared = prepare(picture);
  let keptText: (() => string) | undefined;

  const canvas = h('canvas', {
    class: 'pixels pad',
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    role: 'application',
  });
  const seen = h('canvas', { class: 'pixels seen', width: SIDE, height: SIDE, role: 'img' });
  const verdict = h('p', { id: 'verdict', role: 'status' });
  const bars = TEN.map((digit) => {
    const [bar, value] = [h('i'), h('span', {}, '–')];
    return { row: h('li', {}, h('span', {}, String(digit)), bar, value), bar, value };
  });
  const label = h('select', {}, ...TEN.map((digit) => h('option', { value: digit }, String(digit))));
  const keep = h('button', { type: 'button' }, text('keepButton'));
  const keptLine = h('p', { class: 'note', role: 'status' });

  const isEmpty = () => !picture.some((ink) => ink > 0);
  let probabilities: readonly number[] | undefined;
  const tell = () => {
    const best = probabilities?.reduce((most, p, k, list) => (p > (list[most] as number) ? k : most), 0);
    const drawn = !isEmpty() && probabilities !== undefined && best !== undefined;
    verdict.textContent = drawn
      ? t('reads', { digit: best, percent: number(100 * (probabilities?.[best] as number), 1) })
      : t('drawFirst');
    keep.disabled = isEmpty();
    bars.forEach(({ row, bar, value }, digit) => {
      const p = drawn ? (probabilities?.[digit] as number) : 0;
      bar.style.setProperty('--part', p.toFixed(4));
      value.textContent = drawn ? `${number(100 * p, 1)} %` : '–';
      row.classList.toggle('best', drawn && digit === best);
    });
  };
  const draw = () => {
    const shown = picture.slice();
    if (keys) {
      const at = Math.floor(cursor.y) * SIDE + Math.floor(cursor.x);
      shown[at] = (shown[at] as number) > 0.5 ? 0.35 : 0.65; // where the keys are
    }
    paintInk(canvas, shown);
    prepared = prepare(picture);
    paintInk(seen, prepared);
  };
  const changed = () => {
    draw();
    if (isEmpty()) {
      probabilities = undefined;
      tell();
    } else onPicture(prepared.slice());
  };
  const clear = () => {
    picture.fill(0);
    changed();
  };

  let last: { x: number; y: number } | undefined;
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * SIDE,
      y: ((event.clientY - box.top) / box.height) * SIDE,
    };
  };
  const strokeTo = (to: { x: number; y: number }) => {
    const from = last ?? to;
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let k = 1; k <= steps; k++)
      stroke(picture, from.x + ((to.x - from.x) * k) / steps, from.y + ((to.y - from.y) * k) / steps);
    last = to;
    changed();
  };
  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    keys = false;
    last = undefined;
    strokeTo(place(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const part of event.getCoalescedEvents?.() ?? []) strokeTo(place(part));
    strokeTo(place(event));
  });
  canvas.addEventListener('pointerup', () => {
    last = undefined;
  });

  const MOVES: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  let pen = false; // whether space is held down
  canvas.addEventListener('keydown', (event) => {
    const move = MOVES[event.key];
    if (!move && event.key !== ' ' && event.key !== 'Backspace') return;
    event.preventDefault();
    keys = true;
    if (event.key === 'Backspace') return clear();
    if (event.key === ' ') pen = true;
    const within = (value: number) => Math.min(SIDE - 0.5, Math.max(0.5, value));
    if (move) cursor = { x: within(cursor.x + move[0]), y: within(cursor.y + move[1]) };
    if (pen) stroke(picture, cursor.x, cursor.y);
    if (pen) changed();
    else draw();
  });
  canvas.addEventListener('keyup', ({ key }) => {
    if (key === ' ') pen = false;
  });
  canvas.addEventListener('blur', () => {
    pen = false;
    keys = false;
    draw();
  });
  canvas.addEventListener('focus', () => {
    keys = canvas.matches(':focus-visible');
    draw();
  });

  onClick(keep, () => onKeep(prepared.slice(), Number(label.value)));
  labelled(canvas, 'aria-label', 'drawPad');
  labelled(seen, 'aria-label', 'seen');
  labelled(label, 'aria-label', 'keep');
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  follow(() => {
    tell();
    keptLine.textContent = keptText?.() ?? '';
  });
  draw();

  const element = h(
    'div',
    { class: 'card' },
    h('h3', {}, text('drawHeading')),
    h('p', { class: 'note' }, text('drawIntro')),
    canvas,
    h(
      'div',
      { class: 'row' },
      onClick(h('button', { type: 'button' }, text('clear')), clear),
      h('figure', {}, seen, h('figcaption', {}, text('seen'))),
    ),
    verdict,
    h(
      'figure',
      {},
      h('figcaption', {}, text('probabilities')),
      h('ul', { class: 'bars' }, ...bars.map(({ row }) => row)),
    ),
    h('div', { class: 'row' }, h('span', { class: 'note' }, text('keep')), label, keep),
    keptLine,
  );
  return {
    element,
    show(now) {
      if (isEmpty()) return;
      probabilities = now;
      tell();
    },
    kept(count, times) {
      keptText = () => t('kept', { count: number(count), times });
      keptLine.textContent = keptText();
      clear();
    },
    ask() {
      if (!isEmpty()) onPicture(prepared.slice());
    },
  };
}
