/** @file The settings of the net and its training, to be chosen. */
import { follow, type Key, labelled, number, t, text } from '../i18n/language.ts';
import { h, onClick } from '../ui/dom.ts';
import {
  ACTIVATIONS,
  type Activation,
  BATCHES,
  DROPOUTS,
  L2,
  MOST_LAYERS,
  OPTIMIZERS,
  RATES,
  type Settings,
  WIDTHS,
  withHidden,
} from './settings.ts';

let ids = 0;

function field(label: Key, control: HTMLElement): HTMLElement {
  control.id = `field-${++ids}`;
  return h('div', { class: 'field' }, h('label', { for: control.id }, text(label)), control);
}

function choice<T extends string | number>(
  values: readonly T[],
  value: T,
  show: (value: T) => string,
  onChange: (value: T) => void,
): HTMLSelectElement {
  const select = h('select', {}, ...values.map((v) => h('option', { value: v })));
  follow(() => {
    values.forEach((v, k) => {
      (select.options[k] as HTMLOptionElement).textContent = show(v);
    });
  });
  select.value = String(value);
  select.addEventListener('change', () => onChange(values[select.selectedIndex] as T));
  return select;
}

const plain = (value: number): string => String(value);
/** Activations of the hidden layers, as they stand in an address. */
const named = (list: string): string => {
  const names = list.split(',').map((name) => t(name as Activation));
  return names.length > 1 ? t('mixed', { names: names.join(t('comma')) }) : String(names);
};
const orNone = (value: number): string => (value === 0 ? t('none') : String(value));

/** Calls back with what has been chosen, whenever it changes. */
export function controls(start: Settings, onChange: (settings: Settings) => void): HTMLElement {
  let settings = start;
  const change = (part: Partial<Settings>) => {
    settings = { ...settings, ...part };
    onChange(settings);
  };
  const changeNet = (hidden: readonly number[]) => {
    change(withHidden(settings, hidden));
    showNet();
  };

  const widths = h('div', { class: 'widths' });
  const add = h('button', { type: 'button' }, '+');
  const remove = h('button', { type: 'button' }, '−');
  const activation = h(
    'div',
    { class: 'field' },
    h('label', { for: 'activation' }, text('activation')),
    h('select'),
  );
  const showNet = () => {
    const { hidden } = settings;
    widths.replaceChildren(
      ...hidden.map((width, k) => {
        const usual = WIDTHS.some((n) => n === width);
        const listed = usual ? WIDTHS : [...WIDTHS, width].sort((a, b) => a - b);
        const select = choice<number>(listed, width, plain, (value) =>
          change({ hidden: settings.hidden.map((n, i) => (i === k ? value : n)) }),
        );
        follow(() => select.setAttribute('aria-label', t('layerWidth', { n: k + 1 })));
        return select;
      }),
    );
    add.disabled = hidden.length === MOST_LAYERS;
    remove.disabled = hidden.length === 0;
    const mixed = settings.activation.length > 1 ? [settings.activation.join()] : [];
    const select = choice<string>([...ACTIVATIONS, ...mixed], settings.activation.join(), named, (names) =>
      change({ activation: names.split(',') as Activation[] }),
    );
    select.id = 'activation';
    activation.lastElementChild?.replaceWith(select);
    activation.classList.toggle('stacked', mixed.length > 0); // its text is long
  };
  onClick(add, () => changeNet([...settings.hidden, 32]));
  onClick(remove, () => changeNet(settings.hidden.slice(0, -1)));
  showNet();

  const seed = h('input', { type: 'number', min: 0, max: 2 ** 32 - 1, step: 1, value: settings.seed });
  seed.addEventListener('change', () => {
    if (seed.validity.valid && seed.value !== '') change({ seed: Number(seed.value) });
    else seed.reportValidity();
  });

  return h(
    'div',
    { class: 'card' },
    h(
      'fieldset',
      { class: 'fields' },
      h('legend', {}, text('net')),
      h(
        'div',
        { class: 'row' },
        h('span', { class: 'note' }, text('layers')),
        labelled(add, 'aria-label', 'addLayer'),
        labelled(remove, 'aria-label', 'removeLayer'),
      ),
      widths,
      activation,
    ),
    h(
      'fieldset',
      { class: 'fields' },
      h('legend', {}, text('controls')),
      field(
        'optimizer',
        choice(
          OPTIMIZERS,
          settings.optimizer,
          (o) => t(o),
          (optimizer) => change({ optimizer }),
        ),
      ),
      field(
        'learningRate',
        choice<number>(RATES, settings.learningRate, plain, (learningRate) => change({ learningRate })),
      ),
      field(
        'batch',
        choice<number>(
          BATCHES,
          settings.batch,
          (n) => number(n),
          (batch) => change({ batch }),
        ),
      ),
      field(
        'l2',
        choice<number>(L2, settings.l2, orNone, (l2) => change({ l2 })),
      ),
      field(
        'dropout',
        choice<number>(DROPOUTS, settings.dropout, orNone, (dropout) => change({ dropout })),
      ),
      field('seed', seed),
    ),
    h('p', { class: 'note' }, text('share')),
  );
}
