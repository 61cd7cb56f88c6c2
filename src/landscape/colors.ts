/** @file A colour map: viridis (van der Walt and Smith, 2015, CC0), which grows evenly lighter, and tells its ends apart in grey too. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** At even steps from 0 to 1. */
const COLORS: readonly Rgb[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

/** The colour for a position from 0, dark, to 1, light; what lies outside is held to that. Each part is a byte. */
export function viridis(position: number): Rgb {
  const at = Math.min(Math.max(position, 0), 1) * (COLORS.length - 1);
  const k = Math.min(Math.floor(at), COLORS.length - 2);
  const [from, to] = [COLORS[k] as Rgb, COLORS[k + 1] as Rgb];
  const part = (c: 0 | 1 | 2) => Math.round(from[c] + (to[c] - from[c]) * (at - k));
  return [part(0), part(1), part(2)];
}
