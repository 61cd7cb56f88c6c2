/** @file The entry `tapegrad/data`. */
export { type BatchesOptions, batches, type Digits, type DigitsOptions, digits } from './index.ts';
