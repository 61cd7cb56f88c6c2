/** @file The callbacks, by Keras' defaults and behaviour. */
import { type Callback, requireCallback } from './callback.ts';
import { csvLogger, modelCheckpoint } from './callbacks/keeping.ts';
import { learningRateScheduler, reduceLROnPlateau } from './callbacks/rates.ts';
import { earlyStopping, terminateOnNaN } from './callbacks/stopping.ts';
import { progressBar } from './progress.ts';

/** Callbacks for `fit`. One of your own is an object with any of the same methods; see `Callback`. */
export const callbacks = {
  earlyStopping,
  modelCheckpoint,
  learningRateScheduler,
  reduceLROnPlateau,
  csvLogger,
  terminateOnNaN,
  progressBar,
  /** A callback of these functions, for who knows it by this name from Keras: the object itself would do. */
  lambdaCallback: (functions: Callback): Callback => {
    requireCallback('lambdaCallback', functions);
    return { ...functions };
  },
};
