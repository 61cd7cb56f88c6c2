/** @file The export tapegrad/landscape. */
import './index.ts'; // the engine whole: its operations, and the device that there is before init()

export { type Rgb, viridis } from './landscape/colors.ts';
export { type InterpolateOptions, type Interpolation, interpolate } from './landscape/interpolate.ts';
export { Landscape, landscape } from './landscape/landscape.ts';
export type { LandscapeOptions, Span } from './landscape/landscape_options.ts';
export { type LogScale, logScale } from './landscape/log_scale.ts';
export type { LossesOptions } from './landscape/losses.ts';
export { type Path, type Trajectory, type TrajectoryOptions, trajectory } from './landscape/trajectory.ts';
