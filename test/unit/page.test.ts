// The parts of the page that need no page: its texts, its address, and what becomes of a drawing.
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDigits, RECORD, TEST_COUNT, TRAIN_COUNT } from '../../demo/digits/data.ts';
import { read, write } from '../../demo/digits/files.ts';
import { prepare, SIDE } from '../../demo/digits/prepare.ts';
import {
  activationAt,
  DEFAULTS,
  queryOf,
  type Settings,
  settingsOf,
  withHidden,
} from '../../demo/digits/settings.ts';
import { Trainer } from '../../demo/digits/trainer.ts';
import { savedLayer, settingsFor } from '../../demo/evolve/further.ts';
import {
  accuracyAxis,
  apart,
  barsOf,
  byFitness,
  familyOf,
  nearest,
  sizeAxis,
  stepPath,
} from '../../demo/evolve/layout.ts';
import { DEFAULTS as CHOICE, choiceOf, digitsFor, queryOfChoice, SPACE } from '../../demo/evolve/space.ts';
import { en } from '../../demo/i18n/en.ts';
import { zh } from '../../demo/i18n/zh.ts';
import { evolve, type Individual } from '../../src/evolve.ts';
import { init, type Layer, layers, load, memory, random, sequential } from '../../src/index.ts';

describe('texts', () => {
  it('are there in both languages, with the same values in them', () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, text] of Object.entries(en)) {
      const other = zh[key as keyof typeof en];
      expect(values(other), key).toEqual(values(text));
      expect([text.trim(), other.trim()], key).not.toContain('');
    }
  });
});

const address = (settings: Settings): URLSearchParams =>
  new URLSearchParams(
    Object.entries(queryOf(settings)).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

describe('the address', () => {
  const others: Settings = {
    hidden: [128, 16, 8],
    activation: ['tanh'],
    optimizer: 'momentum',
    learningRate: 0.03,
    batch: 256,
    l2: 0.0001,
    dropout: 0.25,
    seed: 4294967295,
  };

  const mixed: Settings = { ...DEFAULTS, hidden: [1, 256, 37], activation: ['tanh', 'relu', 'tanh'] };

  it.each([DEFAULTS, others, { ...DEFAULTS, hidden: [] }, mixed])(
    'gives the same settings back: %o',
    (settings) => {
      expect(settingsOf(address(settings))).toEqual(settings);
    },
  );

  it('holds only what is not as usual', () => {
    expect(String(address(DEFAULTS))).toBe('');
    expect(String(address({ ...DEFAULTS, seed: 2 }))).toBe('seed=2');
  });

  it('says an activation once where the layers do not differ', () => {
    const found = settingsOf(new URLSearchParams('hidden=9,8&activation=tanh,tanh'));
    expect(String(address(found)).replaceAll('%2C', ',')).toBe('hidden=9,8&activation=tanh');
  });

  it('keeps the activations of layers that stay, and ends with that of the last', () => {
    const { activation } = withHidden(mixed, [1, 256, 37, 32]);
    expect(activation).toEqual(['tanh', 'relu', 'tanh', 'tanh']);
    expect(withHidden(mixed, [1, 256]).activation).toEqual(['tanh', 'relu']);
    expect(withHidden(mixed, [1]).activation).toEqual(['tanh']);
    expect(withHidden(mixed, []).activation).toEqual(['tanh']);
    expect([0, 1, 2, 3].map((layer) => activationAt(mixed, layer))).toEqual(['tanh', 'relu', 'tanh', 'tanh']);
    expect(activationAt(others, 2)).toBe('tanh');
  });

  it.each([
    'hidden=0',
    'hidden=257',
    'hidden=7.5',
    'hidden=64,1e1',
    'hidden=64,64,64,64,64',
    'hidden=64,x',
    'activation=swish',
    'activation=',
    'activation=relu,swish',
    'activation=relu,tanh,relu',
    'rate=0.5',
    'batch=0',
    'seed=-1',
    'seed=1.5',
    'seed=4294967296',
    'seed=',
    'dropout=2',
  ])('takes the usual where it says nonsense: %s', (query) => {
    expect(settingsOf(new URLSearchParams(query))).toEqual(DEFAULTS);
  });
});

describe('a drawing', () => {
  const ink = (pixels: readonly (readonly [number, number])[]): Float32Array => {
    const picture = new Float32Array(SIDE * SIDE);
    for (const [x, y] of pixels) picture[y * SIDE + x] = 1;
    return picture;
  };
  const centre = (picture: Float32Array): [number, number] => {
    let [mass, x, y] = [0, 0, 0];
    picture.forEach((v, i) => {
      mass += v;
      x += v * ((i % SIDE) + 0.5);
      y += v * (Math.floor(i / SIDE) + 0.5);
    });
    return [x / mass, y / mass];
  };
  const block = (left: number, top: number, width: number, height: number) =>
    ink(
      Array.from({ length: width * height }, (_, k): [number, number] => [
        left + (k % width),
        top + Math.floor(k / width),
      ]),
    );

  it('of nothing stays empty', () => {
    expect(prepare(new Float32Array(256))).toEqual(new Float32Array(256));
  });

  it.each([
    [0, 0],
    [9, 2],
    [3, 8],
  ])('is put into the middle, wherever it lay: %i, %i', (left, top) => {
    const [x, y] = centre(prepare(block(left, top, 4, 8)));
    expect(x).toBeCloseTo(8, 1);
    expect(y).toBeCloseTo(8, 1);
  });

  it('fills the picture along its longer side, and keeps its shape', () => {
    const seen = prepare(block(6, 6, 2, 4));
    const rows = Array.from({ length: SIDE }, (_, y) => seen[y * SIDE + 8] as number);
    expect(rows.slice(2, 14).every((v) => v > 0.99)).toBe(true);
    const columns = Array.from({ length: SIDE }, (_, x) => seen[8 * SIDE + x] as number);
    const width = columns.reduce((sum, v) => sum + v, 0);
    expect(width).toBeGreaterThan(7);
    expect(width).toBeLessThan(9); // half of sixteen
  });
});

describe('the file of digits', () => {
  it('holds labels and pixels, those to test with first', () => {
    const bytes = new Uint8Array((TEST_COUNT + TRAIN_COUNT) * RECORD);
    bytes.set([7, 255, 51], 0);
    bytes.set([3, 0, 0, 102], TEST_COUNT * RECORD);
    const { test, train } = parseDigits(bytes);
    expect([test.labels[0], train.labels[0]]).toEqual([7, 3]);
    expect([...test.inputs.subarray(0, 3)]).toEqual([1, Math.fround(0.2), 0]);
    expect(train.inputs[2]).toBeCloseTo(0.4, 6);
    expect([test.labels.length, train.labels.length]).toEqual([TEST_COUNT, TRAIN_COUNT]);
  });

  it('is refused where it is short, or holds what is no label', () => {
    expect(() => parseDigits(new Uint8Array(5))).toThrow('digits.bin has 5 bytes instead of 3598000');
    const bytes = new Uint8Array((TEST_COUNT + TRAIN_COUNT) * RECORD);
    bytes[RECORD] = 10;
    expect(() => parseDigits(bytes)).toThrow('digits.bin holds a label beyond 9');
  });
});

describe('a file of the net', () => {
  beforeAll(() => init('cpu'));
  const settings: Settings = { ...DEFAULTS, hidden: [8, 16], activation: ['tanh'], seed: 5 };
  const saved = [
    [256, 8],
    [8, 16],
    [16, 10],
  ].map(([inputs = 0, units = 0], k) => ({
    w: Float32Array.from({ length: inputs * units }, (_, i) => Math.sin(i + k)),
    b: Float32Array.from({ length: units }, (_, i) => i / 3),
  }));
  const dense = (units: number, activation?: 'relu' | 'gelu') =>
    layers.dense(units, { inputShape: [256], ...(activation ? { activation } : {}) });
  const fileOf = async (...list: Layer[]) => {
    const model = sequential(list);
    const file = await model.save();
    model.dispose();
    return file;
  };

  it.each([
    settings,
    { ...settings, optimizer: 'momentum', l2: 0.001, dropout: 0.25 },
    { ...settings, activation: ['sigmoid', 'linear'] },
  ] as const)('gives net and weights back, bit for bit: %o', async (made) => {
    const before = memory().tensors;
    const file = await write('safetensors', made, saved);
    const found = await read(file, { ...DEFAULTS, seed: 9 });
    const { hidden, activation } = made;
    expect(found.settings).toEqual({ ...DEFAULTS, hidden, activation, seed: 9 });
    expect(found.layers.map(({ w, b }) => [[...w], [...b]])).toEqual(
      saved.map(({ w, b }) => [[...w], [...b]]),
    );
    expect(memory().tensors).toBe(before);
  });

  it('is a model for any program, which trains on as the page did', async () => {
    const model = await load(await write('safetensors', { ...settings, dropout: 0.25 }, saved));
    expect(model.layers.map(({ name }) => name.replace(/_\d+$/, ''))).toEqual([
      'dense',
      'dropout',
      'dense',
      'dropout',
      'dense',
    ]);
    const x = Array.from({ length: 4 }, (_, i) => Array.from({ length: 256 }, (_, k) => (i + k) % 2));
    await model.fit(x, [1, 2, 3, 4], { verbose: 0 });
    model.dispose();
  });

  it('is ONNX too', async () => {
    const file = await write('onnx', settings, saved);
    expect(new TextDecoder().decode(file)).toMatch(/tapegrad[\s\S]*Tanh/);
  });

  it.each([
    ['no model', async () => new TextEncoder().encode('hello, it is me'), /JSON/],
    ['other sizes', () => fileOf(dense(300), layers.dense(10)), 'the page has no such net: 256→300→10'],
    ['an activation of another kind', () => fileOf(dense(8, 'gelu'), layers.dense(10)), 'gelu'],
    ['another end', () => fileOf(dense(10, 'relu')), 'the page has no such net'],
    [
      'other layers',
      () => fileOf(dense(8), layers.layerNormalization(), layers.dense(10)),
      'LayerNormalization',
    ],
  ])('is refused, with %s', async (_, file, message) => {
    const before = memory().tensors;
    await expect(read(await file(), DEFAULTS)).rejects.toThrow(message);
    expect(memory().tensors).toBe(before);
  });
});

describe('the structure search', () => {
  const box = { left: 10, right: 110, top: 5, bottom: 205 };
  const net = (id: number, parents: readonly number[], fitness = 0): Individual => ({
    id,
    parents,
    generation: 0,
    mutations: [],
    member: { hidden: [], learningRate: 0.001, l2: 0, dropout: 0, seed: 0 },
    parameters: 1000,
    accuracy: fitness,
    fitness,
    epochs: 1,
    inherited: 0,
    finished: true,
  });

  it('puts sizes on a logarithmic axis', () => {
    const { ticks, at } = sizeAxis([1100, 10_000 / 1.1], box);
    expect(ticks).toEqual([1000, 2000, 5000, 10_000]);
    expect([1000, 10 ** 3.5, 10_000].map((n) => Math.round(at(n)))).toEqual([10, 60, 110]);
    expect(apart({ ticks, at }, 35)).toEqual([2000, 10_000]);
  });

  it('gives a step of the same height to every halving of the errors', () => {
    const { ticks, at } = accuracyAxis([0.85, 0.96], box);
    expect([ticks[0], ticks.at(-1), at(0.8), at(0.97)]).toEqual([0.8, 0.97, 205, 5]);
    expect(at(0.9) - at(0.95)).toBeCloseTo(at(0.8) - at(0.9), 9);
    expect(accuracyAxis([1], box).at(1)).toBe(5); // and not infinitely high
  });

  it('draws the front as steps', () => {
    expect(stepPath([], 9)).toBe('');
    const path = stepPath(
      [
        [1, 8],
        [4, 5],
      ],
      9,
    );
    expect(path).toBe('M1.0 8.0H4.0V5.0H9.0');
  });

  it('finds the nearest point that is near enough', () => {
    const points = [
      [0, 0],
      [10, 0],
    ] as const;
    expect([nearest(points, [6, 3], 5), nearest(points, [5, 40], 20), nearest([], [0, 0], 9)]).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });

  it('knows whom a net comes from, and the fittest', () => {
    const nets = [net(0, []), net(1, [0]), net(2, [0]), net(3, [1])];
    expect(familyOf(nets, 3).map(({ id }) => id)).toEqual([0, 1, 3]);
    expect(familyOf(nets, 7)).toEqual([]);
    const some = [net(0, [], Number.NaN), net(1, [], 0.5), net(2, [], 0.9), net(3, [], 0.5)];
    expect(some.sort(byFitness).map(({ id }) => id)).toEqual([2, 1, 3, 0]);
  });

  it('draws layers as bars, as high as they have units', () => {
    expect(barsOf([64, 16], { left: 0, right: 90, top: 0, bottom: 32 }, 64)).toEqual([
      { x: 30, y: 0, height: 32 },
      { x: 60, y: 12, height: 8 },
    ]);
  });

  it('trains and judges by other digits, none of which is among those of the test', () => {
    const labels = Uint8Array.from({ length: 1010 }, (_, i) => i % 10);
    const inputs = Float32Array.from({ length: 1010 * 256 }, (_, i) => Math.floor(i / 256));
    const { train, test } = digitsFor({ train: { inputs, labels } }, 10);
    expect([train.labels.length, test.labels.length]).toEqual([10, 1000]);
    expect([train.inputs.at(-1), test.inputs[0], test.inputs.at(-1)]).toEqual([9, 10, 1009]);
  });

  it('stands in the address', () => {
    const choice = { seed: 7, count: 1000, cost: 5e-6 };
    const query = new URLSearchParams(queryOfChoice(choice) as Record<string, string>);
    expect([choiceOf(query), queryOfChoice(CHOICE)]).toEqual([choice, {}]);
    expect(choiceOf(new URLSearchParams('searchSeed=x&searchDigits=9&searchCost=1'))).toEqual(CHOICE);
  });

  it('hands over layers as they are, and rates that can be chosen', () => {
    const hidden = [
      { units: 37, activation: 'tanh' },
      { units: 5, activation: 'relu' },
    ] as const;
    const handed = settingsFor({ hidden, learningRate: 0.0021, l2: 4e-6, dropout: 0, seed: 3 });
    expect(handed).toEqual({
      hidden: [37, 5],
      activation: ['tanh', 'relu'],
      optimizer: 'adam',
      learningRate: 0.003,
      l2: 0.00001,
      dropout: 0,
    });
    const { hidden: found, activation } = settingsOf(address({ ...DEFAULTS, ...handed }));
    expect([found, activation]).toEqual([
      [37, 5],
      ['tanh', 'relu'],
    ]);
  });

  it('hands over what it has trained: the net reads as many digits as it did there', async () => {
    await init('cpu');
    const [x, labels] = [random(3).uniform([300, 256]), random(4).integers(0, 10, [300])];
    const { state, individuals } = await evolve(x, labels, {
      ...SPACE,
      validationData: [x, labels],
      generations: 2,
      parents: 12,
      rungs: [1],
      seed: 2,
    });
    const split = {
      inputs: Float32Array.from(await x.data()),
      labels: Uint8Array.from(await labels.data()),
    };
    const mixed = [];
    for (const { id, layers: trained } of state.parents) {
      const { member, accuracy } = individuals[id] as Individual;
      const settings = { ...DEFAULTS, ...settingsFor(member) };
      const trainer = new Trainer(
        settings,
        { train: split, test: split },
        { layers: trained.map(savedLayer), steps: 0 },
      );
      expect((await trainer.test()).accuracy).toBeCloseTo(accuracy, 6);
      trainer.dispose();
      mixed.push(settings.activation.length > 1);
    }
    expect(mixed).toContain(true);
    expect(mixed).toContain(false);
    for (const t of [x, labels]) t.dispose();
  });
});
