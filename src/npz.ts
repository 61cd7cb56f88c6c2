/** @file The export tapegrad/npz. It needs the package fflate: `npm install fflate`. */
import './index.ts'; // the engine whole: its operations, and the device that there is before init()

export { loadNpz, type NpzOptions, saveNpz } from './io/npz.ts';
