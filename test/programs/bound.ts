// Whether a result is right: noisy runs say how far each element may be from the float64 value. Pure.
export interface Sampled {
  /** In float64, without noise. */
  readonly exact: ArrayLike<number>;
  /** The same in each noisy run. */
  readonly noisy: readonly ArrayLike<number>[];
}

/** Errors in float32 may be so many times as large as in any of the noisy runs. */
const MARGIN = 2;
/** The same where the noise changes a result by much of its size, and its distribution has long tails. */
const LOOSE_MARGIN = 64;
/** From this share of the largest element on. */
const LOOSE = 1 / 16;

export interface Verdict {
  /** Elements that are wrong, the first of them in words. */
  readonly wrong: number;
  readonly fault: string | undefined;
  /** Elements that any value would be right for, or nearly any. */
  readonly loose: number;
}

/** The largest distance of a noisy run from the exact value; 0 between equals, Infinity where one is not finite. */
function spreadAt({ exact, noisy }: Sampled, k: number): number {
  const c = exact[k] as number;
  let spread = 0;
  for (const run of noisy) {
    const v = run[k] as number;
    if (v !== c && !(Number.isNaN(v) && Number.isNaN(c)))
      spread = Number.isFinite(v) && Number.isFinite(c) ? Math.max(spread, Math.abs(v - c)) : Infinity;
  }
  return spread;
}

export function judge(got: ArrayLike<number>, sampled: Sampled): Verdict {
  const { exact } = sampled;
  if (got.length !== exact.length)
    return { wrong: 1, loose: 0, fault: `${got.length} elements, not ${exact.length}` };
  const largest = Array.from(exact).reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  let [wrong, loose] = [0, 0];
  let fault: string | undefined;
  for (let k = 0; k < exact.length; k++) {
    const [g, c] = [got[k] as number, exact[k] as number];
    const spread = spreadAt(sampled, k);
    const isLoose = spread > LOOSE * largest;
    if (isLoose) loose++;
    const bound = (isLoose ? LOOSE_MARGIN : MARGIN) * spread;
    const right =
      g === c || (Number.isNaN(g) && Number.isNaN(c)) || spread === Infinity || Math.abs(g - c) <= bound;
    if (right || (isLoose && !Number.isFinite(g))) continue;
    wrong++;
    fault ??= `at ${k}: got ${g}, wanted ${c} ± ${bound.toPrecision(3)}`;
  }
  return { wrong, loose, fault };
}
