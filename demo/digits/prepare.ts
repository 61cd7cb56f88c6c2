/**
 * @file What the net sees of a drawing: as the digits that it learned from were prepared, the ink is scaled until it fills
 * the picture along its longer side, its shape kept, and its centre of mass put into the middle. (MNIST's digits fill 20 of
 * 28 pixels, of which those 20 are kept.)
 */

export const SIDE = 16;

/** 256 numbers from 0 to 1 in, and out; a picture without ink stays as it is. */
export function prepare(picture: Float32Array): Float32Array<ArrayBuffer> {
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : (picture[y * SIDE + x] as number);
  let [left, right, top, bottom] = [SIDE, -1, SIDE, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const ink = at(x, y);
      if (ink === 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      mass += ink;
      massX += ink * (x + 0.5);
      massY += ink * (y + 0.5);
    }
  const out = new Float32Array(SIDE * SIDE);
  if (mass === 0) return out;
  const scale = Math.max(right - left + 1, bottom - top + 1) / SIDE; // source pixels for one of the result
  const [centreX, centreY] = [massX / mass, massY / mass];
  /** Between the four pixels around a point. */
  const between = (x: number, y: number): number => {
    const [i, j] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [u, v] = [x - 0.5 - i, y - 0.5 - j];
    const upper = at(i, j) * (1 - u) + at(i + 1, j) * u;
    const lower = at(i, j + 1) * (1 - u) + at(i + 1, j + 1) * u;
    return upper * (1 - v) + lower * v;
  };
  const SAMPLES = 3; // along each side of a pixel, where the drawing shrinks
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (let a = 0; a < SAMPLES; a++)
        for (let b = 0; b < SAMPLES; b++)
          sum += between(
            centreX + (x + (a + 0.5) / SAMPLES - SIDE / 2) * scale,
            centreY + (y + (b + 0.5) / SAMPLES - SIDE / 2) * scale,
          );
      out[y * SIDE + x] = Math.min(1, sum / SAMPLES ** 2);
    }
  return out;
}
