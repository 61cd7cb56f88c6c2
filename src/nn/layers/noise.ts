/** @file Noise, in training only: dropout and Gaussian noise. */
import { describe } from '../../core/describe.ts';
import { ArgumentError } from '../../core/errors.ts';
import { type Layer, type LayerOptions, layerOptions, plainLayer } from '../layer.ts';

/** In training zeroes each element with probability `rate`, in [0, 1), and scales the others by 1 / (1 − rate). */
export function dropout(rate: number, options?: LayerOptions): Layer {
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1))
    throw new ArgumentError(`dropout: the rate must lie in [0, 1), got ${describe(rate)}`);
  return plainLayer(
    { type: 'Dropout', name: 'dropout', options: layerOptions('dropout', options), config: { rate } },
    (x, { training, rng }) => (training && rate > 0 ? x.dropout(rate, rng) : x),
  );
}

/** In training adds normal noise of mean 0 and this standard deviation. */
export function gaussianNoise(stddev: number, options?: LayerOptions): Layer {
  if (!(typeof stddev === 'number' && stddev >= 0 && Number.isFinite(stddev)))
    throw new ArgumentError(`gaussianNoise: stddev must be a number of at least 0, got ${describe(stddev)}`);
  return plainLayer(
    {
      type: 'GaussianNoise',
      name: 'gaussianNoise',
      options: layerOptions('gaussianNoise', options),
      config: { stddev },
    },
    (x, { training, rng }) => (training && stddev > 0 ? x.add(rng.normal(x.shape, { std: stddev })) : x),
  );
}
