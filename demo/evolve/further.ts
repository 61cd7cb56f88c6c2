/** @file A net of the search as the section of the digits has it. Pure. */
import type { EvolveState, Member } from 'tapegrad/evolve';
import { ACTIVATIONS, L2, RATES, type Settings, together } from '../digits/settings.ts';
import type { SavedLayer } from '../digits/weights.ts';

/** The nearest of a list, by ratio. */
const nearest = <T extends number>(list: readonly T[], value: number): T => {
  const off = (n: number) => Math.abs(Math.log(n / value));
  return list.reduce((best, n) => (off(n) < off(best) ? n : best));
};

/** Layers as they are; how it trains as near as there is something to choose from. */
export function settingsFor({ hidden, learningRate, l2 }: Member): Partial<Settings> {
  return {
    hidden: hidden.map(({ units }) => units),
    activation: together(
      hidden.flatMap(({ activation }) => ACTIVATIONS.filter((name) => name === activation)),
    ),
    optimizer: 'adam',
    learningRate: nearest(RATES, learningRate),
    l2: l2 > 0 ? nearest(L2.slice(1), l2) : 0,
    dropout: 0,
  };
}

export const savedLayer = ({
  kernel,
  bias,
}: EvolveState['parents'][number]['layers'][number]): SavedLayer => ({
  w: Float32Array.from(kernel),
  b: Float32Array.from(bias),
});
