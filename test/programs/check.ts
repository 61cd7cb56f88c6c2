// Whether a program gives what it should: float64 says the values, noisy runs the bounds, and the CPU in float64 and in
// float32 and WebGPU must lie within.
import { CPUDevice } from '../../src/device/cpu/cpu.ts';
import { type Device, IndexError, memory, type Tensor, type TypedArray } from '../../src/index.ts';
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

interface Result {
  readonly values: TypedArray;
  /** Dtype and shape. */
  readonly form: string;
}
type Results = readonly Result[];

const formOf = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(', ')}]`;

/**
 * Pairs of noisy runs: at first, and where a result seems wrong, three times, before that is said. Noise of a few runs may
 * happen to cancel where the errors do not, or to leave a choice among many as it was.
 */
export const PAIRS: readonly number[] = [1, 4, 24, 120];

function taken(tensors: readonly Tensor[]): Results {
  return tensors.map((t) => {
    const result = { values: t.dataSync(), form: formOf(t) };
    t.dispose();
    return result;
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
        } catch (error) {
          if (!(error instanceof IndexError)) throw error;
          this.#noisy = undefined;
        }
      }
  }

  #sampled(k: number, noisy: readonly Results[]): Sampled {
    const values = (run: Results) => (run[k] as Result).values;
    return { exact: values(this.#exact), noisy: noisy.map(values) };
  }

  #faults({ name, float }: Place, results: Results): string[] {
    const noisy = this.#noisy;
    if (!noisy) return [];
    return results.flatMap(({ values, form }, k) => {
      const [label, wanted] = [this.#labels[k], (this.#exact[k] as Result).form];
      // whole numbers become float32 on a device that has float64 too
      if (form !== wanted && !(float === 'float64' && form === wanted.replace('float32', float)))
        return [`${name}: ${label} is ${form}, not ${wanted}`];
      const { fault, wrong } = judge(values, this.#sampled(k, noisy));
      const more = wrong > 1 ? `, and ${wrong - 1} more` : '';
      return fault === undefined ? [] : [`${name}: ${label} is wrong ${fault}${more}`];
    });
  }

  /** What is wrong at a place, be it memory that is left over. */
  async faults(place: Place): Promise<string[]> {
    const before = memory();
    let results: Results;
    try {
      results = await resultsAt(this.program, place);
    } catch (error) {
      if (error instanceof IndexError) this.#listen(Math.max(...this.pairs));
      return this.#noisy ? [`${place.name}: ${error}`] : [];
    }
    const after = memory(); // less is what others left to the collector
    if (after.tensors > before.tensors || after.bytes > before.bytes)
      return [
        `${place.name}: leaves ${after.tensors - before.tensors} tensors, ${after.bytes - before.bytes} bytes`,
      ];
    let faults: string[] = [];
    for (const pairs of this.pairs) {
      this.#listen(pairs);
      faults = this.#faults(place, results);
      if (faults.length === 0) break;
    }
    return faults;
  }

  /** Results in all, and those of them that nearly anything would be right for. */
  get elements(): { readonly all: number; readonly loose: number } {
    const all = this.#exact.reduce((n, { values }) => n + values.length, 0);
    const noisy = this.#noisy;
    if (!noisy) return { all, loose: all };
    return {
      all,
      loose: this.#exact.reduce((n, list, k) => n + judge(list.values, this.#sampled(k, noisy)).loose, 0),
    };
  }
}

/** All of them are on their way before the first is read: waiting for a GPU takes long. */
async function resultsAt(program: Program, place: Place): Promise<Results> {
  const tensors = run(program, { ...place, checkpoint: program.checkpoint });
  try {
    const lists = await Promise.all(tensors.map((t) => t.data()));
    return lists.map((values, k) => ({ values, form: formOf(tensors[k] as Tensor) }));
  } finally {
    for (const t of tensors) t.dispose();
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
  for (const place of places) faults.push(...(await expectation.faults(place)));
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
