/** @file The digits in a page of Chrome: fetched from the server of scripts/page-host.ts. */
import { toInputs } from '../../src/data/resample.ts';
import type { Split } from './session.ts';

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function fetchSplit(name: 'train' | 'test'): Promise<Split> {
  const [images, labels] = await Promise.all([
    fetchBytes(`/digits/${name}/images`),
    fetchBytes(`/digits/${name}/labels`),
  ]);
  return { inputs: toInputs(images), labels };
}
