/** @file The pieces that the plots of the benchmarks are drawn with: SVG elements as text, ticks and scales. Pure. */

export const INK = '#1f2937';
export const SOFT = '#4b5563';
export const GRID = '#e5e7eb';
export const FRAME = '#9ca3af';
export const WARNING = '#b91c1c';

export type Attributes = Readonly<Record<string, string | number>>;

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

export const number = (x: number): string => String(Math.round(x * 100) / 100);

export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? number(value) : escaped(value)}"`,
  );
  return content === ''
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${content}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, fill: INK, 'font-size': 14, ...attributes }, escaped(content));
}

export function circle(x: number, y: number, radius: number, look: Attributes): string {
  return element('circle', { cx: x, cy: y, r: radius, ...look });
}

export function diamond(x: number, y: number, radius: number, look: Attributes): string {
  const reach = radius * 1.3; // looks as large as the circle
  const corners = [
    [x, y - reach],
    [x + reach, y],
    [x, y + reach],
    [x - reach, y],
  ] as const;
  return element('polygon', {
    points: corners.map(([cx, cy]) => `${number(cx)},${number(cy)}`).join(' '),
    ...look,
  });
}

/** Round numbers within a range for a logarithmic axis: powers of ten, with 2 and 5 between where there is room. */
export function decimalTicks(low: number, high: number): number[] {
  const steps = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  const out: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= low && tick <= high) out.push(tick);
    }
  return out;
}

/** Powers of two within a range. */
export function binaryTicks(low: number, high: number): number[] {
  const out: number[] = [];
  for (let tick = 2 ** Math.ceil(Math.log2(low)); tick <= high; tick *= 2) out.push(tick);
  return out;
}

export type Scale = (value: number) => number;

/** From [low, high] to [from, to], by logarithms. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  return (value) => from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
}

/** A whole picture of that size. */
export function picture(width: number, height: number, title: string, body: readonly string[]): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'font-family': 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif',
  };
  const sheet = [
    element('title', {}, escaped(title)),
    element('rect', { width, height, fill: '#ffffff' }),
    ...body,
  ];
  return `${element('svg', attributes, `\n${sheet.join('\n')}\n`)}\n`;
}
