/** @file `population`: many dense nets that train at once. They lie on the host; chunks of them go to the device. */

import { stack as stackTensors } from '../composite.ts';
import { flag, integer, oneOf, options as optionsOf } from '../core/arguments.ts';
import { describe } from '../core/describe.ts';
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, OutOfMemoryError, ShapeError } from '../core/errors.ts';
import { show } from '../core/shape.ts';
import { arange, tensor } from '../create.ts';
import type { Device } from '../device/device.ts';
import { besides, device as currentDevice, withDevice } from '../init.ts';
import { type Data, Owned } from '../nn/feed.ts';
import { losses } from '../nn/losses/losses.ts';
import type { Sequential } from '../nn/model.ts';
import { optimizers } from '../nn/optimizers/optimizers.ts';
import { Pace } from '../nn/pace.ts';
import { whole } from '../nn/targets.ts';
import { type Rng, random } from '../random.ts';
import { scope } from '../scope.ts';
import { Tensor } from '../tensor.ts';
import { chunksOf } from './chunks.ts';
import { type Ends, type Member, type MemberOptions, memberOf, modelOf, parametersOf } from './member.ts';
import { momentsOf, type PopulationOptimizer } from './optimizer.ts';
import type { FloatType } from './padding.ts';
import { type ExampleLoss, type MemberState, Stack } from './stack.ts';

export type PopulationLoss = 'crossEntropy' | 'meanSquaredError';

export interface PopulationOptions {
  readonly inputs: number;
  /** Classes, or numbers. */
  readonly outputs: number;
  /** `crossEntropy` (the default) of logits and class numbers, or `meanSquaredError`. */
  readonly loss?: PopulationLoss;
  readonly optimizer?: PopulationOptimizer;
  /** Of the order of the examples, which is the same for all members. */
  readonly seed?: number;
  /** `float64` on the CPU device only. */
  readonly dtype?: FloatType;
  /** Bytes that members may take on the device at once: 1 GiB by default, and never more than the device's budget leaves. */
  readonly memory?: number;
}

export interface PopulationFitOptions {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly shuffle?: boolean;
  /** Where it aborts, `fit` rejects with its reason, and all members are what they were before. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each epoch of a chunk, with the members' places and their losses. */
  readonly onEpoch?: (epoch: number, members: readonly number[], losses: readonly number[]) => void;
}

/** A number for each member. */
export interface PopulationLogs {
  readonly loss: number[];
  /** The share of examples whose largest output is that of their class; not for `meanSquaredError`. */
  readonly accuracy?: number[];
}

/** All of a population in a plain object, which can be cloned and stored. */
export interface PopulationState {
  readonly members: readonly MemberState[];
  /** Where the stream of orders stands. */
  readonly order: number;
}

const GIB = 2 ** 30;
const EVALUATED = 512;

const LOSSES: Readonly<Record<PopulationLoss, ExampleLoss>> = {
  crossEntropy: (outputs, y) => outputs.softmaxCrossEntropy(y.broadcastTo(outputs.shape.slice(0, 2))),
  meanSquaredError: (outputs, y) => outputs.sub(y).square().mean(-1),
};

/** Class numbers as int32, which floats may be if they are whole. */
const asLabels = (y: Tensor): Tensor => scope(() => (isFloat(y.dtype) ? whole(y) : y).astype('int32'));

/** Examples and targets on the device. */
interface Loaded {
  readonly x: Tensor;
  readonly y: Tensor;
}

/**
 * Dense nets that train together: one pass computes all of them, each with its own widths, depth, activations, learning rate,
 * L2 and dropout. A member becomes what the same net becomes when it is trained alone on the same batches. What does not fit
 * into memory at once is trained in chunks.
 *
 * @example
 * const nets = population([{ hidden: [8] }, { hidden: [16, { units: 4, activation: 'tanh' }], learningRate: 0.01 }], {
 *   inputs: 2,
 *   outputs: 3,
 * });
 * await nets.fit(x, y, { epochs: 5 }); // points [20, 2], and the class of each
 * const { accuracy } = await nets.evaluate(x, y);
 * const model = await nets.model(1);   // an ordinary model
 */
export class Population {
  readonly members: readonly Member[];
  readonly ends: Ends;
  readonly #loss: PopulationLoss;
  readonly #optimizer: PopulationOptimizer;
  readonly #dtype: FloatType;
  readonly #memory: number;
  readonly #order: Rng;
  #states: readonly MemberState[] | undefined;

  constructor(members: readonly MemberOptions[], options: PopulationOptions) {
    const given = optionsOf(
      'population',
      options,
      'inputs',
      'outputs',
      'loss',
      'optimizer',
      'seed',
      'dtype',
      'memory',
    ) as Partial<PopulationOptions>;
    if (!Array.isArray(members) || members.length === 0)
      throw new ArgumentError(`population: takes a list of at least one member, got ${describe(members)}`);
    this.members = members.map((member, p) => memberOf('population', member, p));
    this.ends = {
      inputs: integer('population', 'inputs', given.inputs, 1),
      outputs: integer('population', 'outputs', given.outputs, 1),
    };
    const { loss = 'crossEntropy', optimizer = 'adam', seed = 0, dtype = 'float32', memory = GIB } = given;
    this.#loss = oneOf('population', 'loss', loss, ['crossEntropy', 'meanSquaredError']);
    this.#optimizer = oneOf('population', 'optimizer', optimizer, ['adam', 'sgd']);
    this.#dtype = oneOf('population', 'dtype', dtype, ['float32', 'float64']);
    this.#memory = integer('population', 'memory', memory, 1);
    const [, , order] = random(integer('population', 'seed', seed)).split(3); // as a model of that seed
    this.#order = order as Rng;
  }

  /** Weights and biases of each member. */
  get parameters(): number[] {
    return this.members.map((member) => parametersOf(member, this.ends));
  }

  /** Trains all members. Gives their losses, a list an epoch. */
  async fit(x: Data, y: Data, options: PopulationFitOptions = {}): Promise<{ loss: number[][] }> {
    const given = optionsOf('fit', options, 'epochs', 'batchSize', 'shuffle', 'signal', 'onEpoch');
    const { epochs = 1, batchSize = 32, shuffle = true, signal, onEpoch } = given as PopulationFitOptions;
    integer('fit', 'epochs', epochs, 0);
    integer('fit', 'batchSize', batchSize, 1);
    flag('fit', 'shuffle', shuffle);
    const loss = Array.from({ length: epochs }, () => Array<number>(this.members.length).fill(Number.NaN));
    const states = [...(await this.#ready())];
    const begun = this.#order.position;
    let ended = begun;
    try {
      await this.#onDevice(x, y, batchSize, async (stack, indices, data, device) => {
        this.#order.position = begun;
        const step = stack.train((index) => [data.x.take(index, 0), data.y.take(index, 0)]);
        const pace = new Pace(device, () => stack.pending());
        const count = data.x.shape[0] as number;
        for (let epoch = 0; epoch < epochs; epoch++) {
          const order = withDevice(device, () =>
            shuffle ? this.#order.permutation(count) : arange(0, count, 1, { dtype: 'int32' }),
          );
          order.moveTo(undefined);
          try {
            for (let start = 0; start < count; start += batchSize) {
              signal?.throwIfAborted();
              withDevice(device, () => scope(() => step(order.slice([start, start + batchSize]))));
              const pause = pace.step();
              if (pause) await pause;
            }
            await pace.end();
          } finally {
            order.dispose();
          }
          const sums = await stack.takeSums();
          const means = Array.from(sums, (sum) => sum / count);
          indices.forEach((member, k) => {
            (loss[epoch] as number[])[member] = means[k] as number;
          });
          onEpoch?.(epoch, indices, means);
        }
        ended = this.#order.position;
        for (const [k, state] of (await stack.read()).entries()) states[indices[k] as number] = state;
      });
    } catch (error) {
      this.#order.position = begun;
      throw error;
    }
    this.#order.position = ended;
    this.#states = states;
    return { loss };
  }

  /** Losses of the members, and accuracies. */
  async evaluate(x: Data, y: Data): Promise<PopulationLogs> {
    const loss = Array<number>(this.members.length).fill(0);
    const right = Array<number>(this.members.length).fill(0);
    const classifies = this.#loss === 'crossEntropy';
    let count = 0;
    await this.#onDevice(x, y, EVALUATED, async (stack, indices, data, device) => {
      count = data.x.shape[0] as number;
      for (let start = 0; start < count; start += EVALUATED) {
        const sums = withDevice(device, () =>
          scope(() => {
            const [bx, by] = [data.x, data.y].map((t) => t.slice([start, start + EVALUATED])) as [
              Tensor,
              Tensor,
            ];
            const outputs = stack.outputs(bx);
            const lost = LOSSES[this.#loss](outputs, by).sum(1);
            if (!classifies) return lost.expandDims(0);
            return stackTensors([lost, outputs.argmax(-1).equal(by).astype(lost.dtype).sum(1)]);
          }),
        );
        const values = await sums.data().finally(() => sums.dispose());
        indices.forEach((member, k) => {
          (loss[member] as number) += (values[k] as number) / count;
          if (classifies) (right[member] as number) += values[indices.length + k] as number;
        });
      }
    });
    return classifies ? { loss, accuracy: right.map((n) => n / count) } : { loss };
  }

  /** A member as an ordinary model, compiled with its optimizer and loss; the optimizer begins anew. */
  async model(p: number): Promise<Sequential> {
    integer('model', 'the member', p, 0, this.members.length - 1);
    const state = (await this.#ready())[p] as MemberState;
    const member = this.members[p] as Member;
    const model = modelOf(member, this.ends);
    model.setWeights(state.layers.flatMap(({ kernel, bias }) => [kernel, bias]));
    model.compile({
      optimizer: optimizers[this.#optimizer](member.learningRate),
      ...(this.#loss === 'crossEntropy'
        ? { loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }), metrics: ['accuracy'] }
        : { loss: 'meanSquaredError' }),
    });
    return model;
  }

  /** All that the training goes on with. */
  async getState(): Promise<PopulationState> {
    return { members: await this.#ready(), order: this.#order.position };
  }

  /** Goes on from a state of members of the same structures. */
  setState({ members, order }: PopulationState): void {
    if (members.length !== this.members.length)
      throw new ArgumentError(
        `setState: the state is that of ${members.length} members, and there are ${this.members.length}`,
      );
    members.forEach(({ layers }, p) => {
      const parameters = layers.reduce((sum, { kernel, bias }) => sum + kernel.length + bias.length, 0);
      const wanted = this.parameters[p] as number;
      if (parameters !== wanted)
        throw new ShapeError(`setState: member ${p} has ${wanted} parameters, its state ${parameters}`);
    });
    this.#states = members;
    this.#order.position = order;
  }

  /** The states, with first weights where there are none yet: those of an ordinary model of the member's seed. */
  async #ready(): Promise<readonly MemberState[]> {
    if (this.#states) return this.#states;
    const cpu = besides();
    this.#states = await Promise.all(
      this.members.map(async (member) => {
        const model = withDevice(cpu, () => modelOf(member, this.ends));
        const weights = await model.getWeights().finally(() => model.dispose());
        const layers = Array.from({ length: weights.length / 2 }, (_, k) => {
          const [kernel, bias] = weights.slice(2 * k, 2 * k + 2).map((w) => w.slice());
          return { kernel, bias } as MemberState['layers'][number];
        });
        return { layers, moments: [], steps: 0 };
      }),
    ).finally(() => cpu.close());
    return this.#states;
  }

  /** Runs `work` for one chunk after another; what finds too little memory is halved. */
  async #onDevice(
    x: Data,
    y: Data,
    batch: number,
    work: (stack: Stack, indices: readonly number[], data: Loaded, device: Device) => Promise<void>,
  ): Promise<void> {
    const device = currentDevice();
    const states = await this.#ready();
    const owned = new Owned();
    try {
      const data = await this.#load(x, y, device, owned);
      const room = {
        device,
        dtype: this.#dtype,
        batch: Math.min(batch, data.x.shape[0] as number),
        perWeight: 4 + momentsOf(this.#optimizer),
        memory: Math.min(this.#memory, device.freeBytes),
      };
      const options = { dtype: this.#dtype, optimizer: this.#optimizer, loss: LOSSES[this.#loss] };
      // The optimizer counts the steps of all members of a chunk as one.
      const counts = [...new Set(states.map(({ steps }) => steps))];
      const chunks = counts.flatMap((steps) => {
        const list = [...states.keys()].filter((p) => states[p]?.steps === steps);
        const some = list.map((p) => this.members[p] as Member);
        return chunksOf(some, this.ends, room).map((places) => places.map((k) => list[k] as number));
      });
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
        const indices = chunk;
        let stack: Stack | undefined;
        try {
          const pick = <T>(list: readonly T[]) => indices.map((p) => list[p] as T);
          stack = withDevice(device, () => new Stack(pick(this.members), pick(states), this.ends, options));
          await work(stack, indices, data, device);
        } catch (error) {
          if (!(error instanceof OutOfMemoryError) || indices.length === 1) throw error;
          const half = Math.ceil(indices.length / 2);
          console.warn(
            `tapegrad: population: too little memory for ${indices.length} nets at once; they go on in halves (${error.message})`,
          );
          chunks.unshift(indices.slice(0, half), indices.slice(half));
        } finally {
          stack?.dispose();
        }
      }
    } finally {
      owned.dispose();
    }
  }

  async #load(x: Data, y: Data, device: Device, owned: Owned): Promise<Loaded> {
    const { inputs, outputs } = this.ends;
    const moved = async (data: Data, columns?: number) => {
      if (data instanceof Tensor)
        return data.storageFor('population').device === device ? data : owned.add(await data.to(device));
      const rows = ArrayBuffer.isView(data) ? (data as unknown as Float32Array).length / (columns ?? 1) : 0;
      const flat = ArrayBuffer.isView(data) && columns !== undefined && Number.isInteger(rows);
      return owned.add(tensor(data, { device, ...(flat ? { shape: [rows, columns] } : {}) }));
    };
    const floats = (t: Tensor) => (t.dtype === this.#dtype ? t : owned.add(t.astype(this.#dtype)));
    const xs = floats(await moved(x, inputs));
    if (xs.ndim !== 2 || xs.shape[1] !== inputs || xs.shape[0] === 0)
      throw new ShapeError(
        `population: x must be [n, ${inputs}] with at least one example, got ${show(xs.shape)}`,
      );
    const classifies = this.#loss === 'crossEntropy';
    const given = await moved(y, classifies ? undefined : outputs);
    const labels = (t: Tensor) => (t.dtype === 'int32' ? t : owned.add(asLabels(t)));
    const ys = classifies ? labels(given) : floats(given);
    const count = xs.shape[0] as number;
    const wanted = classifies ? [count] : [count, outputs];
    if (show(ys.shape) !== show(wanted))
      throw new ShapeError(
        `population: ${count} examples want targets of shape ${show(wanted)}, got ${show(ys.shape)}`,
      );
    return { x: xs, y: ys };
  }
}

/** Makes a population of the members; see `Population`. */
export function population(members: readonly MemberOptions[], options: PopulationOptions): Population {
  return new Population(members, options);
}
