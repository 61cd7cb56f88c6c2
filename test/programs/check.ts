// Whether a program gives what it should: float64 says the values, noisy runs the bounds, and the CPU in float64 and in
// float32 and WebGPU must lie within.
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import type { Device, Tensor, TypedArray } from '../../src/index.ts';
import { judge, type Sampled } from './bound.ts';
import { noisyDevice, WideDevice } from './noise.ts';
import { labels, listing, type Program, run, stepsOf, type Where } from './program.ts';

/** A place that programs are tried at. */
export interface Place extends Where {
  readonly name: string;
}

/** The places in this process: the CPU in float64 and in float32, and the device if it is another. */
export function placesWith(device: Device): Place[] {
  const cpu = device.kind === 'cpu' ? device : new CPUDevice();
  return [
    { name: 'CPU in float64', device: cpu, float: 'float64' },
    { name: 'CPU in float32', device: cpu, float: 'float32' },
    ...(device.kind === 'cpu' ? [] : [{ name: 'WebGPU', device, float: 'float32' as const }]),
  ];
}

type Results = readonly TypedArray[];

/**
 * Pairs of noisy runs: at first, and where a result seems wrong, twice, before that is said. Noise of a few runs may
 * happen to cancel where the errors do not, or to leave a choice among many as it was.
 */
export const PAIRS: readonly number[] = [1, 24, 120];

function taken(tensors: readonly Tensor[]): Results {
  return tensors.map((t) => {
    const values = t.dataSync();
    t.dispose();
    return values;
  });
}

/** What a program should give. */
export class Expectation {
  readonly #exact: Results;
  readonly #labels: readonly string[];
  /** Undefined once noise has led to an index out of range: then anything may come out. */
  #noisy: Results[] | undefined = [];
  #pairs = 0;

  constructor(
    private readonly program: Program,
    private readonly pairs: readonly number[],
  ) {
    this.#exact = taken(run(program, { device: new WideDevice(), float: 'float32' }));
    this.#labels = labels(program);
    this.#listen(pairs[0] ?? 1);
  }

  /** Runs the program with noise until there are so many pairs. */
  #listen(pairs: number): void {
    for (; this.#pairs < pairs; this.#pairs++)
      for (const sign of [1, -1] as const) {
        const device = noisyDevice({ seed: this.#pairs, sign });
        try {
          this.#noisy?.push(taken(run(this.program, { device, float: 'float32' })));
        } catch {
          this.#noisy = undefined;
        }
      }
  }

  #sampled(k: number, noisy: readonly Results[]): Sampled {
    return { exact: this.#exact[k] as TypedArray, noisy: noisy.map((run) => run[k] as TypedArray) };
  }

  #faults(name: string, values: Results): string[] {
    const noisy = this.#noisy;
    if (!noisy) return [];
    return values.flatMap((list, k) => {
      const { fault, wrong } = judge(list, this.#sampled(k, noisy));
      const more = wrong > 1 ? `, and ${wrong - 1} more` : '';
      return fault === undefined ? [] : [`${name}: ${this.#labels[k]} is wrong ${fault}${more}`];
    });
  }

  /** What is wrong with the results of a place. */
  faults(name: string, values: Results): string[] {
    let faults: string[] = [];
    for (const pairs of this.pairs) {
      this.#listen(pairs);
      faults = this.#faults(name, values);
      if (faults.length === 0) break;
    }
    return faults;
  }

  /** Results in all, and those of them that nearly anything would be right for. */
  get elements(): { readonly all: number; readonly loose: number } {
    const all = this.#exact.reduce((n, list) => n + list.length, 0);
    const noisy = this.#noisy;
    if (!noisy) return { all, loose: all };
    return {
      all,
      loose: this.#exact.reduce((n, list, k) => n + judge(list, this.#sampled(k, noisy)).loose, 0),
    };
  }
}

/** What is wrong at a place. */
export async function faultsAt(program: Program, expectation: Expectation, place: Place): Promise<string[]> {
  try {
    const tensors = run(program, place);
    try {
      return expectation.faults(place.name, await Promise.all(tensors.map((t) => t.data())));
    } finally {
      for (const t of tensors) t.dispose();
    }
  } catch (error) {
    return [`${place.name}: ${error}`];
  }
}

export interface Report {
  /** What is wrong, a line each. */
  readonly faults: readonly string[];
  readonly elements: number;
  readonly loose: number;
}

export async function check(program: Program, places: readonly Place[], pairs = PAIRS): Promise<Report> {
  const expectation = new Expectation(program, pairs);
  const faults: string[] = [];
  for (const place of places) faults.push(...(await faultsAt(program, expectation, place)));
  const { all, loose } = expectation.elements;
  return { faults, elements: all, loose };
}

/** The program as code with what is wrong, and where that is first to be seen. */
export async function explain(
  program: Program,
  faults: readonly string[],
  places: readonly Place[],
): Promise<string> {
  const steps = { ...program, results: stepsOf(program), losses: [], by: [], second: false };
  const [first] = (await check(steps, places)).faults;
  return [listing(program), ...faults, ...(first === undefined ? [] : [`first of its steps: ${first}`])].join(
    '\n',
  );
}
