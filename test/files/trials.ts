// Wrong files, read: what comes out is a result or a typed error, and nothing is left of it.
import { readFileSync } from 'node:fs';
import {
  layers,
  load,
  loadNpy,
  loadSafetensors,
  losses,
  memory,
  optimizers,
  sequential,
  TapegradError,
} from '../../src/index.ts';
import { loadNpz } from '../../src/npz.ts';
import { mutated, type TextPart } from './mutate.ts';

interface Base {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly text?: TextPart;
  /** Whether it says by a few words what memory is taken, as an architecture without weights does. */
  readonly brief?: boolean;
  read(file: Uint8Array): Promise<{ dispose(): void }[]>;
}

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/files/${name}`, import.meta.url)));

/** As the JSON of safetensors lies in a file. */
function headerText(bytes: Uint8Array): TextPart {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    begin: 8,
    end: 8 + view.getUint32(0, true),
    setLength: (file, length) => new DataView(file.buffer).setUint32(0, length, true),
  };
}

const safetensors = (name: string): Base => {
  const bytes = fixture(`${name}.safetensors`);
  return {
    name,
    bytes,
    text: headerText(bytes),
    read: async (file) => Object.values((await loadSafetensors(file)).tensors),
  };
};

const npy = (name: string): Base => {
  const bytes = fixture(`${name}.npy`);
  const begin = (bytes[6] as number) > 1 ? 12 : 10;
  return {
    name,
    bytes,
    text: {
      begin,
      end: begin + (bytes[8] as number),
      setLength: (file, length) => new DataView(file.buffer).setUint16(8, length, true),
    },
    read: async (file) => [await loadNpy(file)],
  };
};

const npz = (name: string): Base => ({
  name,
  bytes: fixture(`${name}.npz`),
  read: async (file) => Object.values(await loadNpz(file)),
});

/** A model that has been trained, in its file. */
async function model(): Promise<Base> {
  const made = sequential(
    [
      layers.dense(3, { activation: 'relu', inputShape: [2] }),
      layers.batchNormalization(),
      layers.residual([layers.dense(3, { kernelRegularizer: 'l2' })]),
      layers.dense(2, { activation: 'softmax' }),
    ],
    { seed: 1 },
  );
  made.compile({
    optimizer: optimizers.adam(0.01),
    loss: losses.sparseCategoricalCrossentropy(),
    metrics: ['accuracy'],
  });
  await made.fit([[1, 2]], [1], { verbose: 0 });
  const bytes = await made.save();
  made.dispose();
  return { name: 'model', bytes, text: headerText(bytes), read: async (file) => [await load(file)] };
}

const kerasJson = (name: string): Base => {
  const bytes = fixture(`keras3-${name}.json`);
  return {
    name,
    bytes,
    text: { begin: 0, end: bytes.length },
    brief: true,
    read: async (file) => [await load(file)],
  };
};

const bases: readonly Base[] = [
  ...['every', 'ours', 'none'].map(safetensors),
  ...['F32', 'I64', 'BOOL', 'bigFortran', 'scalar', 'empty', 'version2', 'version3'].map(npy),
  ...['packed', 'positional'].map(npz),
  ...['dense', 'conv'].map(kerasJson),
];

export interface Tally {
  files: number;
  /** Files that were still right, or right enough. */
  read: number;
  readonly failures: string[];
}

/** What is wrong with how the loading of a file ended, or undefined. */
async function fault(base: Base, file: Uint8Array, tally: Tally): Promise<string | undefined> {
  const before = memory();
  try {
    const made = await base.read(file);
    tally.read++;
    const bytes = memory().bytes - before.bytes;
    for (const one of made) one.dispose();
    if (!base.brief && bytes > 4000 * (file.length + 64))
      return `takes ${bytes} bytes for a file of ${file.length}`;
  } catch (error) {
    if (!(error instanceof TapegradError)) return `throws ${(error as Error)?.stack ?? String(error)}`;
    if (error.message.length > 2000) return `has a message of ${error.message.length} characters`;
  }
  const left = memory().tensors - before.tensors;
  return left === 0 ? undefined : `leaves ${left} tensors`;
}

/** Reads files, each of a seed of its own that counts up. */
export async function tryFiles(
  { count, seed }: { readonly count: number; readonly seed: number },
  tell: (tally: Tally) => void = () => undefined,
): Promise<Tally> {
  const tally: Tally = { files: 0, read: 0, failures: [] };
  const trained = await model();
  const list = [...bases, trained, trained];
  for (let k = 0; k < count; k++) {
    const base = list[(seed + k) % list.length] as Base;
    const found = await fault(base, mutated(base.bytes, base.text, seed + k), tally);
    if (found) tally.failures.push(`${base.name}, seed ${seed + k}: ${found}`);
    tally.files++;
    if (tally.files % 5000 === 0) tell(tally);
  }
  return tally;
}
