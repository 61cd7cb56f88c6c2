/**
 * @file The measuring itself, in a page of Chrome or in Node: unary ops over their million inputs, or one op over a
 * part of all float32 numbers, a batch at a time.
 */
import { init } from '../../src/index.ts';
import { measure } from '../../test/accuracy/measure.ts';
import { POINTS, unaryOps } from '../../test/accuracy/ops.ts';
import type { UnaryName } from '../../test/accuracy/reference.ts';
import { stratified } from '../../test/accuracy/strata.ts';
import { type Adapter, type Found, toFound } from './found.ts';
import { countOf, inputsOf, type Part } from './part.ts';

export type Settings =
  /** A batch is one op with its million inputs. */
  | { readonly task: 'survey'; readonly ops: readonly UnaryName[] }
  | {
      readonly task: 'verify';
      readonly op: UnaryName;
      readonly part: Part;
      /** The first inputs that are done already. */
      readonly done: number;
      /** The adapter that they were done on. */
      readonly adapter: string | undefined;
    };

export type SessionEvent =
  | { readonly type: 'device'; readonly adapter: Adapter }
  | {
      readonly type: 'batch';
      readonly adapter: Adapter;
      readonly op: UnaryName;
      readonly inputs: number;
      readonly found: Found;
    };

/** Inputs of one batch of a verification. */
const BATCH = 2 ** 20;

function* batches(settings: Settings): Generator<{ op: UnaryName; inputs: Float32Array }> {
  if (settings.task === 'survey') {
    for (const op of settings.ops) yield { op, inputs: stratified(POINTS, unaryOps[op]) };
    return;
  }
  const { op, part, done } = settings;
  const count = countOf(part);
  for (let begin = done; begin < count; begin += BATCH)
    yield { op, inputs: inputsOf(part, begin, Math.min(begin + BATCH, count)) };
}

export async function runSession(
  backend: 'cpu' | 'webgpu',
  gpu: GPU | undefined,
  settings: Settings,
  onEvent: (event: SessionEvent) => void,
): Promise<Adapter> {
  const device = await init({ backend, ...(gpu ? { gpu } : {}) });
  const { name, software = false } = device.info;
  const adapter: Adapter = { kind: device.kind, name, software };
  if (settings.task === 'verify' && settings.adapter !== undefined && settings.adapter !== name)
    throw new Error(`what is done was done on ${settings.adapter}, and this is ${name}; --fresh starts over`);
  onEvent({ type: 'device', adapter });
  for (const { op, inputs } of batches(settings)) {
    const worst = await measure(op, inputs, device);
    onEvent({ type: 'batch', adapter, op, inputs: inputs.length, found: toFound(worst) });
  }
  device.close();
  return adapter;
}
