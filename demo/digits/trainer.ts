/** @file A net that reads digits and its training, on whichever device is the default: tensors in, numbers out. */
import {
  type Captured,
  capture,
  type Optimizer,
  optimizers,
  type Rng,
  random,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  zeros,
} from 'tapegrad';
import { type Digits, PIXELS, type Split } from './data.ts';
import { activationAt, type Settings } from './settings.ts';
import { type SavedLayer, sizesOf } from './weights.ts';

export interface Measured {
  /** The mean over the digits. */
  readonly loss: number;
  /** The part that was read right. */
  readonly accuracy: number;
}

export interface Tested extends Measured {
  /** What was read in each digit. */
  readonly read: Uint8Array<ArrayBuffer>;
}

// A type and not an interface: only those count as trees of tensors.
type Layer<T> = { readonly w: T; readonly b: T };
type Net<T> = readonly Layer<T>[];

/** Variances that keep the signal's size: 2 / inputs for relu (He), 1 / inputs else (LeCun). */
function makeNet(settings: Settings, rng: Rng, saved?: readonly SavedLayer[]): Net<Variable> {
  const sizes = sizesOf(settings);
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    const layer = saved?.[i];
    const gain = activationAt(settings, i) === 'relu' ? 2 : 1;
    return scope(() => ({
      w: variable(
        layer
          ? tensor(layer.w, { shape: [inputs, outputs] })
          : rng.normal([inputs, outputs], { std: Math.sqrt(gain / inputs) }),
      ),
      b: variable(layer ? tensor(layer.b) : zeros([outputs])),
    }));
  });
}

function makeOptimizer({ optimizer, learningRate }: Settings): Optimizer {
  if (optimizer === 'adam') return optimizers.adam({ learningRate });
  return optimizers.sgd({ learningRate, momentum: optimizer === 'momentum' ? 0.9 : 0 });
}

export class Trainer {
  readonly #settings: Settings;
  readonly #rng: Rng;
  readonly #masks: Rng;
  readonly #net: Net<Variable>;
  readonly #optimizer: Optimizer;
  readonly #images: Tensor;
  readonly #labels: Tensor;
  readonly #testImages: Tensor;
  readonly #testLabels: Tensor;
  /** Of the losses, and of the digits read right, since the last report. */
  readonly #sums: { readonly loss: Variable; readonly right: Variable };
  readonly #step: Captured<[Tensor], void>;
  readonly #clear: Captured<[], void>;
  readonly #count: number;
  #order: Tensor | undefined;
  #position = 0;
  #steps: number;

  constructor(
    settings: Settings,
    { train, test }: Digits,
    from?: { layers: readonly SavedLayer[]; steps: number },
  ) {
    this.#settings = settings;
    [this.#rng, this.#masks] = random(settings.seed + (from?.steps ?? 0)).split(2) as [Rng, Rng];
    this.#net = makeNet(settings, this.#rng, from?.layers);
    this.#steps = from?.steps ?? 0;
    this.#optimizer = makeOptimizer(settings);
    this.#count = train.labels.length;
    [this.#images, this.#labels] = upload(train);
    [this.#testImages, this.#testLabels] = upload(test);
    this.#sums = scope(() => ({
      loss: variable(zeros([])),
      right: variable(zeros([], { dtype: 'int32' })),
    }));
    this.#step = this.#captured();
    // Captured too: so the sums are cleared in their place, where the step adds to them.
    this.#clear = capture(() => {
      this.#sums.loss.assign(zeros([]));
      this.#sums.right.assign(zeros([], { dtype: 'int32' }));
    });
  }

  /** Steps done in all. */
  get steps(): number {
    return this.#steps;
  }

  get stepsPerEpoch(): number {
    return Math.floor(this.#count / this.#settings.batch);
  }

  set learningRate(rate: number) {
    this.#optimizer.learningRate = rate;
  }

  #logits(net: Net<Tensor>, x: Tensor, training: boolean): Tensor {
    const { dropout } = this.#settings;
    return net.reduce((h, { w, b }, i) => {
      const last = i === net.length - 1;
      const z = h.dense(w, b, last ? 'linear' : activationAt(this.#settings, i));
      return training && !last && dropout > 0 ? z.dropout(dropout, this.#masks) : z;
    }, x);
  }

  /** A step of training on the digits of an index. */
  #captured(): Captured<[Tensor], void> {
    const { l2 } = this.#settings;
    const lossOf = valueAndGrad(
      (net: Net<Tensor>, x: Tensor, y: Tensor): [Tensor, Tensor[]] => {
        const z = this.#logits(net, x, true);
        const loss = z.softmaxCrossEntropy(y).mean();
        if (l2 === 0) return [loss, [loss, z]];
        const size = net.reduce((sum: Tensor, { w }) => sum.add(w.square().sum()), zeros([]));
        return [loss.add(size.mul(l2)), [loss, z]];
      },
      { aux: true },
    );
    return capture((index: Tensor) => {
      const y = this.#labels.take(index, 0);
      const { aux, grad } = lossOf(this.#net, this.#images.take(index, 0), y);
      const [loss, z] = aux as [Tensor, Tensor];
      this.#optimizer.step(this.#net, grad);
      this.#sums.loss.assign(this.#sums.loss.add(loss));
      this.#sums.right.assign(this.#sums.right.add(z.argmax(-1).equal(y).sum()));
    });
  }

  #nextIndex(): Tensor {
    const { batch } = this.#settings;
    if (!this.#order || this.#position + batch > this.#count) {
      this.#order?.dispose();
      this.#order = this.#rng.permutation(this.#count);
      this.#position = 0;
    }
    const from = this.#position;
    this.#position += batch;
    return this.#order.slice([from, this.#position]);
  }

  /** So many steps; the loss and accuracy over them, as they were before each step. */
  async train(steps: number): Promise<Measured> {
    for (let i = 0; i < steps; i++) {
      const index = this.#nextIndex();
      this.#step(index);
      index.dispose();
    }
    this.#steps += steps;
    const [loss, right] = await Promise.all([this.#sums.loss.item(), this.#sums.right.item()]);
    this.#clear();
    return { loss: loss / steps, accuracy: right / (steps * this.#settings.batch) };
  }

  /** Reads all digits to test with. */
  async test(): Promise<Tested> {
    const [read, loss] = scope(() => {
      const z = this.#logits(this.#net, this.#testImages, false);
      return [z.argmax(-1), z.softmaxCrossEntropy(this.#testLabels).mean()] as const;
    });
    const [digits, mean, labels] = await Promise.all([read.data(), loss.item(), this.#testLabels.data()]);
    read.dispose();
    loss.dispose();
    const right = [...digits].reduce((sum, digit, i) => sum + (digit === labels[i] ? 1 : 0), 0);
    return { loss: mean, accuracy: right / digits.length, read: Uint8Array.from(digits) };
  }

  /** How likely a picture is each digit, as far as the net can tell. */
  async probabilities(picture: Float32Array): Promise<number[]> {
    const p = scope(() =>
      this.#logits(this.#net, tensor(picture, { shape: [1, PIXELS] }), false)
        .softmax(-1)
        .flatten(),
    );
    const values = [...(await p.data())];
    p.dispose();
    return values;
  }

  async save(): Promise<SavedLayer[]> {
    return Promise.all(
      this.#net.map(async ({ w, b }) => ({
        w: (await w.data()) as Float32Array<ArrayBuffer>,
        b: (await b.data()) as Float32Array<ArrayBuffer>,
      })),
    );
  }

  dispose(): void {
    this.#order?.dispose();
    for (const { w, b } of this.#net) for (const v of [w, b]) v.dispose();
    const { loss, right } = this.#sums;
    for (const t of [this.#images, this.#labels, this.#testImages, this.#testLabels, loss, right])
      t.dispose();
    for (const t of [this.#step, this.#clear, this.#optimizer]) t.dispose();
  }
}

const upload = ({ inputs, labels }: Split): [Tensor, Tensor] => [
  tensor(inputs, { shape: [labels.length, PIXELS] }),
  tensor(labels, { dtype: 'int32' }),
];
