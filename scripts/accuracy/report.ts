/** @file docs/accuracy.md out of what was measured on each device. Pure. */
import { C_SUMS, LIMIT, POINTS, unaryNames, unaryOps } from '../../test/accuracy/ops.ts';
import type { UnaryName } from '../../test/accuracy/reference.ts';
import type { Adapter, Found } from './found.ts';

/** What was measured on one device, as it is kept. */
export interface Survey {
  readonly adapter: Adapter;
  readonly points: number;
  readonly ops: Readonly<Partial<Record<UnaryName, Found>>>;
}

/** Ops that are another one's option. */
const CALLS: Readonly<Partial<Record<UnaryName, string>>> = { geluTanh: 'gelu({ approximate: true })' };

const title = ({ kind, name, software }: Adapter): string =>
  kind === 'cpu' ? 'CPU' : `WebGPU, ${name}${software ? ' (software)' : ''}`;

/** `1.41`, rounded up. */
export function ulpText(found: Found | undefined): string {
  if (!found) return '';
  const ulp = Number(found.ulp);
  if (ulp === 0) return 'exact';
  return ulp < Infinity ? (Math.ceil(ulp * 100 - 1e-6) / 100).toFixed(2) : 'wrong';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** The CPU first, then by name. */
export function bySurvey(a: Survey, b: Survey): number {
  const rank = ({ adapter }: Survey): number => (adapter.kind === 'cpu' ? 0 : 1);
  return rank(a) - rank(b) || (a.adapter.name < b.adapter.name ? -1 : 1);
}

export function accuracyPage(kept: readonly Survey[]): string {
  const surveys = [...kept].sort(bySurvey);
  const bound = (ulp: number): string => (ulp === 0 ? 'exact' : String(ulp));
  const rows = unaryNames.map((name) => [
    `\`${CALLS[name] ?? name}\``,
    ...surveys.map(({ ops }) => ulpText(ops[name])),
    `${bound(unaryOps[name].cpu)}, ${bound(unaryOps[name].webgpu)}`,
  ]);
  const heads = ['operation', ...surveys.map(({ adapter }) => title(adapter)), 'bounds: CPU, WebGPU'];
  return `<!-- Written by \`npm run docs:accuracy\`; change scripts/accuracy/report.ts, not this file. -->
# Accuracy

How far float32 results are from the true ones, measured in *units in the last place* (ULP): the distance between
neighbouring float32 numbers at the true result. A result rounded once is off by 0.5 at most; *exact* means that
every result is the right one.

## Unary operations

The largest error over ${POINTS.toLocaleString('en-US')} inputs each. Of these, 30 % share all exponents and both signs equally, 20 % are log-uniform
in [2⁻³⁰, 2¹⁴], 30 % uniform where most of the function happens, and 20 % lie beside its kinks, poles, zeros
and edges (for the trigonometric functions 3,000 multiples of π/2, up to the largest numbers).

${table(heads, rows)}

- The true result is computed in float64 by formulas of their own (\`test/accuracy/reference.ts\`), which are held
  against mpmath in 60 digits.
- The aim is ${LIMIT.cpu} ULP on the CPU and ${LIMIT.webgpu} on WebGPU. The tests hold every op below its own bound in the last column, on
  WebGPU that for arithmetic that rounds to nearest, as SwiftShader's does; other GPUs are held to ${LIMIT.webgpu}.
- A million inputs find almost the largest error. The bounds leave room for what \`npm run verify\` finds among all
  numbers of the octaves where an op is worst.
- WGSL lets a GPU flush numbers below 2⁻¹²⁶ to 0, as inputs and as results; on WebGPU that does not count. The CPU
  keeps them, and they count there.
- WGSL lets a GPU be off by 2.5 ULP in a division and about as much in a root, where SwiftShader rounds to nearest:
  functions that divide may be a little worse on a real GPU.
- \`leakyRelu\` and \`elu\` have their standard number, which is a float32 (0.2 is 0.200000003).
- sin, cos and tan reduce their argument exactly: they are as right at 10³⁰ as at 1.

## Sums

Matrix products and the reductions \`sum\`, \`mean\`, \`prod\`, \`var\` and \`logSumExp\` are held to

|error| ≤ ${C_SUMS === 1 ? '' : `${C_SUMS}·`}√K·ε·Σ|terms|

for each element, K being the number of terms and ε = 2⁻²³, for terms of either sign and for positive ones, K from 1 to 300,000.
On the CPU reductions add in float64 and round once, and so do small matrix products; larger ones add up to 256 terms in
float32, then those sums. On WebGPU some orders of summation add long runs one by one. Where all terms are alike
(say, all 0.1), every rounding goes the same way, and only the bound of any summation holds: K·ε/2·Σ|terms|.

## Every number there is

\`npm run verify -- --op tanh\` tries all 2³² float32 numbers on WebGPU in Chrome (\`--backend dawn\` in Node,
\`--backend cpu\`), can be stopped and goes on where it was; \`--share 1/64\` tries a part.

To add a column for another GPU: \`npm run docs:accuracy -- --backend webgpu\` on a machine that has it.
`;
}

/** Whether the table of the page lacks an op, or has one that is no more. */
export function isComplete({ ops, points }: Survey): boolean {
  return points === POINTS && Object.keys(ops).sort().join() === Object.keys(unaryOps).sort().join();
}
