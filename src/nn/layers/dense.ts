/** @file Dense: every output sees every input. */
import { flag, integer } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { show } from '../../core/shape.ts';
import type { Tensor } from '../../tensor.ts';
import { type Activation, activationName, getActivation, isFused } from '../activations.ts';
import { type Layer, type LayerOptions, layerOptions, makeLayer } from '../layer.ts';
import { begin, configOf, held, KERNEL_OPTIONS, type KernelOptions, weightRule } from '../weights.ts';

export interface DenseOptions extends LayerOptions, KernelOptions {
  readonly activation?: Activation;
}

/**
 * activation(x @ kernel + bias) over the last axis: [..., in] → [..., units]. The kernel [in, units] is glorotUniform and
 * the bias [units] zeros at first; 'linear' by default.
 *
 * @example
 * layers.dense(10, { activation: 'relu', inputShape: [256], kernelRegularizer: regularizers.l2(1e-4) });
 */
export function dense(units: number, options?: DenseOptions): Layer {
  integer('dense', 'units', units, 1);
  const given = layerOptions<DenseOptions>('dense', options, 'activation', ...KERNEL_OPTIONS);
  const { activation = 'linear', useBias = true } = given;
  flag('dense', 'useBias', useBias);
  const activate = getActivation('dense', activation);
  const rules = {
    kernel: weightRule('dense', given, 'kernel', 'glorotUniform'),
    bias: useBias ? weightRule('dense', given, 'bias', 'zeros') : undefined,
  };
  const config = { units, activation: activationName(activation), useBias, ...configOf(rules) };
  return makeLayer<{ kernel: Tensor; bias?: Tensor }>(
    { type: 'Dense', name: 'dense', options: given, config },
    {
      build(inputShape, rng) {
        const inputs = inputShape.at(-1);
        if (inputs === undefined)
          throw new ShapeError(
            `dense: an example must have at least one axis, [..., in], got ${show(inputShape)}`,
          );
        const params = begin(rules, { kernel: [inputs, units], bias: [units] }, rng);
        return { params, outputShape: [...inputShape.slice(0, -1), units] };
      },
      apply: ({ params: { kernel, bias } }, x) =>
        isFused(activation) ? x.dense(kernel, bias, activation) : activate(x.dense(kernel, bias)),
      ...held(rules),
    },
  );
}
