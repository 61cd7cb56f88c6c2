/** @file The export tapegrad/npz. It needs the package fflate: `npm install fflate`. */
export { loadNpz, type NpzOptions, saveNpz } from './io/npz.ts';
