/**
 * @file The one worker of the page: what it serves is its name. One file, so that the engine is loaded once; the digits come with
 * it, and other services when they are asked for.
 */
import { serveDigits } from './digits/serve.ts';

export type Service = 'digits' | 'line' | 'landscape' | 'race' | 'evolve';

const services: Readonly<Record<Exclude<Service, 'digits'>, () => Promise<() => void>>> = {
  line: async () => (await import('./line/serve.ts')).serveLine,
  landscape: async () => (await import('./landscape/serve.ts')).serveLandscape,
  race: async () => (await import('./race/serve.ts')).serveRace,
  evolve: async () => (await import('./evolve/serve.ts')).serveEvolve,
};

/** Messages that come while a service is loaded are kept for it. */
async function serve(name: keyof typeof services): Promise<void> {
  const early: unknown[] = [];
  const keep = ({ data }: MessageEvent) => void early.push(data);
  self.addEventListener('message', keep);
  const start = await services[name]();
  self.removeEventListener('message', keep);
  start();
  for (const data of early) self.dispatchEvent(new MessageEvent('message', { data }));
}

if (self.name === 'digits') serveDigits();
else void serve(self.name as keyof typeof services);
