/** @file Weights as a file of the page: settings and layers, read back only where they belong together. */
import { type Settings, settingsOf } from './settings.ts';
import { fits, type SavedLayer } from './weights.ts';

const FORMAT = 'tapegrad digits 1';

interface Content {
  readonly format: typeof FORMAT;
  readonly settings: Settings;
  readonly layers: readonly { readonly w: readonly number[]; readonly b: readonly number[] }[];
}

export function writeFile(settings: Settings, layers: readonly SavedLayer[]): Blob {
  const content: Content = {
    format: FORMAT,
    settings,
    layers: layers.map(({ w, b }) => ({ w: [...w], b: [...b] })),
  };
  return new Blob([JSON.stringify(content)], { type: 'application/json' });
}

/** Throws where the text is not such a file. */
export function readFile(text: string): { settings: Settings; layers: SavedLayer[] } {
  const content = JSON.parse(text) as Partial<Content>;
  if (content?.format !== FORMAT) throw new TypeError(`the format is not "${FORMAT}"`);
  const settings = settingsOf(
    new URLSearchParams(
      Object.entries(content.settings ?? {}).map(([name, value]): [string, string] => [
        name === 'learningRate' ? 'rate' : name,
        String(value),
      ]),
    ),
  );
  const given = content.layers ?? [];
  const finite = (list: readonly unknown[]) =>
    Array.from(list, (v) => typeof v === 'number' && Number.isFinite(Math.fround(v))).every(Boolean);
  if (!given.every(({ w, b }) => finite(w) && finite(b)))
    throw new TypeError('some of its weights are not finite'); // JSON has null for those
  const layers = given.map(({ w, b }) => ({ w: Float32Array.from(w), b: Float32Array.from(b) }));
  if (!fits(layers, settings)) throw new TypeError('its weights do not fit its layers');
  return { settings, layers };
}
