// model.save and load, in Node: the same model again, to the last bit, and what becomes of files that are not whole.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepAndExport } from '../../examples/files.ts';
import {
  ArgumentError,
  callbacks,
  FileError,
  FormatError,
  init,
  type Layer,
  layers,
  load,
  loadNpy,
  loadSafetensors,
  losses,
  memory,
  metrics,
  ones,
  optimizers,
  type Progress,
  type Sequential,
  saveNpy,
  saveSafetensors,
  schedules,
  sequential,
  type Tensor,
  tensor,
} from '../../src/index.ts';

let folder: string;
beforeAll(async () => {
  await init('cpu');
  folder = mkdtempSync(join(tmpdir(), 'tapegrad-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const x = Array.from({ length: 30 }, (_, i) => [Math.sin(i), Math.cos(i), i / 30]);
const y = x.map((_, i) => i % 3);
const quiet = { verbose: 0, batchSize: 7 } as const;

const net = (): Sequential =>
  sequential(
    [
      layers.dense(8, { activation: 'tanh', inputShape: [3], kernelRegularizer: 'l2' }),
      layers.batchNormalization(),
      layers.dropout(0.2),
      layers.residual([layers.dense(8), layers.dense(8)]),
      layers.dense(3),
    ],
    { seed: 5, name: 'net' },
  );

const compiled = (model: Sequential, optimizer: Parameters<Sequential['compile']>[0]['optimizer']) => {
  model.compile({
    optimizer: optimizer as never,
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy', metrics.topKCategoricalAccuracy({ k: 2 })].slice(0, 1) as never,
  });
  return model;
};
const contents = async (model: Sequential) => (await model.getWeights()).map((w) => [...w]);

describe('a training that is saved', () => {
  it.each([
    ['adam', () => optimizers.adam({ learningRate: 0.01, amsgrad: true, globalClipNorm: 1 })],
    ['sgd with momentum', () => optimizers.sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
    ['rmsprop, PyTorch', () => optimizers.rmsprop({ variant: 'torch', centered: true, momentum: 0.5 })],
    [
      'a schedule',
      () =>
        optimizers.nadam({
          learningRate: schedules.warmup({
            steps: 4,
            learningRate: schedules.cosineDecay({ initialLearningRate: 0.02, decaySteps: 20 }),
          }),
        }),
    ],
  ])('goes on bit for bit: %s', async (_, optimizer) => {
    const whole = compiled(net(), optimizer());
    await whole.fit(x, y, { ...quiet, epochs: 5 });
    const first = compiled(net(), optimizer());
    await first.fit(x, y, { ...quiet, epochs: 2 });
    const again = await load(await first.save());
    expect(again.epoch).toBe(2);
    await again.fit(x, y, { ...quiet, epochs: 5, initialEpoch: again.epoch });
    expect(await contents(again)).toEqual(await contents(whole));
    expect(await again.evaluate(x, y)).toEqual(await whole.evaluate(x, y));
    expect(again.optimizer.config).toEqual(whole.optimizer.config);
    for (const model of [whole, first, again]) model.dispose();
  });

  it('keeps names, frozen weights, a learning rate that was set; and is the same file again', async () => {
    const model = compiled(net(), optimizers.adam(0.1));
    const [, bias] = model.weights;
    if (bias) bias.trainable = false;
    const [, normalization] = model.layers;
    if (normalization) normalization.trainable = false;
    await model.fit(x, y, { ...quiet, epochs: 1 });
    model.optimizer.learningRate = 0.025;
    const file = await model.save();
    const again = await load(file);
    expect(again.name).toBe('net');
    expect(again.seed).toBe(5);
    expect(again.weights[1]?.trainable).toBe(false);
    expect(again.trainableWeights.length).toBe(model.trainableWeights.length);
    expect(again.optimizer.learningRate).toBe(0.025);
    expect(await again.save()).toEqual(file);
    for (const one of [model, again]) one.dispose();
  });

  it('is kept by modelCheckpoint after every epoch, or where it is best', async () => {
    const model = compiled(net(), 'adam');
    const kept = mkdtempSync(join(tmpdir(), 'tapegrad-kept-'));
    const [every, best] = [join(kept, 'every-{epoch}.safetensors'), join(kept, 'best.safetensors')];
    const after: number[][][] = [];
    await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      callbacks: [
        {
          async onEpochEnd(epoch, logs) {
            logs.valLoss = [3, 1, 2][epoch] as number;
            after.push(await contents(model));
          },
        },
        callbacks.modelCheckpoint(every),
        callbacks.modelCheckpoint(pathToFileURL(best), { saveBestOnly: true }),
      ],
    });
    const found = await Promise.all(
      [...[1, 2, 3].map((n) => every.replace('{epoch}', String(n))), best].map((file) => load(file)),
    );
    expect(found.map((one) => one.epoch)).toEqual([1, 2, 3, 2]);
    expect(await Promise.all(found.map(contents))).toEqual([...after, after[1]]);
    for (const one of [model, ...found]) one.dispose();
    const missing = callbacks.modelCheckpoint(join(kept, 'no-such-folder', 'net.safetensors'));
    const other = compiled(net(), 'adam');
    await expect(other.fit(x, y, { ...quiet, callbacks: [missing] })).rejects.toThrow(FileError);
    other.dispose();
    rmSync(kept, { recursive: true });
  });

  it('is a safetensors file as any other', async () => {
    const model = net();
    const { tensors, metadata } = await loadSafetensors(await model.save());
    expect(Object.keys(tensors).sort()).toEqual(model.namedWeights.map(({ name }) => name).sort());
    expect(tensors['residual/dense_1/kernel']?.shape).toEqual([8, 8]);
    expect(JSON.parse(metadata.architecture ?? '')).toMatchObject({
      module: 'keras',
      class_name: 'Sequential',
    });
    model.dispose();
    for (const t of Object.values(tensors)) t.dispose();
  });

  it('need not be compiled, nor trained', async () => {
    const model = net();
    const again = await load(await model.save());
    expect(await contents(again)).toEqual(await contents(model));
    expect(() => again.optimizer).toThrow('the model is not compiled');
    const fresh = compiled(net(), 'adam');
    const second = await load(await fresh.save());
    expect(second.optimizer.iterations).toBe(0);
    for (const one of [model, again, fresh, second]) one.dispose();
    await expect(sequential([layers.dense(2)]).save()).rejects.toThrow('save: the model has no weights yet');
  });

  it('may have layers, losses and metrics of one’s own', async () => {
    const scale = ({ name, by }: { name: string; by: number }): Layer<{ factor: Tensor }> => ({
      name,
      type: 'Scale',
      config: { by },
      build: (shape) => ({ params: { factor: ones(shape).mul(by) }, outputShape: shape }),
      apply: ({ params }, t) => t.mul(params.factor),
    });
    const cubic = (t: Tensor, p: Tensor) => t.sub(p).abs().pow(3);
    const spread = (_: Tensor, p: Tensor) => p.abs();
    const model = sequential(
      [layers.dense(2, { inputShape: [3] }), scale({ name: 'twice', by: 2 }) as Layer],
      { seed: 1 },
    );
    model.compile({ optimizer: 'sgd', loss: cubic, metrics: [spread, losses.huber({ delta: 2 })] });
    const file = await model.save();
    const custom = { Scale: scale, cubic, spread };
    const again = await load(file, { custom });
    const targets = x.map(() => [1, 0]);
    expect(await again.evaluate(x, targets)).toEqual(await model.evaluate(x, targets));
    await expect(load(file)).rejects.toThrow("load: layer 'twice' ('Scale') is not known");
    await expect(load(file, { custom: { Scale: scale } })).rejects.toThrow(
      "load: the loss 'cubic' is a function of your own",
    );
    for (const one of [model, again]) one.dispose();
  });
});

describe('places', () => {
  it('paths and file URLs', async () => {
    const model = net();
    const path = join(folder, 'net.safetensors');
    const bytes = await model.save(path);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
    for (const source of [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      new Blob([bytes]),
      bytes.buffer,
    ]) {
      const again = await load(source);
      expect(await contents(again)).toEqual(await contents(model));
      again.dispose();
    }
    await model.save(pathToFileURL(path)); // over what is there
    expect(readdirSync(folder)).toEqual(['net.safetensors']);
    model.dispose();
  });

  it('a save that breaks off leaves the file as it was, and nothing else', async () => {
    const at = join(folder, 'kept');
    mkdirSync(at);
    const path = join(at, 'x.npy');
    await saveNpy(tensor([1, 2]), path);
    const { open } = await import('node:fs/promises');
    const probe = await open(path, 'r');
    const handle = Object.getPrototypeOf(probe) as { sync: () => Promise<void> };
    await probe.close();
    const { sync } = handle;
    handle.sync = () => Promise.reject(new Error('the disk is full'));
    try {
      await expect(saveNpy(tensor([3, 4]), path)).rejects.toThrow(
        new FileError(`saveNpy: ${path}: the disk is full`),
      );
    } finally {
      handle.sync = sync;
    }
    expect(readdirSync(at)).toEqual(['x.npy']);
    expect(await (await loadNpy(path)).array()).toEqual([1, 2]);
  });

  it('what cannot be is a FileError', async () => {
    const nowhere = join(folder, 'no', 'where.npy');
    await expect(loadNpy(nowhere)).rejects.toThrow(FileError);
    await expect(loadNpy(nowhere)).rejects.toThrow(`loadNpy: ${nowhere}: ENOENT`);
    await expect(saveNpy(tensor(1), nowhere)).rejects.toThrow(FileError);
    await expect(loadNpy('indexeddb://x')).rejects.toThrow(
      'loadNpy: indexeddb://x: there is no IndexedDB here',
    );
    await expect(saveNpy(tensor(1), 'opfs://x')).rejects.toThrow('saveNpy: opfs://x: there is no OPFS here');
    await expect(saveNpy(tensor(1), 'https://a.b/c')).rejects.toThrow(ArgumentError);
    await expect(saveNpy(tensor(1), 5 as never)).rejects.toThrow('saveNpy: the target must be a path');
  });
});

describe('addresses', () => {
  const bytes = new Uint8Array(100_000).fill(7);
  let server: Server;
  let base: string;
  beforeAll(async () => {
    const body = await saveSafetensors({ w: tensor(bytes) });
    server = createServer((request, response) => {
      if (request.url === '/file') response.writeHead(200, { 'content-length': body.length }).end(body);
      else if (request.url === '/open') response.writeHead(200).end(body);
      else if (request.url === '/slow')
        response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 10));
      else response.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('tell how far they are', async () => {
    for (const name of ['file', 'open']) {
      const seen: Progress[] = [];
      const { tensors } = await loadSafetensors(`${base}/${name}`, { onProgress: (p) => seen.push(p) });
      expect(tensors.w?.size).toBe(bytes.length);
      const total = name === 'file' ? seen.at(-1)?.loaded : undefined;
      expect(seen.length).toBeGreaterThan(0);
      for (const { total: said } of seen) expect(said).toBe(total);
      expect(seen.map(({ loaded }) => loaded)).toEqual(
        seen.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
      );
    }
  });

  it('that are not there are a FileError', async () => {
    await expect(load(new URL(`${base}/none`))).rejects.toThrow(
      new FileError(`load: ${base}/none: the server answered 404`),
    );
    await expect(load('http://127.0.0.1:1/')).rejects.toThrow(FileError);
  });

  it('can be left', async () => {
    const left = new AbortController();
    const loading = load(`${base}/slow`, { signal: left.signal, onProgress: () => left.abort() });
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('files that hold no model', () => {
  const refuses = async (source: Uint8Array, message: string) => {
    const before = memory();
    await expect(load(source)).rejects.toThrow(FormatError);
    await expect(load(source)).rejects.toThrow(message);
    expect(memory().tensors).toBe(before.tensors);
  };
  /** The file of a model with its metadata, or its tensors, changed. */
  const changed = async (
    metadata: Record<string, string>,
    change: (tensors: Record<string, Tensor>) => void = () => undefined,
  ) => {
    const model = net();
    const { tensors, metadata: own } = await loadSafetensors(await model.save());
    change(tensors);
    const file = await saveSafetensors(tensors, undefined, { metadata: { ...own, ...metadata } });
    for (const t of Object.values(tensors)) t.dispose();
    model.dispose();
    return file;
  };

  it('say so', async () => {
    await refuses(await saveSafetensors({ w: tensor(1) }), 'load: the file holds tensors, but no model');
    await refuses(await changed({ version: '9' }), "the file is of version '9'; this one reads 1");
    await refuses(await changed({ architecture: '{' }), 'the JSON is broken');
    await refuses(await changed({ training: '{}' }), 'what it says of the training');
    await refuses(new TextEncoder().encode('<html>'), 'the JSON is broken');
  });

  it('or which weight is missing, or of another shape', async () => {
    const without = await changed({}, (tensors) => {
      tensors['dense/bias']?.dispose();
      delete tensors['dense/bias'];
    });
    await refuses(without, "load: layer 'dense' takes dense/bias [8], and the file has none");
  });

  it('and take no memory for what layers only say', async () => {
    const huge = { class_name: 'Dense', config: { name: 'dense', units: 2 ** 31 } };
    const json = {
      class_name: 'Sequential',
      build_config: { input_shape: [null, 2 ** 20] },
      config: { name: 'm', layers: [huge] },
    };
    await refuses(
      await changed({ architecture: JSON.stringify(json) }),
      'takes dense/kernel [1048576, 2147483648]',
    );
  });
});

it('the example goes on from its file, and exports', async () => {
  const { epoch, bytes } = await keepAndExport(folder);
  expect(epoch).toBe(5);
  expect(readFileSync(join(folder, 'xor.onnx')).length).toBe(bytes);
});
