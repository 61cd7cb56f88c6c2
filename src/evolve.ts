/** @file The entry `tapegrad/evolve`. */
import './index.ts'; // the engine whole: its operations, and the device that there is before init()

export { population } from './evolve/population.ts';
