/** @file The one worker of the page: what it serves is its name. One file, so that the engine is loaded once. */
import { serveDigits } from './digits/serve.ts';
import { serveLine } from './line/serve.ts';
import { serveRace } from './race/serve.ts';

const services: Readonly<Record<string, () => void>> = {
  digits: serveDigits,
  line: serveLine,
  race: serveRace,
};

services[self.name]?.();
