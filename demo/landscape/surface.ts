/** @file A surface over a grid, seen from a side: what is drawn, and where. Pure. */

export interface View {
  /** Radians around the upright axis. */
  readonly turn: number;
  /** Radians from above the horizon; π/2 looks straight down. */
  readonly tilt: number;
}

type Point = readonly [x: number, y: number];

/** Four neighbours of the grid. */
export interface Face {
  readonly corners: readonly [Point, Point, Point, Point];
  /** The mean of its heights, from 0 to 1. */
  readonly height: number;
}

/** Height of the surface against its side. */
const RELIEF = 0.55;

/** Where a point lies on the picture: `u`, `v` and `height` from 0 to 1; around 0, upwards positive, with its distance. */
export function projected(
  u: number,
  v: number,
  height: number,
  { turn, tilt }: View,
): { readonly at: Point; readonly distance: number } {
  const [a, b] = [u - 0.5, v - 0.5];
  const across = a * Math.cos(turn) - b * Math.sin(turn);
  const away = a * Math.sin(turn) + b * Math.cos(turn);
  const up = (height - 0.5) * RELIEF;
  return {
    at: [across, up * Math.cos(tilt) + away * Math.sin(tilt)],
    distance: away * Math.cos(tilt) - up * Math.sin(tilt),
  };
}

/** The faces of size × size heights, the farthest first. */
export function facesOf(heights: readonly number[], size: number, view: View): Face[] {
  const height = (i: number, j: number): number => heights[j * size + i] as number;
  const last = size - 1;
  const faces: (Face & { readonly distance: number })[] = [];
  for (let j = 0; j < last; j++)
    for (let i = 0; i < last; i++) {
      const around = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ] as const;
      const seen = around.map(([p, q]) => projected(p / last, q / last, height(p, q), view));
      faces.push({
        corners: seen.map(({ at }) => at) as unknown as Face['corners'],
        height: around.reduce((sum, [p, q]) => sum + height(p, q), 0) / 4,
        distance: seen.reduce((sum, { distance }) => sum + distance, 0) / 4,
      });
    }
  return faces.sort((a, b) => b.distance - a.distance);
}

/** Between the values of a grid, at u and v from 0 to 1. */
export function between(heights: readonly number[], size: number, u: number, v: number): number {
  const place = (part: number): readonly [number, number] => {
    const at = Math.min(Math.max(part, 0), 1) * (size - 1);
    const k = Math.min(Math.floor(at), size - 2);
    return [k, at - k];
  };
  const [[i, p], [j, q]] = [place(u), place(v)];
  const value = (a: number, b: number) => heights[b * size + a] as number;
  return (
    (value(i, j) * (1 - p) + value(i + 1, j) * p) * (1 - q) +
    (value(i, j + 1) * (1 - p) + value(i + 1, j + 1) * p) * q
  );
}
