/** @file What can be said of a landscape in a few numbers. Pure. */

/** Losses on a square grid, row by row, of size · size points; null stands for what is not finite. */
export interface Grid {
  readonly size: number;
  readonly losses: readonly (number | null)[];
}

export interface Shape {
  /** The loss in the middle, and the smallest of all. */
  readonly middle: number;
  readonly low: number;
  /** Points that are lower than all of their neighbours. */
  readonly minima: number;
  /** The share of the points, the middle aside, that are lower than the next one towards the middle: 0 for a funnel. */
  readonly falling: number;
  /** The share of the points whose loss is at most ln 10, that of guessing one of ten digits. */
  readonly better: number;
}

const GUESSING = Math.log(10);

export function shapeOf({ size, losses }: Grid): Shape {
  const at = (i: number, j: number): number => losses[j * size + i] ?? Infinity;
  const inside = (k: number) => k >= 0 && k < size;
  const middle = (size - 1) / 2;
  let [minima, falling, better, low] = [0, 0, 0, Infinity];
  for (let j = 0; j < size; j++)
    for (let i = 0; i < size; i++) {
      const own = at(i, j);
      low = Math.min(low, own);
      if (own <= GUESSING) better++;
      const around = [-1, 0, 1].flatMap((dj) => [-1, 0, 1].map((di) => [i + di, j + dj] as const));
      const others = around.filter(([k, l]) => inside(k) && inside(l) && (k !== i || l !== j));
      if (others.every(([k, l]) => own < at(k, l))) minima++;
      const far = Math.max(Math.abs(i - middle), Math.abs(j - middle));
      if (far >= 1) {
        const towards = (k: number) => Math.round(k - (k - middle) / far);
        if (own < at(towards(i), towards(j))) falling++;
      }
    }
  const count = size * size;
  const centre = at(Math.round(middle), Math.round(middle));
  return { middle: centre, low, minima, falling: falling / (count - 1), better: better / count };
}
