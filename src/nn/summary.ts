/** @file `model.summary()` as Keras prints it. */
import type { Shape } from '../core/shape.ts';
import { thousands } from '../core/text.ts';
import type { Sequential } from './model.ts';

const HEAD = ['Layer (type)', 'Output Shape', 'Param #'] as const;
const WIDTHS = [31, 22, 13] as const;

const shown = (shape: Shape): string => `(${['None', ...shape].join(', ')}${shape.length === 0 ? ',' : ''})`;

/** 108.00 B, 1.23 KB, ...: float32 takes four bytes. */
function inBytes(count: number): string {
  let [value, unit] = [4 * count, 'B'];
  for (const next of ['KB', 'MB', 'GB', 'TB']) {
    if (value < 1024) break;
    [value, unit] = [value / 1024, next];
  }
  return `${value.toFixed(2)} ${unit}`;
}

const total = (what: string, count: number): string => ` ${what}: ${thousands(count)} (${inBytes(count)})`;

const sizeOf = (weights: readonly { readonly size: number }[]): number =>
  weights.reduce((sum, { size }) => sum + size, 0);

export function summaryOf(model: Sequential): string {
  const built = model.built;
  const rows = model.chain.entries.map(({ name, layer }, k): [string, string, string] => [
    `${name} (${layer.type ?? 'custom'})`,
    built ? shown(model.outputShapes[k] as Shape) : '?',
    built ? thousands(sizeOf(model.weightsOf(name))) : '0 (unbuilt)',
  ]);
  const widths = HEAD.map((head, c) =>
    Math.max(WIDTHS[c] as number, head.length, ...rows.map((row) => (row[c] as string).length)),
  );
  const pad = (text: string, c: number) =>
    c === 2 ? text.padStart(widths[c] as number) : text.padEnd(widths[c] as number);
  const line = (left: string, between: string, right: string, dash: string) =>
    left + widths.map((w) => dash.repeat(w + 2)).join(between) + right;
  const cells = (row: readonly string[], wall: string) => `${wall} ${row.map(pad).join(` ${wall} `)} ${wall}`;
  const body = rows.map((row) => cells(row, '│')).join(`\n${line('├', '┼', '┤', '─')}\n`);
  const all = built ? sizeOf(model.weights) : 0;
  const trained = built ? sizeOf(model.trainableWeights) : 0;
  const optimizer = model.compiled ? model.optimizer : undefined;
  const kept = optimizer && optimizer.iterations > 0 ? optimizer.size : 0; // as Keras, once it has something to keep
  return [
    `Model: "${model.name}"`,
    line('┏', '┳', '┓', '━'),
    cells(HEAD, '┃'),
    line('┡', '╇', '┩', '━'),
    ...(rows.length > 0 ? [body] : []),
    line('└', '┴', '┘', '─'),
    total('Total params', all + kept),
    total('Trainable params', trained),
    total('Non-trainable params', all - trained),
    ...(kept > 0 ? [total('Optimizer params', kept)] : []),
  ].join('\n');
}
