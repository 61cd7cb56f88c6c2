/** @file What the race found as a page for people, docs/performance.md, and as lines for the terminal. Pure. */
import { threeDigits } from '../report.ts';
import { allRows, OURS, type Outcome, type Result, type Row, rowsOf } from './results.ts';

type Cells = readonly string[];

function table(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** `2.31 ×`, and what is lost in bold. */
export function ratioText(ratio: number | undefined): string {
  if (ratio === undefined) return '';
  const written = `${threeDigits(ratio)} ×`;
  return ratio < 1 ? `**${written}**` : written;
}

/** One line for the terminal. */
export function lineOf({ work, unit, ours, peers, ratio }: Row): string {
  const theirs = Object.entries(peers).map(([name, value]) => `${name} ${threeDigits(value)}`);
  const lead = ratio === undefined ? '' : `   ${threeDigits(ratio)} × the best peer`;
  return `${work}\n    ${[`${OURS} ${threeDigits(ours)} ${unit}`, ...theirs].join('   ')}${lead}`;
}

function peersOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
}

function raceTable(rows: readonly Row[]): string {
  const peers = peersOf(rows);
  const units = new Set(rows.map(({ unit }) => unit));
  const [only] = units.size === 1 ? [...units] : [];
  const number = (x: number | undefined, unit: string) =>
    x === undefined ? '–' : only ? threeDigits(x) : `${threeDigits(x)} ${unit}`;
  return table(
    [only ? `${only}` : 'work', OURS, ...peers, ...peers.map((name) => `÷ ${name}`)],
    rows.map(({ work, unit, ours, peers: theirs, ratios }) => [
      work,
      number(ours, unit),
      ...peers.map((name) => number(theirs[name], unit)),
      ...peers.map((name) => ratioText(ratios[name])),
    ]),
  );
}

function countsTable(results: readonly Result[]): string {
  const counted = results.filter(({ entries }) => entries.some(({ counts }) => counts));
  const libraries = [...new Set(counted.flatMap(({ entries }) => entries.map(({ library }) => library)))];
  const short = (x: number) => String(Number(x.toFixed(2)));
  return table(
    ['a call takes', ...libraries],
    counted.map(({ work, entries }) => [
      work,
      ...libraries.map((library) => {
        const counts = entries.find((entry) => entry.library === library)?.counts;
        return counts ? `${short(counts.dispatches)}, ${short(counts.submits)}` : '–';
      }),
    ]),
  );
}

/** Where a peer is ahead, worst first. */
export function losses(outcome: Pick<Outcome, 'results'>): Row[] {
  return outcome.results
    .flatMap((result) => rowsOf(result).slice(0, 1))
    .filter(({ ratio }) => ratio !== undefined && ratio < 1)
    .sort((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0));
}

function lossesText(outcome: Outcome): string {
  const lost = losses(outcome);
  if (lost.length === 0) return 'No peer was ahead of tapegrad in any of these works.';
  const lines = lost.map(({ work, ratio, ratios }) => {
    const [name] = Object.entries(ratios).sort(([, a], [, b]) => a - b)[0] as [string, number];
    return `- ${work}: ${threeDigits(ratio ?? 0)} × ${name}`;
  });
  return ['In these works a peer was ahead:', '', ...lines].join('\n');
}

const SECTIONS: readonly {
  readonly group: Result['group'];
  readonly title: string;
  readonly text: string;
}[] = [
  {
    group: 'train',
    title: 'Training',
    text: 'One step: forward, backward and Adam on a net 256-128-64-10 with batches of 64 and cross-entropy. Eight batches in turns; the loss is read once in 100 steps.',
  },
  { group: 'matmul', title: 'Matrix products', text: 'float32. (k×m)ᵀ lies transposed in memory.' },
  {
    group: 'ops',
    title: 'Bound by memory',
    text: 'GB/s: each input read once and each output written once, whatever a library really moves.',
  },
  {
    group: 'conv',
    title: 'Convolution',
    text: 'Stride 1, padding "same". Images lie as each library likes them. ONNX Runtime has no gradients, TensorFlow.js no groups.',
  },
  {
    group: 'cpu',
    title: 'Without a GPU',
    text: 'The CPU device against the peers’ WebAssembly, in a page that is not cross-origin isolated, so without threads.',
  },
  {
    group: 'cold',
    title: 'Cold start',
    text: 'A fresh browser for each sample; in it the smallest program, bundled and minified, from the navigation until the result is on the host.',
  },
  {
    group: 'bundle',
    title: 'Size',
    text: 'Minified, by gzip. The first program is that of the cold training step (for ONNX Runtime, that of the product). ONNX Runtime is mostly WebAssembly, which counts.',
  },
  {
    group: 'memory',
    title: 'Memory',
    text: 'The peak over some training steps. What the work needs is its weights, gradients, two moments, the batch and every layer’s output; × says how many times as much was requested. MiB are GPU buffers as allocated, counted at WebGPU itself; a buffer that is left to the garbage collector counts as held.',
  },
];

/** Files of figures beside the results, by what they show. */
export type Figures = Readonly<Partial<Record<'matmul' | 'train' | 'roofline', string>>>;

const figure = (title: string, path: string | undefined) => (path ? [`![${title}](${path})`, ''] : []);

function chapter(outcome: Outcome, figures: Figures): string {
  const rows = allRows(outcome);
  const summaries = rows.filter(({ work }) => /^matmul, /.test(work));
  const { versions, software, adapter, browser, seed } = outcome;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = SECTIONS.flatMap(({ group, title, text }) => {
    const results = outcome.results.filter((result) => result.group === group);
    if (results.length === 0) return [];
    const own = results.flatMap(rowsOf);
    return [
      `### ${title}`,
      '',
      text,
      '',
      ...(group === 'matmul' ? figure('GFLOP/s over size', figures.matmul) : []),
      ...(group === 'train' ? figure('Training steps per second', figures.train) : []),
      raceTable(group === 'matmul' ? [...summaries, ...own] : own),
      '',
      ...(group === 'matmul' && figures.roofline
        ? [
            'Held against what the adapter does at best in bare shaders:',
            '',
            ...figure('Roofline', figures.roofline),
          ]
        : []),
    ];
  });
  return [
    `## ${adapter}`,
    '',
    ...(software
      ? [
          '**A software adapter: it is a few CPU threads in disguise, and says nothing about a real GPU.**',
          '',
        ]
      : []),
    `${browser}; ${named.join(', ')}. Seed ${seed}.`,
    '',
    lossesText(outcome),
    '',
    ...parts,
    '### Dispatches and submits',
    '',
    'Per call, at WebGPU’s own methods, while nothing is timed; the read at the end is shared out among up to ten calls.',
    '',
    countsTable(outcome.results),
    '',
  ].join('\n');
}

export interface Kept {
  readonly outcome: Outcome;
  readonly figures: Figures;
}

/** The whole page. */
export function performancePage(kept: readonly Kept[]): string {
  return `<!-- Written by \`npm run bench:report\`; change bench/peers/report.ts, not this file. -->
# Performance

tapegrad beside its peers: [jax-js](https://github.com/ekzhang/jax-js), [TensorFlow.js](https://github.com/tensorflow/tfjs)
(tfjs) and [ONNX Runtime Web](https://github.com/microsoft/onnxruntime) (ort). What is lost stands here like what is won; ratios
below 1 are bold. The samples behind every figure lie in \`bench/results/peers-*.json\`; \`npm run bench:peers\` makes them
anew.

- **The same work.** Every library gets the same numbers, on its device before the clock starts. A sample repeats the work until
  it lasts 60 ms, and ends when a few bytes of the last result have been read: the read is included.
- **Checked.** Each result is held against plain float64 loops before it is timed, and again after: products, sums and
  convolutions to 4 √terms ε Σ|terms|, copies and argmax exactly, softmax and layer norm to 10⁻⁴ relative, the losses of the
  first 24 training steps to 5·10⁻⁴. Whoever is wrong is not timed.
- **In turns.** All libraries run in one Chrome, each in a tab of its own, all warmed alike; round by round each takes one
  sample. Figures are medians, and ratios are those of the medians.
- **As their documentation advises.** jax-js: everything under \`jit\`, training in one \`jit\` with Adam as \`optax\` writes it.
  tfjs: production mode, \`tidy\`, fused dense layers, \`optimizer.minimize\`. ort: a model of one or two nodes, inputs and outputs
  bound to GPU buffers. tapegrad: the public names.

${kept.map(({ outcome, figures }) => chapter(outcome, figures)).join('\n')}`;
}
