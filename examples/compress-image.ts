/**
 * @file A picture compressed by the singular value decomposition: of all matrices of rank k, the first k terms of it are the
 * nearest to the picture (Eckart and Young 1936). docs/linear-algebra.md shows the result.
 */
import { linalg, type Tensor } from 'tapegrad';

export interface Compressed {
  readonly rank: number;
  /** The share of the picture's numbers that is kept: k columns of U, k rows of Vh, k singular values. */
  readonly share: number;
  readonly picture: Tensor;
  /** ‖picture − compressed‖ / ‖picture‖, as it is. */
  readonly error: number;
  /** The least that it can be with this rank: √(Σ s²) over the singular values that are left out. */
  readonly bound: number;
}

/** The picture [m, n] with each of the ranks. */
export async function compress(picture: Tensor, ranks: readonly number[]): Promise<Compressed[]> {
  const { U, S, Vh } = linalg.svd(picture);
  const [m, n] = picture.shape as [number, number];
  const whole = await linalg.norm(picture).item();
  return Promise.all(
    ranks.map(async (k) => {
      const nearest = U.slice(null, [0, k])
        .mul(S.slice([0, k]))
        .matmul(Vh.slice([0, k]));
      const error = await linalg.norm(picture.sub(nearest)).item();
      const bound = await linalg.norm(S.slice([k, null])).item();
      const share = (k * (m + n + 1)) / (m * n);
      return { rank: k, share, picture: nearest, error: error / whole, bound: bound / whole };
    }),
  );
}

/** Three balls on a chequered floor, in grey from 0 to 1: a picture without a camera. */
export function scene(height: number, width: number): number[][] {
  const balls = [
    { x: -1.1, y: 0.1, z: 3.6, r: 1 },
    { x: 0.9, y: -0.35, z: 2.6, r: 0.55 },
    { x: 1.6, y: 0.25, z: 4.6, r: 1.15 },
  ];
  const [lx, ly, lz] = [-0.55, 0.7, -0.45]; // towards the light
  const inShadow = (x: number, y: number, z: number) =>
    balls.some((b) => {
      const along = (b.x - x) * lx + (b.y - y) * ly + (b.z - z) * lz;
      return along > 0 && Math.hypot(x + along * lx - b.x, y + along * ly - b.y, z + along * lz - b.z) < b.r;
    });
  const shade = (dx: number, dy: number, dz: number): number => {
    let nearest = Infinity;
    let light = 0.55 + 0.4 * Math.max(dy, 0);
    if (dy < 0) {
      nearest = -0.9 / dy;
      const [x, z] = [dx * nearest, dz * nearest];
      const tile = (Math.floor(x * 1.2) + Math.floor(z * 1.2)) % 2 === 0 ? 0.85 : 0.35;
      const fog = Math.exp(-nearest / 14);
      light = fog * tile * (inShadow(x, -0.9, z) ? 0.4 : 1) + (1 - fog) * 0.55;
    }
    for (const b of balls) {
      const along = dx * b.x + dy * b.y + dz * b.z;
      const inside = along * along - (b.x ** 2 + b.y ** 2 + b.z ** 2) + b.r * b.r;
      const t = along - Math.sqrt(inside);
      if (!(inside > 0 && t > 0 && t < nearest)) continue;
      nearest = t;
      const normal = [(dx * t - b.x) / b.r, (dy * t - b.y) / b.r, (dz * t - b.z) / b.r] as const;
      const facing = Math.max(0, normal[0] * lx + normal[1] * ly + normal[2] * lz);
      light = 0.12 + 0.7 * facing + 0.6 * facing ** 40;
    }
    return Math.min(light, 1);
  };
  return Array.from({ length: height }, (_, i) =>
    Array.from({ length: width }, (_, j) => {
      const [dx, dy, dz] = [(j + 0.5 - width / 2) / height, (height / 2 - i - 0.5) / height, 0.9];
      const length = Math.hypot(dx, dy, dz);
      return shade(dx / length, dy / length, dz / length);
    }),
  );
}
