/** @file `npm run bench:report`: docs/performance.md and its plots, out of the results that are kept for each adapter. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { matmulFigure, rooflineFigure, trainingFigure } from '../bench/peers/figures.ts';
import { type Kept, performancePage } from '../bench/peers/report.ts';
import type { Outcome } from '../bench/peers/results.ts';
import { say } from './command.ts';
import { root } from './source-server.ts';

const PAGE = 'docs/performance.md';

function write(path: string, text: string): void {
  const file = join(root, path);
  writeFileSync(file, text);
  say(`written: ${relative(process.cwd(), file)}`);
}

/** Draws what the outcome has results for. */
function withFigures(path: string): Kept {
  const outcome = JSON.parse(readFileSync(join(root, path), 'utf8')) as Outcome;
  const has = (group: string) => outcome.results.some((result) => result.group === group);
  const figures: Record<string, string> = {};
  const draw = (name: string, svg: string) => {
    const file = path.replace(/\.json$/, `-${name}.svg`);
    write(file, svg);
    figures[name] = `../${file}`;
  };
  if (has('train')) draw('train', trainingFigure(outcome));
  if (has('matmul')) draw('matmul', matmulFigure(outcome));
  if (has('matmul') && outcome.roofs) draw('roofline', rooflineFigure(outcome));
  return { outcome, figures };
}

const kept = globSync('bench/results/peers-*.json', { cwd: root }).sort();
if (kept.length === 0) {
  process.stderr.write('There are no results in bench/results: run npm run bench:peers -- --save first.\n');
  process.exitCode = 1;
} else write(PAGE, performancePage(kept.map(withFigures)));
