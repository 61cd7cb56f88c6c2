/** @file The section of the digits: what is shown, and what is asked of the worker. */
import { follow, labelled, number, t, text } from '../i18n/language.ts';
import { readAddress, writeAddress } from '../ui/address.ts';
import { type Chart, chart } from '../ui/chart.ts';
import { h, onClick } from '../ui/dom.ts';
import { type Handed, take } from '../ui/handoff.ts';
import { pauseWhenHidden } from '../ui/hiding.ts';
import { notices, placeText } from '../ui/notices.ts';
import { paintWeights } from '../ui/pictures.ts';
import { startWorker } from '../ui/start-worker.ts';
import { confusion } from './confusion.ts';
import { controls } from './controls.ts';
import { type Digits, loadDigits, PIXELS } from './data.ts';
import type { FileFormat, FromWorker, NetFile, ToWorker } from './messages.ts';
import { pad } from './pad.ts';
import { queryOf, type Settings, settingsOf } from './settings.ts';

/** Points of a chart; when there are more, every second one goes. */
const MOST_POINTS = 600;
/** How often each of the visitor's own digits stands among those to train on. */
const OWN_TIMES = 40;

/** Two lines over epochs. */
class History {
  #x: number[] = [];
  #train: (number | null)[] = [];
  #test: (number | null)[] = [];

  constructor(readonly chart: Chart) {}

  add(x: number, train: number | null, test: number | null): void {
    this.#x.push(x);
    this.#train.push(train);
    this.#test.push(test);
    if (this.#x.length > MOST_POINTS) {
      // The line of the training has many points, that of the test few: all of those stay.
      const stay = this.#x.map((_, i) => i % 2 === 0 || this.#test[i] !== null);
      const thin = <T>(list: T[]): T[] => list.filter((_, i) => stay[i]);
      [this.#x, this.#train, this.#test] = [thin(this.#x), thin(this.#train), thin(this.#test)];
    }
    this.chart.set([this.#x, this.#train, this.#test]);
  }

  clear(): void {
    [this.#x, this.#train, this.#test] = [[], [], []];
    this.chart.set([[], [], []]);
  }
}

export function digitsSection(): HTMLElement {
  let settings = settingsOf(readAddress());
  const notice = notices();
  const live = h('p', { class: 'unseen', role: 'status' });
  const intro = h('p', { class: 'lead' });
  follow(() => {
    intro.textContent = t('digitsIntro', { batch: number(settings.batch) });
  });
  const content = h('div', { class: 'columns' });
  const element = h(
    'section',
    { 'aria-labelledby': 'digits-heading' },
    h('h2', { id: 'digits-heading' }, text('digitsHeading')),
    intro,
    notice.element,
    live,
    content,
  );
  const begin = async () => {
    notice.set(() => t('loading', { percent: 0 }));
    try {
      const digits = await loadDigits((part) => {
        notice.set(() => t('loading', { percent: number(100 * part) }));
      });
      notice.set(() => t('starting'));
      content.replaceWith(playground(digits));
    } catch (error) {
      notice.set(() => t('loadFailed', { reason: (error as Error).message }), true);
      content.replaceChildren(
        onClick(h('button', { type: 'button' }, text('retry')), () => {
          content.replaceChildren();
          void begin();
        }),
      );
    }
  };

  function playground(digits: Digits): HTMLElement {
    const worker = startWorker('digits');
    const send = (message: ToWorker) => worker.postMessage(message);
    let playing = false;

    const play = h('button', { type: 'button', class: 'main', disabled: true });
    const step = h('button', { type: 'button', disabled: true }, text('step'));
    const reset = h('button', { type: 'button', disabled: true }, text('reset'));
    const showPlay = () => {
      play.textContent = t(playing ? 'pause' : 'play');
    };
    follow(showPlay);
    const setPlaying = (now: boolean) => {
      playing = now;
      showPlay();
      send({ type: now ? 'play' : 'pause' });
    };

    const figures = {
      steps: h('b', { id: 'steps' }, '0'),
      epochs: h('b', {}, '0'),
      speed: h('b', {}, '–'),
      testAccuracy: h('b', { id: 'accuracy' }, '–'),
    };
    const loss = new History(
      chart({ title: 'lossChart', x: 'epochAxis', lines: ['train', 'test'], digits: 3 }),
    );
    const accuracy = new History(
      chart({ title: 'accuracyChart', x: 'epochAxis', lines: ['train', 'test'], digits: 1, range: [0, 100] }),
    );
    const weights = h('canvas', { class: 'pixels', role: 'img', style: 'width: 100%' });
    labelled(weights, 'aria-label', 'weightsHeading');
    const weightsText = h('p', { class: 'note', id: 'weights' });
    let shown: { readonly weights: Float32Array; readonly units: number } | undefined;
    const showWeights = () => {
      if (!shown) return;
      const largest = paintWeights(weights, shown.weights, shown.units);
      const said = t('weightsAlt', { units: number(shown.units), largest: number(largest, 2) });
      weights.setAttribute('aria-label', said);
      weightsText.textContent = said;
    };
    follow(showWeights);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showWeights);
    const table = confusion(digits.test);
    let own = 0;
    const drawing = pad(
      (picture) => send({ type: 'read', picture }),
      (picture, label) => {
        own++;
        const inputs = new Float32Array(OWN_TIMES * PIXELS);
        for (let k = 0; k < OWN_TIMES; k++) inputs.set(picture, k * PIXELS);
        send({ type: 'own', own: { inputs, labels: new Uint8Array(OWN_TIMES).fill(label) } });
        drawing.kept(own, OWN_TIMES);
      },
    );

    const renew = (layers?: NetFile['layers']) => {
      if (playing) setPlaying(false);
      loss.clear();
      accuracy.clear();
      spoken = 0;
      send({ type: 'reset', settings, ...(layers ? { layers } : {}) });
    };
    let spoken = 0;
    let tested = false;

    let panel = makeControls();
    function makeControls(): HTMLElement {
      return controls(settings, (now) => {
        const before = settings;
        settings = now;
        writeAddress(queryOf(settings));
        intro.textContent = t('digitsIntro', { batch: number(settings.batch) });
        const onlyRate = Object.entries(before).every(
          ([name, value]) =>
            name === 'learningRate' || String(settings[name as keyof Settings]) === String(value),
        );
        if (onlyRate) send({ type: 'rate', learningRate: settings.learningRate });
        else renew();
      });
    }

    const file = h('input', { type: 'file', accept: '.safetensors', hidden: true });
    file.addEventListener('change', async () => {
      const [chosen] = file.files ?? [];
      if (!chosen) return;
      file.value = '';
      const { name } = chosen;
      try {
        send({ type: 'open', name, file: new Uint8Array(await chosen.arrayBuffer()) });
      } catch (error) {
        notice.add(() => t('badFile', { name, reason: (error as Error).message })); // gone, or not ours to read
      }
    });
    const opened = (say: () => string, net: Pick<NetFile, 'settings'> & Partial<NetFile>) => {
      settings = net.settings;
      writeAddress(queryOf(settings));
      const next = makeControls();
      panel.replaceWith(next);
      panel = next;
      renew(net.layers);
      notice.add(say);
    };
    const taken = ({ settings: part, layers, say }: Handed) =>
      opened(say, { settings: { ...settings, ...part }, ...(layers ? { layers } : {}) });
    const saveButton = (format: FileFormat, label: 'save' | 'saveOnnx') =>
      onClick(h('button', { type: 'button' }, text(label)), () => send({ type: 'save', format }));

    const onMessage = (message: FromWorker): void => {
      switch (message.type) {
        case 'device':
          notice.set(() => placeText(message.place), message.place.kind === 'cpu');
          for (const button of [play, step, reset]) button.disabled = false;
          return;
        case 'recovered':
          notice.set(
            () => t('recovered', { steps: number(message.steps), place: placeText(message.place) }),
            true,
          );
          return;
        case 'progress': {
          const { steps, epoch, train, stepsPerSecond } = message;
          figures.steps.textContent = number(steps);
          figures.epochs.textContent = number(epoch, 2);
          figures.speed.textContent = number(stepsPerSecond, stepsPerSecond < 10 ? 1 : 0);
          loss.add(epoch, train.loss, null);
          accuracy.add(epoch, 100 * train.accuracy, null);
          return;
        }
        case 'tested': {
          const { steps, epoch, test } = message;
          figures.steps.textContent = number(steps);
          figures.epochs.textContent = number(epoch, 2);
          figures.testAccuracy.textContent = `${number(100 * test.accuracy, 1)} %`;
          loss.add(epoch, null, test.loss);
          accuracy.add(epoch, null, 100 * test.accuracy);
          table.set(test.read);
          drawing.ask();
          if (Math.floor(epoch) > spoken) {
            spoken = Math.floor(epoch);
            live.textContent = t('announce', {
              epoch: number(spoken),
              accuracy: number(100 * test.accuracy, 1),
              loss: number(test.loss, 3),
            });
          }
          if (!tested) take(taken); // what the start has shown is out of the way
          tested = true;
          return;
        }
        case 'weights':
          shown = message;
          showWeights();
          return;
        case 'probabilities':
          drawing.show(message.probabilities);
          return;
        case 'saved': {
          const url = URL.createObjectURL(new Blob([message.file]));
          h('a', { href: url, download: `digits-${message.steps}-steps.${message.format}` }).click();
          setTimeout(() => URL.revokeObjectURL(url), 1000);
          return;
        }
        case 'opened':
          opened(() => t('loaded', { name: message.name }), message);
          return;
        case 'unreadable':
          notice.add(() => t('badFile', { name: message.name, reason: message.reason }));
          return;
        case 'paused':
          playing = false;
          showPlay();
          return;
        case 'diverged':
          notice.add(() => t('diverged'));
          return;
        case 'failed':
          notice.add(() => t('failed', { reason: message.message }));
          return;
      }
    };
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => onMessage(data));
    worker.addEventListener('error', ({ message }) => notice.add(() => t('failed', { reason: message })));

    onClick(play, () => setPlaying(!playing));
    onClick(step, () => {
      if (playing) setPlaying(false);
      send({ type: 'step' });
    });
    onClick(reset, () => renew());
    pauseWhenHidden(() => playing, setPlaying);
    send({
      type: 'start',
      backend: readAddress().get('device') === 'cpu' ? 'cpu' : 'auto',
      settings,
      digits,
    });

    const figure = (value: HTMLElement, key: keyof typeof figures) =>
      h('div', {}, value, h('span', {}, text(key)));
    return h(
      'div',
      { class: 'columns three' },
      h('div', { class: 'fields settings' }, panel),
      h(
        'div',
        { class: 'card' },
        h('div', { class: 'row' }, play, step, reset),
        h(
          'div',
          { class: 'figures' },
          figure(figures.testAccuracy, 'testAccuracy'),
          figure(figures.steps, 'steps'),
          figure(figures.epochs, 'epochs'),
          figure(figures.speed, 'speed'),
        ),
        loss.chart.element,
        accuracy.chart.element,
        h(
          'div',
          { class: 'row' },
          saveButton('safetensors', 'save'),
          saveButton('onnx', 'saveOnnx'),
          onClick(h('button', { type: 'button' }, text('load')), () => file.click()),
          file,
        ),
      ),
      drawing.element,
      h(
        'div',
        { class: 'card wide' },
        h('h3', {}, text('weightsHeading')),
        h('figure', {}, weights, h('figcaption', {}, text('weightsIntro'))),
        weightsText,
      ),
      h('div', { class: 'wide' }, table.element),
    );
  }

  void begin();
  return element;
}
