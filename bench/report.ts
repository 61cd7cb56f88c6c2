/** @file What the benchmark found, as types, and as a table for people. Pure. */
import { type Product, productName } from './products.ts';

/** Medians, between quartiles. */
export interface Rate {
  readonly gflops: number;
  readonly low: number;
  readonly high: number;
}

export interface Row extends Product {
  readonly webgpu: Rate;
  readonly cpu: Rate;
  /** WebGPU's median over the CPU's. */
  readonly ratio: number;
  readonly rounds: number;
}

export interface Outcome {
  readonly adapter: string;
  /** Whether WebGPU ran without a GPU. */
  readonly software: boolean;
  readonly userAgent: string;
  readonly rows: readonly Row[];
  /** Why the run is no success; empty where it is one. */
  readonly problems: readonly string[];
}

export type BenchEvent =
  | { readonly type: 'device'; readonly adapter: string; readonly software: boolean }
  | { readonly type: 'row'; readonly row: Row }
  | { readonly type: 'problem'; readonly text: string };

/** Three digits: 0.0123, 1.23, 45.6, 789, 12,300. */
export function threeDigits(x: number): string {
  if (!(x > 0)) return String(x);
  const rounded = Number(x.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(rounded)));
  return rounded.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

function rateText({ gflops, low, high }: Rate): string {
  return `${threeDigits(gflops).padStart(7)} (${threeDigits(low)} to ${threeDigits(high)})`;
}

/** Widths of the columns, and which of them is written to the right. */
const COLUMNS = [
  { head: 'product', width: 21 },
  { head: ' WebGPU GFLOP/s', width: 26 },
  { head: ' CPU GFLOP/s', width: 26 },
  { head: 'WebGPU/CPU', width: 10, right: true },
  { head: 'rounds', width: 8, right: true },
];

function line(cells: readonly string[]): string {
  return COLUMNS.map(({ width, right }, i) => {
    const cell = cells[i] as string;
    return right ? cell.padStart(width) : cell.padEnd(width);
  }).join('');
}

export function tableHead(): string {
  const head = line(COLUMNS.map((column) => column.head));
  return `${head}\n${'─'.repeat(head.length)}`;
}

export function tableRow(row: Row): string {
  const rounds = String(row.rounds);
  return line([productName(row), rateText(row.webgpu), rateText(row.cpu), threeDigits(row.ratio), rounds]);
}

/** A name for files: small letters, digits and hyphens. */
export function slug(text: string): string {
  const short = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  return short.replace(/^-+|-+$/g, '') || 'unknown';
}
