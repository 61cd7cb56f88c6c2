// Models in the browser's database, in its own file system, behind file handles and Blobs; and a fit that goes on from there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FileError,
  layers,
  load,
  loadNpy,
  type Sequential,
  saveNpy,
  sequential,
  tensor,
} from '../../src/index.ts';
import { freeAfterEach, testDevice } from '../place.ts';

freeAfterEach();

let model: Sequential;
const x = [
  [1, 2],
  [3, 4],
];
const y = [[1], [0]];

beforeAll(async () => {
  await testDevice();
  model = sequential([layers.dense(3, { activation: 'tanh', inputShape: [2] }), layers.dense(1)], {
    seed: 1,
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await model.fit(x, y, { epochs: 2, verbose: 0 });
});
afterAll(async () => {
  model.dispose();
  const folder = await navigator.storage.getDirectory();
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys())
    await folder.removeEntry(name, { recursive: true });
  await new Promise((done) => {
    indexedDB.deleteDatabase('tapegrad').onsuccess = done;
  });
});

const isSame = async (again: Sequential) => {
  expect((await again.getWeights()).map((w) => [...w])).toEqual(
    (await model.getWeights()).map((w) => [...w]),
  );
  expect(again.epoch).toBe(2);
  expect(again.optimizer.iterations).toBe(2);
  again.dispose();
};

describe.each(['indexeddb://nets/first', 'opfs://nets/deep/first.safetensors'])('%s', (place) => {
  it('keeps a model', async () => {
    await model.save(place);
    await isSame(await load(place));
  });

  it('is written over', async () => {
    await saveNpy(tensor([1, 2, 3]), place);
    await saveNpy(tensor([4]), place);
    expect(await (await loadNpy(place)).array()).toEqual([4]);
    await model.save(place);
    await isSame(await load(new URL(place)));
  });

  it('says what is not there', async () => {
    await expect(load(`${place}-not`)).rejects.toThrow(FileError);
    await expect(load(`${place}-not`)).rejects.toThrow(`load: ${place}-not: `);
  });
});

it('a training goes on from what was kept, bit for bit', async () => {
  await model.save('indexeddb://going-on');
  const [first, second] = [await load('indexeddb://going-on'), await load('indexeddb://going-on')];
  for (const one of [first, second]) await one.fit(x, y, { epochs: 4, initialEpoch: one.epoch, verbose: 0 });
  expect((await first.getWeights()).map((w) => [...w])).toEqual(
    (await second.getWeights()).map((w) => [...w]),
  );
  for (const one of [first, second]) one.dispose();
});

it('file handles, Files and blob addresses', async () => {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle('chosen.safetensors', { create: true });
  const bytes = await model.save(handle);
  await isSame(await load(handle));
  await isSame(await load(await handle.getFile()));
  const address = URL.createObjectURL(new Blob([bytes]));
  const seen: number[] = [];
  await isSame(await load(address, { onProgress: ({ loaded }) => seen.push(loaded) }));
  expect(seen.at(-1)).toBe(bytes.length);
  URL.revokeObjectURL(address);
});

it('a path is none in a browser', async () => {
  await expect(model.save('net.safetensors')).rejects.toThrow(
    "save: in a browser a target is 'indexeddb://name', 'opfs://path' or a file handle, got 'net.safetensors'; without one save gives the bytes",
  );
  await expect(model.save('opfs://')).rejects.toThrow('a file needs a name');
});

it('float64 becomes float32 where the device has none', async () => {
  const cpu = Uint8Array.from(atob(DOUBLE), (c) => c.charCodeAt(0));
  const t = await loadNpy(cpu);
  expect(t.dtype).toBe('float32');
  expect(await t.array()).toEqual([0.5, -2]);
});

/** np.save of np.array([0.5, -2.0]). */
const DOUBLE = btoa(
  `\x93NUMPY\x01\x00v\x00${"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n${'\0'.repeat(6)}\xe0?${'\0'.repeat(7)}\xc0`,
);
