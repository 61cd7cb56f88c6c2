/** @file The section of the landscape: the loss around a net that learned, and the ways that two optimizers took through it. */
import { type LogScale, logScale } from '../../src/landscape/log_scale.ts';
import { loadDigits, PIXELS, type Split } from '../digits/data.ts';
import { settingsOf } from '../digits/settings.ts';
import { sizesOf } from '../digits/weights.ts';
import { follow, number, t, text } from '../i18n/language.ts';
import { readAddress } from '../ui/address.ts';
import { h, onClick } from '../ui/dom.ts';
import { notices, placeText } from '../ui/notices.ts';
import { startWorker } from '../ui/start-worker.ts';
import { colorOf, map } from './map.ts';
import { type FromLandscape, PLANES, type Seen, type ToLandscape } from './messages.ts';
import { relief } from './relief.ts';

const SIZES = [15, 25, 41] as const;
/** Digits to train on. */
const COUNT = 3000;
/** Rows and columns of the table. */
const CELLS = 5;

const first = ({ inputs, labels }: Split): Split => ({
  inputs: inputs.slice(0, COUNT * PIXELS),
  labels: labels.slice(0, COUNT),
});

/** A loss as a person would write it. */
const shortly = (loss: number): string =>
  Number.isFinite(loss) ? number(loss, loss < 10 ? 2 : loss < 100 ? 1 : 0) : '∞';

export function landscapeSection(): HTMLElement {
  const worker = startWorker('landscape');
  const notice = notices();
  const chosen = <T extends string | number>(
    id: string,
    values: readonly T[],
    usual: T,
    show: (v: T) => string,
  ) => {
    const select = h('select', { id }, ...values.map((value) => h('option', { value })));
    follow(() =>
      values.forEach((value, k) => {
        (select.options[k] as HTMLOptionElement).textContent = show(value);
      }),
    );
    select.value = String(usual);
    return { select, value: () => values[select.selectedIndex] as T };
  };
  const plane = chosen('landscape-plane', PLANES, 'trajectory', (name) =>
    t(name === 'trajectory' ? 'landscapeOfPaths' : 'landscapeRandom'),
  );
  const size = chosen('landscape-size', SIZES, 25, (n) => `${n} × ${n}`);
  const run = h('button', { type: 'button', class: 'main' }, text('landscapeRun'));
  const net = h('p', { class: 'note' });
  follow(() => {
    net.textContent = t('landscapeNet', { net: sizesOf(settingsOf(readAddress())).join('→') });
  });
  const above = h('div');
  const legend = h('p', { class: 'scale' });
  const ways = h('ul', { class: 'note' });
  const told = h('p', { class: 'note' });
  const surface = relief();
  const head = h('tr');
  const body = h('tbody');
  const results = h(
    'div',
    { class: 'columns', hidden: true },
    h(
      'figure',
      { class: 'card' },
      h('h3', {}, text('landscapeAbove')),
      above,
      legend,
      h('figcaption', {}, text('landscapeAboveCaption')),
      ways,
      told,
    ),
    h(
      'figure',
      { class: 'card' },
      h('h3', {}, text('landscapeSurface')),
      surface.element,
      h('figcaption', {}, text('landscapeTurn')),
    ),
    h(
      'details',
      { class: 'card wide' },
      h('summary', {}, text('table')),
      h(
        'div',
        { class: 'scroll', tabindex: 0 },
        h('table', {}, h('caption', {}, text('landscapeTable')), h('thead', {}, head), body),
      ),
    ),
  );

  let seen: Seen | undefined;
  function show(): void {
    if (!seen) return;
    const { alphas, betas, losses, variance } = seen;
    const scale: LogScale = logScale(losses);
    const middle = Math.sqrt(scale.low * scale.high);
    above.replaceChildren(map(seen, scale));
    surface.set(seen, scale);
    legend.replaceChildren(
      ...[scale.low, middle, scale.high].flatMap((loss) => [
        h('i', { style: `background: ${colorOf(scale.position(loss))}`, 'aria-hidden': 'true' }),
        h('span', {}, t('landscapeLoss', { loss: shortly(loss) })),
      ]),
    );
    ways.replaceChildren(
      ...seen.ways.map(({ trainer, loss }) =>
        h('li', {}, t(trainer === 'adam' ? 'landscapeAdam' : 'landscapeSgd', { loss: number(loss, 3) })),
      ),
    );
    told.textContent = variance
      ? t('landscapeVariance', {
          first: number(100 * variance[0], 1),
          second: number(100 * variance[1], 1),
          rest: number(100 * Math.max(0, 1 - variance[0] - variance[1]), 1),
        })
      : '';
    const some = Array.from({ length: CELLS }, (_, k) => Math.round((k * (alphas.length - 1)) / (CELLS - 1)));
    head.replaceChildren(
      h('td', {}, 'β \\ α'),
      ...some.map((i) => h('th', { scope: 'col' }, number(alphas[i] as number, 2))),
    );
    body.replaceChildren(
      ...some
        .toReversed()
        .map((j) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, number(betas[j] as number, 2)),
            ...some.map((i) => h('td', {}, shortly(losses[j * alphas.length + i] as number))),
          ),
        ),
    );
    results.hidden = false;
  }
  follow(show);

  const busy = (now: boolean) => {
    run.disabled = now;
  };
  let place = () => '';
  worker.addEventListener('message', ({ data }: MessageEvent<FromLandscape>) => {
    switch (data.type) {
      case 'device':
        place = () => placeText(data.place);
        notice.set(place, data.place.kind === 'cpu');
        return;
      case 'training':
        notice.set(() =>
          t('landscapeTraining', {
            name: t(data.trainer),
            epoch: number(data.epoch),
            loss: number(data.loss, 3),
          }),
        );
        return;
      case 'looking':
        notice.set(() => t('landscapeLooking', { percent: number(100 * data.part) }));
        return;
      case 'seen':
        seen = data.seen;
        notice.set(place);
        busy(false);
        show();
        return;
      case 'failed':
        notice.set(() => t('failed', { reason: data.message }), true);
        busy(false);
        return;
    }
  });
  worker.addEventListener('error', ({ message }) => {
    notice.set(() => t('failed', { reason: message }), true);
    busy(false);
  });
  let digits: Split | undefined;
  onClick(run, async () => {
    busy(true);
    try {
      digits ??= first(
        (await loadDigits((part) => notice.set(() => t('loading', { percent: number(100 * part) })))).train,
      );
    } catch (error) {
      notice.set(() => t('loadFailed', { reason: (error as Error).message }), true);
      busy(false);
      return;
    }
    notice.set(() => t('starting'));
    const address = readAddress();
    const message: ToLandscape = {
      type: 'look',
      backend: address.get('device') === 'cpu' ? 'cpu' : 'auto',
      settings: settingsOf(address),
      digits,
      plane: plane.value(),
      size: size.value(),
    };
    worker.postMessage(message);
  });

  return h(
    'section',
    { 'aria-labelledby': 'landscape-heading' },
    h('h2', { id: 'landscape-heading' }, text('landscapeHeading')),
    h('p', { class: 'lead' }, text('landscapeIntro')),
    net,
    h(
      'div',
      { class: 'row' },
      h('label', { for: 'landscape-plane' }, text('landscapePlane')),
      plane.select,
      h('label', { for: 'landscape-size' }, text('landscapeGrid')),
      size.select,
      run,
    ),
    notice.element,
    results,
    h('p', { class: 'lead' }, text('landscapeTells')),
  );
}
