/** @file The entry `tapegrad/evolve`. */
import './index.ts'; // the engine whole: its operations, and the device that there is before init()

export {
  type EvolveOptions,
  type EvolveResult,
  type EvolveState,
  evolve,
  type Generation,
  type Individual,
} from './evolve/evolve.ts';
export type { HiddenLayer, Member, MemberOptions, PopulationActivation } from './evolve/member.ts';
export {
  type Population,
  type PopulationFitOptions,
  type PopulationLogs,
  type PopulationOptions,
  type PopulationState,
  population,
} from './evolve/population.ts';
