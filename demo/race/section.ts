/** @file The section of the race: GPU against CPU at one product, the shader that ran, and the tape of a step. */
import { follow, number, t, text } from '../i18n/language.ts';
import { chart } from '../ui/chart.ts';
import { h, onClick } from '../ui/dom.ts';
import { placeText } from '../ui/notices.ts';
import type { Place } from '../ui/place.ts';
import { startWorker } from '../ui/start-worker.ts';
import type { FromRace, Raced, ToRace } from './messages.ts';

const SIZES = [64, 128, 256, 384, 512, 768, 1024] as const;

export function raceSection(): HTMLElement {
  const worker = startWorker('race');
  const send = (message: ToRace) => worker.postMessage(message);
  const found = new Map<number, Raced>();
  let status: (() => string) | undefined;
  let place: Place | undefined;

  const line = h('p', { class: 'notice', role: 'status', hidden: true });
  const size = h('select', { id: 'race-size' }, ...SIZES.map((n) => h('option', { value: n }, String(n))));
  size.value = '256';
  const run = h('button', { type: 'button', class: 'main' }, text('raceRun'));
  const speeds = chart({
    title: 'raceChart',
    x: 'raceRow',
    lines: ['raceCpu', 'raceGpu'],
    digits: 2,
    points: true,
  });
  const body = h('tbody');
  const head = h('tr');
  const empty = h('p', { class: 'note' }, text('raceNone'));
  const shader = h('pre', { class: 'code', tabindex: 0, hidden: true });
  const tapeButton = h('button', { type: 'button' }, text('tapeRun'));
  const tape = h('pre', { class: 'code', tabindex: 0, hidden: true });
  const profile = h('pre', { class: 'code', tabindex: 0, hidden: true });

  const show = () => {
    head.replaceChildren(
      ...(['raceRow', 'raceGpu', 'raceCpu', 'raceRatio', 'raceCheck'] as const).map((key) =>
        h('th', { scope: 'col' }, t(key)),
      ),
    );
    const sorted = [...found.values()].sort((a, b) => a.size - b.size);
    empty.hidden = sorted.length > 0;
    body.replaceChildren(
      ...sorted.map(({ size: n, gpu, cpu, difference, bound }) => {
        const right = difference <= bound;
        return h(
          'tr',
          {},
          h('th', { scope: 'row' }, number(n)),
          h('td', {}, gpu === undefined ? '–' : number(gpu, 2)),
          h('td', {}, number(cpu, 2)),
          h('td', {}, gpu === undefined ? '–' : number(gpu / cpu, 2)),
          h(
            'td',
            { class: right ? 'good' : 'bad' },
            gpu === undefined
              ? '–'
              : `${right ? '✓' : '✗'} ${t('raceSame', { difference: difference.toExponential(1), bound: bound.toExponential(1) })}`,
          ),
        );
      }),
    );
    speeds.set([sorted.map((r) => r.size), sorted.map((r) => r.cpu), sorted.map((r) => r.gpu ?? null)]);
    const said =
      status?.() ??
      (place &&
        `${placeText(place)}${place.kind === 'webgpu' && place.software ? ` ${t('raceSoftware')}` : ''}`);
    line.hidden = said === undefined;
    line.textContent = said ?? '';
  };
  follow(show);

  const busy = (now: boolean) => {
    run.disabled = now;
    tapeButton.disabled = now;
  };
  const onMessage = (message: FromRace): void => {
    switch (message.type) {
      case 'device':
        place = message.place;
        show();
        return;
      case 'raced':
        found.set(message.raced.size, message.raced);
        shader.textContent = message.raced.shader;
        shader.hidden = message.raced.shader === '';
        status = undefined;
        busy(false);
        show();
        return;
      case 'tape':
        tape.textContent = message.tape;
        profile.textContent = message.profile;
        tape.hidden = profile.hidden = false;
        busy(false);
        return;
      case 'failed':
        status = () => t('failed', { reason: message.message });
        busy(false);
        show();
        return;
    }
  };
  worker.addEventListener('message', ({ data }: MessageEvent<FromRace>) => onMessage(data));
  onClick(run, () => {
    const n = Number(size.value);
    status = () => t('raceRunning', { n: number(n) });
    busy(true);
    show();
    send({ type: 'race', size: n });
  });
  onClick(tapeButton, () => {
    busy(true);
    send({ type: 'tape' });
  });

  return h(
    'section',
    { 'aria-labelledby': 'race-heading' },
    h('h2', { id: 'race-heading' }, text('raceHeading')),
    h('p', { class: 'lead' }, text('raceIntro')),
    h('div', { class: 'row' }, h('label', { for: 'race-size' }, text('raceSize')), size, run),
    line,
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'card' }, speeds.element),
      h(
        'div',
        { class: 'card' },
        h('div', { class: 'scroll', tabindex: 0 }, h('table', {}, h('thead', {}, head), body)),
        empty,
      ),
      h(
        'div',
        { class: 'card wide' },
        h('h3', {}, text('shaderHeading')),
        h('p', { class: 'note' }, text('shaderIntro')),
        shader,
      ),
      h(
        'div',
        { class: 'card wide' },
        h('h3', {}, text('tapeHeading')),
        h('p', { class: 'note' }, text('tapeIntro')),
        h('div', {}, tapeButton),
        tape,
        profile,
      ),
    ),
  );
}
