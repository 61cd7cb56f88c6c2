/** @file `sequential`: layers one after another, with their weights, and what one does with them. */
import { options as checked, integer } from '../core/arguments.ts';

import { ArgumentError, DeviceLostError, ShapeError } from '../core/errors.ts';
import { inName } from '../core/in_name.ts';
import { checkShape, type Shape, sameShape, show } from '../core/shape.ts';
import type { Device } from '../device/device.ts';
import { device as currentDevice, withDevice } from '../init.ts';
import type { Target } from '../io/places.ts';
import { type Rng, random } from '../random.ts';
import { scope } from '../scope.ts';
import { requireTensor, type Tensor } from '../tensor.ts';
import { entries, leaves, mapTree, type Tree } from '../tree.ts';
import { Variable, variable } from '../variable.ts';
import { Chain, entriesOf, requireOutput, type Trees } from './chain.ts';
import { type Compiled, type CompileOptions, compiled } from './compile.ts';
import { type EvaluateOptions, evaluate, type PredictOptions, predict } from './evaluate.ts';
import type { Data, Stream } from './feed.ts';
import { type FitOptions, fit } from './fit.ts';
import type { History, Logs } from './history.ts';
import {
  asHostWeight,
  assignWeights,
  type HostWeight,
  type NamedVariable,
  readWeights,
  type WeightData,
  weightName,
} from './host.ts';
import type { Layer } from './layer.ts';
import { saveModel } from './saving/save.ts';
import { type ModelState, type RandomState, readState, writeState } from './state.ts';
import { summaryOf } from './summary.ts';

export interface SequentialOptions {
  /** Of first weights, noise and order; a random one by default. The same seed gives the same bits on one adapter. */
  readonly seed?: number;
  readonly name?: string;
}

/** What a pass through the model gives: the output, and states that have changed. */
export interface Passed {
  readonly output: Tensor;
  readonly changes: readonly (readonly [state: Variable, next: Tensor])[];
}

/** Streams of random numbers, each for a purpose of its own. */
export interface Streams {
  /** What they were made of. */
  readonly seed: number;
  readonly noise: Rng;
  readonly order: Rng;
}

const streamsOf = (seed: number): { first: Rng } & Streams => {
  const [first, noise, order] = random(seed).split(3) as [Rng, Rng, Rng];
  return { seed, first, noise, order };
};

/** The weights of a model that is built. */
interface Weights {
  readonly inputShape: Shape;
  readonly shapes: readonly Shape[];
  readonly params: Trees;
  readonly state: Trees;
  readonly all: readonly NamedVariable[];
}

/**
 * Layers one after another: made by `sequential`.
 *
 * Shapes leave the batch out, which is the first axis of all that passes through. Weights belong to the model and live until
 * `dispose`; the layers hold none, so that two models may share them.
 */
export class Sequential {
  readonly name: string;
  /** Of first weights; of noise and order too, until `setState` brings those of another. */
  readonly seed: number;
  /** For `fit`, `summary` and the like: the layers under the names that they have here. */
  readonly chain: Chain;
  /** Set to true, by a callback say, it ends the training after the batch. */
  stopTraining = false;
  /** Epochs that the last training has done, those before it counted too: what `initialEpoch` goes on with. */
  epoch = 0;
  /** Of the last training. */
  history: History | undefined;
  /** For `fit`: what noise and order are drawn from. */
  streams: Streams;
  readonly #first: Rng;
  #weights: Weights | undefined;
  #compiled: Compiled | undefined;
  #training = false;
  /** The last checkpoint of a training whose device was lost. */
  #rescued: ModelState | undefined;

  constructor(layers: readonly Layer[], options: SequentialOptions = {}) {
    const { seed = Math.floor(Math.random() * 2 ** 32), name = 'sequential' } = checked(
      'sequential',
      options,
      'seed',
      'name',
    ) as SequentialOptions;
    this.seed = integer('sequential', 'seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    this.name = name;
    this.chain = new Chain('sequential', entriesOf('sequential', layers));
    const { first, ...streams } = streamsOf(this.seed);
    this.#first = first;
    this.streams = streams;
    const { inputShape } = layers[0] ?? {};
    if (inputShape) this.build(inputShape);
  }

  get layers(): readonly Layer[] {
    return this.chain.entries.map(({ layer }) => layer);
  }

  get built(): boolean {
    return this.#weights !== undefined;
  }

  /** Makes the weights for examples of this shape. The first call of `fit`, `apply` or `predict` does so by itself. */
  build(inputShape: Shape): void {
    checkShape('build', inputShape);
    if (this.#weights) {
      if (sameShape(this.inputShape, inputShape)) return;
      throw new ShapeError(
        `build: the model is built for examples of shape ${show(this.inputShape)}, not ${show(inputShape)}`,
      );
    }
    this.#weights = inName('build', () =>
      scope(() => {
        const { params, state = {}, shapes } = this.chain.build(inputShape, this.#first);
        const asVariables = (tree: Tree) =>
          mapTree('build', tree, (t) => (t instanceof Variable ? t : variable(t))) as Trees;
        const made = { params: asVariables(params), state: asVariables(state) };
        const all = this.chain.entries.flatMap(({ name }) =>
          [made.params, made.state].flatMap((trees) =>
            entries('build', trees[name] ?? {}).map(([path, v]) => ({
              name: weightName(name, path),
              variable: v as Variable,
            })),
          ),
        );
        return { inputShape, shapes, ...made, all };
      }),
    );
  }

  #own(op: string): Weights {
    if (this.#weights) return this.#weights;
    throw new ArgumentError(
      `${op}: the model has no weights yet; give the first layer an inputShape, or call model.build(inputShape)`,
    );
  }

  /** The shape of an example. */
  get inputShape(): Shape {
    return this.#own('inputShape').inputShape;
  }

  /** The shape of what becomes of an example. */
  get outputShape(): Shape {
    return this.outputShapes.at(-1) ?? this.inputShape;
  }

  /** The shape behind each layer. */
  get outputShapes(): readonly Shape[] {
    return this.#own('outputShapes').shapes;
  }

  /** All weights, layer by layer: parameters, then what is not trained. */
  get weights(): Variable[] {
    return this.namedWeights.map(({ variable }) => variable);
  }

  /** All weights with their names: `dense/kernel`. */
  get namedWeights(): readonly NamedVariable[] {
    return this.#own('weights').all;
  }

  /** What layers have for training, frozen or not. */
  get parameters(): Variable[] {
    return leaves(this.#own('parameters').params) as Variable[];
  }

  /** Parameters that an optimizer may change: those of layers, and variables, that are not frozen. */
  get trainableWeights(): Variable[] {
    const frozen = new Set(this.chain.frozen(this.#own('trainableWeights').params));
    return this.parameters.filter((w) => w.trainable && !frozen.has(w));
  }

  /** For the loss landscape: parameters and states by the names of the layers. */
  treesFor(op: string): { readonly params: Trees; readonly state: Trees } {
    return this.#own(op);
  }

  /** For `summary`: the weights of a layer. */
  weightsOf(name: string): Variable[] {
    const { params, state } = this.#own('summary');
    return [params, state].flatMap((trees) => leaves(trees[name] ?? {}) as Variable[]);
  }

  /** Where the weights are, or would be. */
  get device(): Device {
    return this.#weights?.all[0]?.variable.device ?? currentDevice();
  }

  /**
   * The output for a batch [n, ...inputShape], without change to the model. With `training: true` there is noise, and batch
   * normalisation takes the batch's own mean and variance. Gradients flow through to the input and the weights.
   */
  apply(x: Tensor, options: { readonly training?: boolean } = {}): Tensor {
    const { training = false } = checked('apply', options, 'training') as { training?: boolean };
    requireTensor('apply', x);
    if (!this.built) this.build(x.shape.slice(1));
    return inName('apply', () => scope(() => this.pass('apply', x, training).output));
  }

  /** For `fit`: as `apply`, with the states that have changed; through the first layers only, if so many are given. */
  pass(op: string, x: Tensor, training: boolean, layers = this.chain.entries.length): Passed {
    const { params, state, inputShape, shapes } = this.#own(op);
    if (x.ndim === 0 || !sameShape(x.shape.slice(1), inputShape))
      throw new ShapeError(
        `${op}: layer '${this.chain.entries[0]?.name ?? this.name}' expects a batch of examples ${show(inputShape)}, [n${inputShape.map((d) => `, ${d}`).join('')}], got ${show(x.shape)}`,
      );
    const examples = x.shape[0] as number;
    return withDevice(x.device, () => {
      const { output, state: next } = this.chain.apply(
        { params, state },
        x,
        { training, rng: this.streams.noise },
        (y, k, name) => requireOutput(op, name, y, examples, shapes[k] as Shape),
        layers,
      );
      const changes = Object.entries(next).flatMap(([name, tree]) => {
        const before = leaves(state[name] ?? {}) as Variable[];
        return leaves(tree).flatMap((t, k) => {
          const v = before[k];
          return v && t !== v ? [[v, t] as const] : [];
        });
      });
      return { output, changes };
    });
  }

  /** For `fit`: what layers add to the loss; scalars. */
  penalties(): Tensor[] {
    return this.chain.penalties(this.#own('fit').params);
  }

  /** For `fit`: parameters that have constraints, with what these make of them. */
  constrained(): (readonly [Variable, Tensor])[] {
    return this.chain
      .constrained(this.#own('fit').params)
      .flatMap(([w, next]) => (w instanceof Variable && w.trainable ? [[w, next] as const] : []));
  }

  /**
   * Says how `fit` trains: an optimizer ('rmsprop' by default), a loss, and metrics, each by name or as made by `optimizers`,
   * `losses`, `metrics`.
   *
   * @example
   * model.compile({ optimizer: optimizers.adam(0.01), loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] });
   */
  compile(options: CompileOptions): void {
    if (this.#training)
      throw new ArgumentError('compile: the model is being trained; await that first, or stop it');
    const made = inName('compile', () => compiled(options));
    if (this.#compiled?.ownsOptimizer) this.#compiled.optimizer.dispose();
    this.#compiled = made;
  }

  /** For `fit`: what `compile` was given. */
  compiledFor(op: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new ArgumentError(
      `${op}: the model is not compiled; call model.compile({ optimizer, loss }) first`,
    );
  }

  /** Whether `compile` has said how it trains. */
  get compiled(): boolean {
    return this.#compiled !== undefined;
  }

  /** That of `compile`: `model.optimizer.learningRate` can be read and set. */
  get optimizer(): Compiled['optimizer'] {
    return this.compiledFor('optimizer').optimizer;
  }

  /**
   * Trains the model, as Keras does. Data are tensors, nested arrays or typed arrays (of the shape that the model takes); or,
   * in place of x, an iterable of batches [x, y] or [x, y, sampleWeight], asynchronous or not, or a function that makes one
   * for each epoch. docs/training.md tells of every option.
   *
   * @example
   * const history = await model.fit(x, y, { epochs: 5, batchSize: 64, validationSplit: 0.1 });
   * console.log(history.history.loss, history.history.valLoss);
   * @throws NonFiniteError where the loss becomes NaN or infinite, with epoch, batch, layer and operation.
   */
  fit(x: Stream, options?: FitOptions): Promise<History>;
  fit(x: Data | Stream, y?: Data, options?: FitOptions): Promise<History>;
  fit(x: Data | Stream, y?: Data | FitOptions, options?: FitOptions): Promise<History> {
    if (this.#training)
      return Promise.reject(new ArgumentError('fit: the model is being trained already; await that first'));
    this.#training = true;
    return inName('fit', () =>
      fit(this, x, y, options).finally(() => {
        this.#training = false;
      }),
    );
  }

  /** Loss and metrics of data, which are as those of `fit`. Neither noise nor change to the model. */
  evaluate(x: Data | Stream, y?: Data, options?: EvaluateOptions): Promise<Logs> {
    return inName('evaluate', () => evaluate(this, x, y, options));
  }

  /** The outputs for all examples, computed in batches. */
  predict(x: Data, options?: PredictOptions): Promise<Tensor> {
    return inName('predict', () => predict(this, x, options));
  }

  /** Layers, shapes and numbers of parameters as Keras prints them: to the console, and as the text that it returns. */
  summary(): string {
    const text = summaryOf(this);
    console.log(text);
    return text;
  }

  /** Copies of all weights on the host, with shape and name; after a loss of the device those of the last checkpoint. */
  async getWeights(): Promise<HostWeight[]> {
    try {
      return (await readWeights(this.namedWeights)).map(asHostWeight);
    } catch (error) {
      if (!(error instanceof DeviceLostError && this.#rescued)) throw error;
      return this.#rescued.weights.map(asHostWeight);
    }
  }

  /** Sets all weights: a list as `getWeights` gives it, or of tensors, or of nested arrays. */
  setWeights(weights: readonly WeightData[]): void {
    inName('setWeights', () => assignWeights('setWeights', this.namedWeights, weights));
  }

  /**
   * All that a training goes on with, in one plain object on the host, which can be cloned and stored: weights, the
   * optimizer's state, random streams, and the epoch.
   *
   * @example
   * const state = await model.getState();           // after two epochs
   * other.setState(state);                          // the same layers, compiled alike
   * await other.fit(x, y, { epochs: 5, initialEpoch: state.epoch }); // the same bits as five epochs in one
   */
  getState(): Promise<ModelState> {
    return readState(this, this.#compiled?.optimizer);
  }

  /** Goes back to a state; where the device of the weights was lost, on the current one. */
  setState(state: ModelState): void {
    inName('setState', () => writeState(this, this.#compiled?.optimizer, state, currentDevice()));
    this.#rescued = undefined;
  }

  /**
   * Writes the model as one safetensors file, with all that a training goes on with: to a target (a path in Node, where a save
   * that breaks off leaves the file as it was; `indexeddb://name`, `opfs://path` or a file handle in a browser), if there is one.
   * Gives the file's bytes. `load` makes the model again.
   *
   * @example
   * const file = await model.save();
   * const again = await load(file);
   */
  save(target?: Target): Promise<Uint8Array<ArrayBuffer>> {
    return inName('save', () => saveModel(this, this.#compiled, target));
  }

  /** For `getState`: where the streams stand. */
  get randomState(): RandomState {
    const { seed, noise, order } = this.streams;
    return { seed, noise: noise.position, order: order.position };
  }

  set randomState({ seed, noise, order }: RandomState) {
    this.streams = streamsOf(seed);
    this.streams.noise.position = noise;
    this.streams.order.position = order;
  }

  /** For `fit`: what `getWeights` gives from now on, should the device be lost. */
  rescue(state: ModelState | undefined): void {
    this.#rescued = state;
  }

  /** Gives the memory of weights and optimizer back; an optimizer that other models share keeps what it has of theirs. */
  dispose(): void {
    for (const { variable: w } of this.#weights?.all ?? []) w.dispose();
    this.#compiled?.optimizer.forgetDisposed();
    this.#weights = undefined;
  }
}

/**
 * A model of layers one after another.
 *
 * @example
 * const model = sequential([layers.dense(16, { activation: 'relu', inputShape: [2] }), layers.dense(3)], { seed: 1 });
 * model.compile({ optimizer: 'adam', loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }), metrics: ['accuracy'] });
 * await model.fit(x, y, { epochs: 5 }); // points [20, 2], and the class of each
 */
export function sequential(layers: readonly Layer[], options?: SequentialOptions): Sequential {
  return new Sequential(layers, options);
}
