/** @file Pictures of 16 × 16 numbers on small canvases. */

type Paint = (value: number) => readonly [number, number, number];

/** Paints rows of numbers, a pixel each, into the canvas at a place. */
function paint(
  context: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  side: number,
  colour: Paint,
  [x, y]: readonly [number, number] = [0, 0],
): void {
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const [r, g, b] = colour(values[i] as number);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, x, y);
}

const dark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;

const mix = (from: number, to: number, part: number): number => Math.round(from + (to - from) * part);

/** Ink on paper, in either theme. */
export function paintInk(canvas: HTMLCanvasElement, values: ArrayLike<number>): void {
  const [paper, ink] = dark() ? [28, 236] : [255, 29];
  paint(canvas.getContext('2d') as CanvasRenderingContext2D, values, 16, (v) => {
    const grey = mix(paper, ink, Math.min(1, Math.max(0, v)));
    return [grey, grey, grey];
  });
}

/** Blue above zero, orange below, the largest in full colour. */
const signed =
  (largest: number): Paint =>
  (v) => {
    const part = largest > 0 ? Math.min(1, Math.abs(v) / largest) : 0;
    const base = dark() ? [28, 31, 37] : [255, 255, 255];
    const full =
      v > 0 ? (dark() ? [127, 176, 255] : [29, 95, 209]) : dark() ? [255, 171, 102] : [180, 84, 10];
    return base.map((from, k) => mix(from, full[k] as number, part)) as [number, number, number];
  };

/** The columns of [256, units] as pictures side by side; gives the largest size of a weight. */
export function paintWeights(canvas: HTMLCanvasElement, weights: Float32Array, units: number): number {
  const across = Math.min(units, 16);
  const GAP = 2;
  canvas.width = across * (16 + GAP) - GAP;
  canvas.height = Math.ceil(units / across) * (16 + GAP) - GAP;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const column = new Float32Array(256);
  for (let unit = 0; unit < units; unit++) {
    for (let p = 0; p < 256; p++) column[p] = weights[p * units + unit] as number;
    const at = [(unit % across) * (16 + GAP), Math.floor(unit / across) * (16 + GAP)] as const;
    paint(context, column, 16, signed(largest), at);
  }
  return largest;
}
