// Bad calls of variables and optimizers: options, trees that do not match, what is no variable or cannot be updated.

import { inject } from 'vitest';
import {
  ArgumentError,
  DeviceError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  optimizers,
  ShapeError,
  variable,
} from '../../src/index.ts';
import { type Bad, CLOSED, GONE, LOST, loose } from './table.ts';

const bad = (value: unknown) => value as never;
const KIND = inject('backend') === 'cpu' ? 'cpu' : 'webgpu';

const optimizerOptions: Bad[] = [
  [
    () => optimizers.adam(bad({ learning_rate: 1 })),
    ArgumentError,
    "adam: unknown option 'learning_rate', did you mean 'learningRate'? The options are learningRate, beta1, beta2, epsilon, amsgrad, weightDecay, clipNorm, clipValue, globalClipNorm, variant",
  ],
  [
    () => optimizers.adam({ learningRate: -1 }),
    ArgumentError,
    'adam: learningRate must be a number of at least 0, or a schedule, got -1',
  ],
  [
    () => optimizers.adam(Number.NaN),
    ArgumentError,
    'adam: learningRate must be a number of at least 0, or a schedule, got NaN',
  ],
  [
    () => optimizers.adam(bad('0.1')),
    ArgumentError,
    "adam: options are an object { learningRate, beta1, beta2, epsilon, amsgrad, weightDecay, clipNorm, clipValue, globalClipNorm, variant }, got '0.1'",
  ],
  [() => optimizers.adam({ beta1: 1 }), ArgumentError, 'adam: beta1 must lie in [0, 1), got 1'],
  [() => optimizers.adam({ beta2: bad(null) }), ArgumentError, 'adam: beta2 must lie in [0, 1), got null'],
  [
    () => optimizers.adam({ epsilon: -1e-7 }),
    ArgumentError,
    'adam: epsilon must be a number of at least 0, got -1e-7',
  ],
  [() => optimizers.sgd({ momentum: bad([]) }), ArgumentError, 'sgd: momentum must lie in [0, 1), got []'],
  [() => optimizers.sgd({ momentum: -0.5 }), ArgumentError, 'sgd: momentum must lie in [0, 1), got -0.5'],
  [() => optimizers.sgd({ nesterov: bad(1) }), ArgumentError, 'sgd: nesterov must be true or false, got 1'],
  [
    () => optimizers.sgd(bad({ momentun: 0.9 })),
    ArgumentError,
    "sgd: unknown option 'momentun', did you mean 'momentum'? The options are learningRate, momentum, nesterov, weightDecay, clipNorm, clipValue, globalClipNorm, variant",
  ],
];

const moreOptions: Bad[] = [
  [
    () => optimizers.adam({ clipNorm: 1, globalClipNorm: 1 }),
    ArgumentError,
    'adam: only one way of clipping is possible, got clipNorm and globalClipNorm',
  ],
  [() => optimizers.sgd({ clipValue: 0 }), ArgumentError, 'sgd: clipValue must be a positive number, got 0'],
  [
    () => optimizers.adamw({ weightDecay: -1 }),
    ArgumentError,
    'adamw: weightDecay must be a number of at least 0, got -1',
  ],
  [() => optimizers.rmsprop({ rho: 1 }), ArgumentError, 'rmsprop: rho must lie in [0, 1), got 1'],
  [
    () => optimizers.rmsprop({ centered: bad('yes') }),
    ArgumentError,
    "rmsprop: centered must be true or false, got 'yes'",
  ],
  [
    () => optimizers.adagrad({ initialAccumulatorValue: Infinity }),
    ArgumentError,
    'adagrad: initialAccumulatorValue must be a number of at least 0, got Infinity',
  ],
  [
    () => optimizers.nadam({ variant: bad('pytorch') }),
    ArgumentError,
    "nadam: unknown variant 'pytorch'. It is one of keras, torch",
  ],
  [
    () => optimizers.lion(bad({ epsilon: 1 })),
    ArgumentError,
    "lion: unknown option 'epsilon'. The options are learningRate, beta1, beta2, weightDecay, clipNorm, clipValue, globalClipNorm",
  ],
  [
    () => optimizers.adam({ learningRate: bad({ name: 'cosineDecai', config: {} }) }),
    ArgumentError,
    "adam: unknown schedule 'cosineDecai', did you mean 'cosineDecay'? It is one of exponentialDecay, piecewiseConstantDecay, polynomialDecay, inverseTimeDecay, cosineDecay, cosineDecayRestarts, warmup",
  ],
];

const SAME_FORM = 'parameters and gradients must be trees of the same form';

const steps: Bad[] = [
  [
    ({ sgd, x }) => sgd.step([x], [x]),
    ArgumentError,
    'sgd: parameter [0] is not a variable; make it one: variable(tensor)',
  ],
  [
    ({ adam, x }) => adam.step(x, x),
    ArgumentError,
    'adam: the parameter is not a variable; make it one: variable(tensor)',
  ],
  [
    ({ sgd, p, w }) => sgd.step({ a: p }, { b: w }),
    ArgumentError,
    `sgd: ${SAME_FORM}; .a stands in one of them only`,
  ],
  [
    ({ sgd, p, w }) => sgd.step([p], [w, w]),
    ArgumentError,
    `sgd: ${SAME_FORM}; [1] stands in one of them only`,
  ],
  [
    ({ adam, p, w }) => adam.step(p, [w]),
    ArgumentError,
    `adam: ${SAME_FORM}; one of them is a single tensor`,
  ],
  [
    ({ sgd, p }) => sgd.step([p], bad(undefined)),
    ArgumentError,
    'sgd: expected a tensor, or an array or plain object of them, got undefined',
  ],
  [
    ({ sgd, p }) => sgd.step([p], [bad(Promise.resolve())]),
    ArgumentError,
    'sgd: expected a tensor, or an array or plain object of them, got a Promise at [0]',
  ],
  [({ sgd, p, v }) => sgd.step([p], [v]), ShapeError, 'sgd: parameter [0] has shape [2], its gradient [3]'],
  [
    ({ adam, p, q, w, x }) => adam.step({ p, q }, { p: w, q: x }),
    ShapeError,
    'adam: parameter .q has shape [3], its gradient [2, 3]',
  ],
  [({ sgd, p, k }) => sgd.step([p], [k]), DTypeError, 'sgd: parameter [0] is float32, its gradient int32'],
  [
    ({ sgd, k, once }) => sgd.step([once('int', () => variable(k))], [k]),
    DTypeError,
    'sgd: parameter [0] is int32; only float32 and float64 variables are updated',
  ],
  [
    ({ adam, half, once }) => adam.step([once('half', () => variable(half))], [half]),
    DTypeError,
    'adam: parameter [0] is float16; only float32 and float64 variables are updated',
  ],
  [
    ({ sgd, p, w }) => sgd.step([p, p], [w, w]),
    ArgumentError,
    'sgd: a variable stands twice among the parameters',
  ],
  [
    ({ sgd, p, q, w, gone }) => sgd.step([p, q], [w, gone]),
    ShapeError,
    'sgd: parameter [1] has shape [3], its gradient [2, 3]',
  ],
  [
    ({ adam, once, gone, x }) => adam.step([once('matrix', () => variable(x))], [gone]),
    DisposedError,
    `adam: ${GONE}`,
  ],
  [({ sgd, lost, w }) => sgd.step([lost], [w]), DisposedError, `sgd: ${LOST}`],
  [
    ({ sgd, p, away }) => sgd.step([p], [away]),
    DeviceError,
    `sgd: parameter [0] is on ${KIND}, its gradient on another device (cpu)`,
  ],
  [
    ({ sgd, closed, once }) => sgd.step([once('closed', () => variable(closed))], [closed]),
    DeviceLostError,
    `variable: ${CLOSED}`,
  ],
  [
    ({ sgd, p, w }) => {
      const rate = sgd.learningRate;
      try {
        sgd.learningRate = Number.NaN;
        sgd.step([p], [w]);
      } finally {
        sgd.learningRate = rate;
      }
    },
    ArgumentError,
    'sgd: learningRate must be a number of at least 0, got NaN',
  ],
];

const assignments: Bad[] = [
  [({ p, v }) => p.assign(v), ShapeError, 'assign: a variable of shape [2] cannot take [3]'],
  [
    ({ p, k }) => p.assign(k),
    DTypeError,
    "assign: a float32 variable cannot take int32; convert with .astype('float32')",
  ],
  [
    ({ p }) => p.assign(bad([1, 2])),
    ArgumentError,
    'assign: takes a tensor, got [1, 2]; wrap it: tensor(...)',
  ],
  [({ p }) => loose(p).assign?.(), ArgumentError, 'assign: takes a tensor, got undefined'],
  [({ p, gone }) => p.assign(gone), DisposedError, `assign: ${GONE}`],
  [({ lost, w }) => lost.assign(w), DisposedError, `assign: ${LOST}`],
  [
    ({ p, away }) => p.assign(away),
    DeviceError,
    `assign: the variable is on ${KIND}, the value on another device (cpu); move it: await t.to(device)`,
  ],
  [({ gone }) => variable(gone), DisposedError, `variable: ${GONE}`],
];

export const training = [...optimizerOptions, ...moreOptions, ...steps, ...assignments];
