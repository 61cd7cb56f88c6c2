/** @file What a measurement finds, in a form that files and messages keep. Pure. */
import type { Worst } from '../../test/accuracy/worst.ts';

export interface Adapter {
  readonly kind: 'cpu' | 'webgpu';
  readonly name: string;
  readonly software: boolean;
}

/** As text, since JSON knows neither NaN nor Infinity nor -0. */
export type Found = { readonly [K in keyof Worst]: string };

const text = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

export function toFound({ ulp, x, got, want }: Worst): Found {
  return { ulp: text(ulp), x: text(x), got: text(got), want: text(want) };
}

export function toWorst({ ulp, x, got, want }: Found): Worst {
  return { ulp: Number(ulp), x: Number(x), got: Number(got), want: Number(want) };
}
