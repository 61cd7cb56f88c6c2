// What random programs are made of: that they hold every operation, read as code, and tell right from wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import { judge } from '../programs/bound.ts';
import { Expectation, placesWith } from '../programs/check.ts';
import { Genes } from '../programs/draw.ts';
import { allMutants, type Mutant, mutantDevice } from '../programs/mutants.ts';
import { rules } from '../programs/ops.ts';
import { listing, type Program, type ProgramOp, refsOf, run } from '../programs/program.ts';
import { genomes, programOf, tryPrograms } from '../programs/trials.ts';
import { generator } from '../samples/inputs.ts';

const PATIENCE = 120_000; // where other work slows it down

const drawn = (count: number, seed: number): Program[] =>
  fc.sample(genomes, { numRuns: count, seed }).map(programOf);

/** x0.exp().sum(), in float32. */
const small: Program = {
  lines: [
    { kind: 'float', shape: [2, 1], to: [2, 3], values: [0.5, -2], lay: 'strided' },
    { op: 'exp', args: [{ ref: 0 }] },
    { op: 'sum', args: [{ ref: 1 }, [0, -1], { keepdims: true }] },
    { op: 'topk', args: [{ ref: 1 }, 1], part: 'indices' },
    { op: 'where', args: [{ ref: 3 }, { ref: 2 }, -0] },
  ],
  results: [4],
  losses: [{ line: 4, finite: true }],
  by: [0],
  second: true,
  checkpoint: false,
};

describe('a program', () => {
  it('reads as code', () => {
    expect(listing(small).split('\n')).toEqual([
      'const x0 = tensor([0.5, -2], { shape: [2, 1] }).broadcastTo([2, 3]); // strided',
      'const t1 = x0.exp();',
      'const t2 = t1.sum([0, -1], { keepdims: true });',
      'const t3 = t1.topk(1).indices;',
      'const t4 = where(t3, t2, -0);',
    ]);
  });

  it('gives its results, then its gradients', () => {
    const tensors = run(small, { device: new CPUDevice(), float: 'float64' });
    expect(tensors.map((t) => t.shape)).toEqual([
      [2, 1],
      [2, 3],
      [2, 3],
    ]);
    for (const t of tensors) t.dispose();
  });

  it('has the same gradients by checkpoint', () => {
    const where = { device: new CPUDevice(), float: 'float64' } as const;
    const values = (checkpoint: boolean) =>
      run(small, { ...where, checkpoint }).map((t) => {
        const list = [...t.dataSync()];
        t.dispose();
        return list;
      });
    expect(values(true)).toEqual(values(false));
  });

  it('has 3 to 12 operations, each of which is needed or a result', () => {
    for (const { lines, results } of drawn(200, 1)) {
      const steps = lines.filter((line) => 'op' in line);
      expect(steps.length).toBeGreaterThanOrEqual(3);
      expect(steps.length).toBeLessThanOrEqual(12);
      const used = new Set(steps.flatMap((step) => step.args.flatMap(refsOf)));
      lines.forEach((_, k) => {
        expect(used.has(k)).toBe(!results.includes(k));
      });
    }
  });

  it('is any of all operations, in every layout and dtype', { timeout: PATIENCE }, () => {
    const lines = drawn(1000, 2).flatMap((program) => program.lines);
    const ops = new Set(lines.flatMap((line) => ('op' in line ? [line.op] : [])));
    expect((Object.keys(rules) as ProgramOp[]).filter((op) => !ops.has(op))).toEqual([]);
    const leaves = lines.flatMap((line) => ('op' in line ? [] : [line]));
    expect(new Set(leaves.map((leaf) => leaf.lay)).size).toBe(3);
    expect(new Set(leaves.map((leaf) => leaf.kind)).size).toBe(4);
    expect(leaves.some((leaf) => leaf.to !== undefined)).toBe(true);
    expect(leaves.some((leaf) => leaf.shape.includes(0))).toBe(true);
  });

  it('is the same for the same genes', () => {
    const [a, b] = [drawn(20, 3), drawn(20, 3)];
    expect(a.map(listing)).toEqual(b.map(listing));
  });
});

describe('genes', () => {
  it('are read over and over, and 0 stays 0', () => {
    const genes = new Genes([0, 5]);
    expect([genes.next(4), genes.next(4), genes.next(4)]).toEqual([0, 1, 0]);
    expect(genes.next(4)).not.toBe(1);
    expect(new Genes([]).next(7)).toBe(0);
  });
});

describe('a bound', () => {
  const sampled = { exact: [1, 1, 0], noisy: [[1 + 1e-6, 1, 0], [1 - 1e-6, 1, 0]] }; // biome-ignore format: rows

  it('lets a rounding pass, and nothing where the noise does nothing', () => {
    expect(judge([1 + 1.9e-6, 1, 0], sampled).fault).toBe(undefined);
    expect(judge([1 + 2.1e-6, 1, 0], sampled)).toMatchObject({ wrong: 1, loose: 0 });
    expect(judge([1, 1 + 1e-7, 1e-9], sampled)).toMatchObject({ wrong: 2 });
    expect(judge([1, Number.NaN, 0], sampled).wrong).toBe(1);
    expect(judge([1, 1], sampled).fault).toContain('2 elements, not 3');
  });

  it('holds NaN and infinities to be equal, unless the noise reaches them', () => {
    const special = { exact: [Number.NaN, Infinity, 3e38], noisy: [[Number.NaN, Infinity, Infinity]] };
    expect(judge([Number.NaN, Infinity, Infinity], special)).toMatchObject({ wrong: 0, loose: 1 });
    expect(judge([0, -Infinity, 3e38], special).wrong).toBe(2);
  });
});

describe('a check', () => {
  it('finds no fault with the CPU', { timeout: PATIENCE }, async () => {
    const { tally, failure } = await tryPrograms(
      { seed: 9, count: 100, backend: 'cpu' },
      placesWith(new CPUDevice()),
    );
    expect(failure).toBe(undefined);
    expect(tally.programs).toBe(100);
  });

  it('tells of a mistake, made small, and how to see it again', { timeout: PATIENCE }, async () => {
    const { device } = mutantDevice({ op: 'tanh', mistake: 'scaled' });
    const places = [{ name: 'mutant', device, float: 'float32' as const }];
    const trials = { seed: 10, count: 200, backend: 'cpu', pairs: [1, 4] };
    const { failure = '' } = await tryPrograms(trials, places);
    expect(failure).toMatch(/^const t\d+ = [xt]\d+\.tanh\(\);$/m);
    expect(failure).toMatch(/first of its steps: mutant: t\d+ is wrong at \d+: got/);
    const path = /--programs 1 --seed 10 --path ([\d:]+) --backend cpu$/.exec(failure)?.[1];
    const again = await tryPrograms({ ...trials, path }, places);
    expect(again.failure?.split('\n').slice(1)).toEqual(failure.split('\n').slice(1));
    expect(again.tally.programs).toBe(1);
  });

  // The others are no mistakes for the program at hand: a scaled operand of a comparison, a gradient that is 0.
  it('finds most mistakes', { timeout: PATIENCE }, async () => {
    const random = generator(4);
    const mutants = allMutants();
    const score = new Map<string, { found: number; all: number }>();
    for (const program of drawn(60, 5)) {
      const expectation = new Expectation(program, [1, 4]);
      for (const mutant of occurring(program, mutants).filter(() => random() < 0.25)) {
        const { device, changed } = mutantDevice(mutant);
        const faults = await expectation.faults({ name: 'mutant', device, float: 'float32' });
        if (!changed()) continue;
        const { found, all } = score.get(mutant.mistake) ?? { found: 0, all: 0 };
        score.set(mutant.mistake, { found: found + Number(faults.length > 0), all: all + 1 });
      }
    }
    expect(score.size).toBe(5);
    for (const [mistake, { found, all }] of score) {
      expect(all, mistake).toBeGreaterThan(20);
      expect(found / all, mistake).toBeGreaterThan(0.75);
    }
  });
});

/** Mistakes in rows of which the program has a step. */
function occurring({ lines }: Program, mutants: readonly Mutant[]): Mutant[] {
  const ops: ReadonlySet<string> = new Set(lines.flatMap((line) => ('op' in line ? [line.op] : [])));
  return mutants.filter(({ op }) => ops.has(op));
}
