/** @file The worker's part of the line: all epochs at once, which takes a moment. */
import { course } from './compute.ts';

export function serveLine(): void {
  void course().then((epochs) => self.postMessage(epochs));
}
