/** @file The largest error among results of a unary op. Pure. */
import { reference, type UnaryName } from './reference.ts';
import { flushedUlps, TINY, ulps } from './ulp.ts';

/** The largest error, and where it is. */
export interface Worst {
  readonly ulp: number;
  readonly x: number;
  readonly got: number;
  readonly want: number;
}

/** Compares results with the reference. Where subnormal numbers may be flushed, an input may be too. */
export function worstOf(name: UnaryName, x: Float32Array, got: ArrayLike<number>, flushes: boolean): Worst {
  const want = reference[name];
  const error = flushes ? flushedUlps : ulps;
  let worst: Worst = { ulp: 0, x: 0, got: 0, want: 0 };
  for (let i = 0; i < x.length; i++) {
    const a = x[i] as number;
    const g = got[i] as number;
    const w = want(a);
    if (g === w) continue;
    let ulp = error(g, w);
    if (ulp > worst.ulp && flushes && Math.abs(a) < TINY) ulp = Math.min(ulp, error(g, want(a * 0)));
    if (ulp > worst.ulp) worst = { ulp, x: a, got: g, want: w };
  }
  return worst;
}

/** `tanh(0.5) = 0.46, not 0.4621: 1.3 ULP` */
export function describeWorst(name: UnaryName, { ulp, x, got, want }: Worst): string {
  return `${name}(${x}) = ${got}, not ${want}: ${ulp.toPrecision(4)} ULP`;
}
