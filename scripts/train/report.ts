/**
 * @file What the training says in the terminal: progress, confusion matrix, misread digits, the closing
 * lines. Pure functions from numbers to text, so that they can be tested and looked at without training.
 */

export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done and to do in this epoch. */
  readonly step: number;
  readonly steps: number;
  /** Means since the epoch began, and its speed. */
  readonly loss: number;
  readonly accuracy: number;
  readonly stepsPerSecond: number;
  /** Until the end of the last epoch. */
  readonly secondsLeft: number;
}

/** How the text may look: its width, and whether colours are understood. */
export interface Look {
  readonly columns: number;
  readonly color: boolean;
}

const codes = { bold: 1, dim: 2, green: 32, yellow: 33, cyan: 36, red: 31 };

/** The text in a colour, if colours are wanted. */
export function paint(text: string, style: keyof typeof codes, look: Look): string {
  return look.color ? `\x1b[${codes[style]}m${text}\x1b[0m` : text;
}

export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`;
}

/** 4.2 s, 42 s, 1 min 05 s. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** 215 steps/s, 8.0 steps/s. */
export const speed = (stepsPerSecond: number): string =>
  `${stepsPerSecond.toFixed(stepsPerSecond >= 99.5 ? 0 : 1)} steps/s`;

const facts = (p: Progress): string =>
  `loss ${p.loss.toFixed(4)}  accuracy ${percent(p.accuracy)}  ${speed(p.stepsPerSecond)}`;

/** A bar of `width` columns, drawn in halves of a column. */
export function bar(fraction: number, width: number, look: Look): string {
  const halves = Math.round(Math.min(Math.max(fraction, 0), 1) * width * 2);
  const done = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return paint(done, 'green', look) + paint('─'.repeat(width - done.length), 'dim', look);
}

/** The line that is drawn over again while an epoch runs; it never wraps, and does without what has no room. */
export function progressLine(p: Progress, look: Look): string {
  const head = `epoch ${p.epoch}/${p.epochs}  `;
  const tail = `  ${facts(p)}  ${duration(p.secondsLeft)} left`;
  const count = `  ${String(p.step).padStart(String(p.steps).length)}/${p.steps}`;
  const room = look.columns - 1 - head.length - tail.length;
  // In fives, so that the bar does not jump whenever a number takes a digit less.
  const fives = (columns: number) => Math.min(30, columns - (columns % 5));
  if (room >= 10 + count.length)
    return head + bar(p.step / p.steps, fives(room - count.length), look) + count + tail;
  if (room >= 5) return head + bar(p.step / p.steps, fives(room), look) + tail;
  return (head + tail.trimStart()).slice(0, look.columns - 1);
}

/** The line that stays when an epoch is over. */
export function epochLine(p: Progress, seconds: number): string {
  const left = p.epoch < p.epochs ? `  ${duration(p.secondsLeft)} left` : '';
  return `epoch ${p.epoch}/${p.epochs}  ${facts(p)}  in ${duration(seconds)}${left}`;
}

/** matrix[is][read]: how often each digit was read as which. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes = 10,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[labels[i] as number] as number[];
    const read = predictions[i] as number;
    row[read] = (row[read] as number) + 1;
  }
  return matrix;
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** The matrix as a table with totals; the diagonal is what was read right. */
export function confusionTable(matrix: readonly (readonly number[])[], look: Look): string {
  const columns = matrix.map((_, read) => sum(matrix.map((row) => row[read] as number)));
  const total = sum(columns);
  const right = sum(matrix.map((row, is) => row[is] as number));
  const width = Math.max(4, String(Math.max(...columns)).length) + 1;
  const last = Math.max(5, String(total).length) + 2;
  const cells = (list: readonly (number | string)[]) => list.map((n) => String(n).padStart(width)).join('');
  const share = (part: number, of: number) =>
    (of > 0 ? `${((100 * part) / of).toFixed(1)} %` : '').padStart(9);
  const lines = [
    `${' '.repeat(4)}read as`,
    paint(
      `  is${cells(matrix.map((_, digit) => digit))}${'total'.padStart(last)}${'right'.padStart(9)}`,
      'bold',
      look,
    ),
  ];
  matrix.forEach((row, is) => {
    const painted = row.map((n, read) => {
      const cell = (n === 0 ? '·' : String(n)).padStart(width);
      return paint(cell, read === is ? 'green' : n === 0 ? 'dim' : 'yellow', look);
    });
    const all = sum(row);
    lines.push(
      paint(String(is).padStart(4), 'bold', look) +
        painted.join('') +
        String(all).padStart(last) +
        share(row[is] as number, all),
    );
  });
  lines.push(`${' '.repeat(4)}${cells(columns)}${String(total).padStart(last)}${share(right, total)}`);
  return lines.join('\n');
}

const GAP = 3;

/** One digit of so many pixels a side: two rows a line, the upper and the lower half of a character. */
export function drawDigit(pixels: ArrayLike<number>, side: number, look: Look): string[] {
  const grey = (v: number) => 232 + Math.round((v / 255) * 23);
  return Array.from({ length: side / 2 }, (_, line) => {
    let text = '';
    for (let x = 0; x < side; x++) {
      const upper = pixels[2 * line * side + x] as number;
      const lower = pixels[(2 * line + 1) * side + x] as number;
      if (look.color) text += `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
      else text += [' ', '▄', '▀', '█'][(upper >= 96 ? 2 : 0) + (lower >= 96 ? 1 : 0)];
    }
    return look.color ? `${text}\x1b[0m` : text;
  });
}

/** As many of the misread digits side by side as fit, six at most, each with what it is and was read as. */
export function misreadDigits(
  images: Uint8Array,
  side: number,
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  look: Look,
): string {
  const room = Math.max(1, Math.min(6, Math.floor((look.columns - 2 + GAP) / (side + GAP))));
  const shown: number[] = [];
  for (let i = 0; i < labels.length && shown.length < room; i++)
    if (labels[i] !== predictions[i]) shown.push(i);
  const drawings = shown.map((i) =>
    drawDigit(images.subarray(i * side * side, (i + 1) * side * side), side, look),
  );
  const gap = ' '.repeat(GAP);
  const lines = Array.from({ length: side / 2 }, (_, line) => `  ${drawings.map((d) => d[line]).join(gap)}`);
  const captions = shown.map((i) => `read ${predictions[i]}, is ${labels[i]}`.padEnd(side));
  return [...lines, `  ${captions.join(gap)}`].map((line) => line.trimEnd()).join('\n');
}
