/**
 * @file Small helps for writing the text that fills a shader's slots: type names, and the functions of
 * math.wgsl and integer.wgsl that an expression uses, with the functions that those use.
 */
import integer from '../../shaders/integer.wgsl?raw';
import math from '../../shaders/math.wgsl?raw';
import type { DType } from '../core/dtype.ts';

/** How a dtype lies in GPU memory: bool as 0 and 1 in an i32. */
export function wgslType(dtype: DType): 'f32' | 'i32' {
  return dtype === 'float32' ? 'f32' : 'i32';
}

const definitions = new Map<string, string>();
for (const [text, name] of `${math}\n${integer}`.matchAll(/^fn (\w+)\((?:.*\}$|[\s\S]*?^\})/gm))
  definitions.set(name as string, text);

const collected = new Map<string, string>();

/** The definitions from math.wgsl and integer.wgsl that the text calls, directly or not. */
export function mathFunctions(text: string): string {
  const known = collected.get(text) ?? collect(text);
  collected.set(text, known);
  return known;
}

function collect(text: string): string {
  const found = new Set<string>();
  const visit = (body: string) => {
    for (const [, name] of body.matchAll(/\b(\w+)\(/g)) {
      const definition = definitions.get(name as string);
      if (definition === undefined || found.has(definition)) continue;
      found.add(definition);
      visit(definition);
    }
  };
  visit(text);
  return [...found].join('\n');
}

/** Spreads a count of workgroups over two grid dimensions: one holds 65,535 at most. */
export function grid(groups: number): [number, number] {
  const y = Math.ceil(groups / 65535);
  return [Math.ceil(groups / Math.max(y, 1)), y];
}
