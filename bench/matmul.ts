/**
 * @file The benchmark: matrix products on WebGPU and on the CPU device, by the public names of the engine only.
 * Each product is checked on both devices before it is timed, and the last product that was timed once more.
 */
import { type Device, init, memory, type Tensor, tensor } from '../src/index.ts';
import {
  type Expected,
  expectedProduct,
  objection,
  operations,
  type Product,
  productName,
  randomValues,
  uniforms,
} from './products.ts';
import type { BenchEvent, Outcome, Rate, Row } from './report.ts';
import { interleave, moreRepetitions, roundsWithin, summarize } from './statistics.ts';

export interface BenchSettings {
  readonly products: readonly Product[];
  /** Rounds of samples at most. */
  readonly rounds: number;
  readonly seed: number;
}

/** A sample lasts at least this long, in seconds, so that the clock and the wait for the GPU weigh little. */
const SAMPLE_SECONDS = { webgpu: 0.05, cpu: 0.02 };
const MOST_REPETITIONS = 1_000_000;
const LEAST_ROUNDS = 3;
/** Seconds for the rounds of one product; slow ones get fewer rounds. */
const BUDGET = 6;

/** One product on one device. */
class Contender {
  repetitions = 1;
  #last: Tensor | undefined;

  constructor(
    readonly device: Device,
    readonly a: Tensor,
    readonly b: Tensor,
  ) {}

  /** Multiplies `repetitions` times and waits until all are done; in seconds. */
  async time(): Promise<number> {
    const start = performance.now();
    for (let i = 0; i < this.repetitions; i++) {
      this.#last?.dispose();
      this.#last = this.a.matmul(this.b);
    }
    await this.device.flush();
    return (performance.now() - start) / 1000;
  }

  /**
   * Finds the repetitions that last long enough, and tells the seconds that they last. The product that was checked
   * has warmed the device up; the better of two measurements counts, since the first may still meet cold code.
   */
  async calibrate(): Promise<number> {
    const wanted = SAMPLE_SECONDS[this.device.kind];
    for (;;) {
      const first = await this.time();
      const seconds = first > 4 * wanted ? first : Math.min(first, await this.time());
      if (seconds >= wanted || this.repetitions >= MOST_REPETITIONS) return seconds;
      this.repetitions = Math.min(MOST_REPETITIONS, moreRepetitions(this.repetitions, seconds, wanted));
    }
  }

  /** What is wrong with the last product, which is made here if there is none yet. */
  async objection(expected: Expected): Promise<string | undefined> {
    this.#last ??= this.a.matmul(this.b);
    return objection(await this.#last.data(), expected);
  }

  dispose(): void {
    for (const t of [this.a, this.b, this.#last]) t?.dispose();
  }
}

function rate(product: Product, repetitions: number, seconds: readonly number[]): Rate {
  const { median, low, high } = summarize(seconds.map((s) => (repetitions * operations(product)) / s / 1e9));
  return { gflops: median, low, high };
}

async function objections(
  contenders: readonly Contender[],
  expected: Expected,
  what: string,
): Promise<string[]> {
  const out: string[] = [];
  for (const contender of contenders) {
    const wrong = await contender.objection(expected);
    if (wrong) out.push(`${what} on ${contender.device.kind}: ${wrong}`);
  }
  return out;
}

/** Checks, then times; the problems where there are any. */
async function benchProduct(
  product: Product,
  devices: readonly [webgpu: Device, cpu: Device],
  random: () => number,
  mostRounds: number,
): Promise<Row | string[]> {
  const { m, k, n } = product;
  const a = randomValues(m * k, random);
  const b = randomValues(k * n, random);
  const expected = expectedProduct(a, b, product);
  const contender = (device: Device) =>
    new Contender(device, tensor(a, { shape: [m, k], device }), tensor(b, { shape: [k, n], device }));
  const webgpu = contender(devices[0]);
  const cpu = contender(devices[1]);
  const both = [webgpu, cpu];
  try {
    const wrong = await objections(both, expected, productName(product));
    if (wrong.length > 0) return wrong;

    const secondsPerRound = (await webgpu.calibrate()) + (await cpu.calibrate());
    const rounds = roundsWithin(BUDGET, secondsPerRound, Math.min(LEAST_ROUNDS, mostRounds), mostRounds);
    const seconds = await interleave(
      both.map((c) => () => c.time()),
      rounds,
    );
    const late = await objections(both, expected, `${productName(product)}, after the timing,`);
    if (late.length > 0) return late;

    const [gpuRate, cpuRate] = both.map((c, i) => rate(product, c.repetitions, seconds[i] as number[])) as [
      Rate,
      Rate,
    ];
    return { m, k, n, webgpu: gpuRate, cpu: cpuRate, ratio: gpuRate.gflops / cpuRate.gflops, rounds };
  } finally {
    for (const c of both) c.dispose();
  }
}

/** The whole benchmark. Events come as it goes on. */
export async function benchMatmul(
  { products, rounds, seed }: BenchSettings,
  onEvent: (event: BenchEvent) => void,
): Promise<Outcome> {
  const cpu = await init('cpu');
  const webgpu = await init('webgpu');
  const { name: adapter, software = false } = webgpu.info;
  onEvent({ type: 'device', adapter, software });
  const random = uniforms(seed);
  const rows: Row[] = [];
  const problems: string[] = [];
  const before = memory();
  for (const product of products) {
    const result = await benchProduct(product, [webgpu, cpu], random, rounds);
    if (Array.isArray(result)) {
      problems.push(...result);
      for (const text of result) onEvent({ type: 'problem', text });
    } else {
      rows.push(result);
      onEvent({ type: 'row', row: result });
    }
  }
  const after = memory();
  if (after.tensors !== before.tensors || after.bytes !== before.bytes) {
    const text = `memory() began with ${before.tensors} tensors of ${before.bytes} bytes and ended with ${after.tensors} of ${after.bytes}`;
    problems.push(text);
    onEvent({ type: 'problem', text });
  }
  webgpu.close();
  return { adapter, software, userAgent: navigator.userAgent, rows, problems };
}
