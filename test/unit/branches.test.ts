// Branches on override constants, settled as text: what goes, what stays, and that nothing else is touched.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settleBranches } from '../../src/device/webgpu/branches.ts';

const text = (...lines: string[]) => lines.join('\n');

it('leaves out what the constants rule out, on one line and on many', () => {
  const code = text(
    'fn main() {',
    '  if (WIDE > 1) { b(); }',
    '  if (WIDE > 3) { c(); }',
    '  if (STEP == 1) {',
    '    d();',
    '    for (var i = 0u; i < 4; i++) {',
    '      e();',
    '    }',
    '  }',
    '  if (!RAGGED) { return; }',
    '  f();',
    '}',
  );
  expect(settleBranches(code, { WIDE: 2, STEP: 4, RAGGED: 0 })).toBe(
    text('fn main() {', '  if (WIDE > 1) { b(); }', '  if (!RAGGED) { return; }', '  f();', '}'),
  );
  expect(settleBranches(code, { WIDE: 1, STEP: 4, RAGGED: 1 })).toBe(text('fn main() {', '  f();', '}'));
  expect(settleBranches(code, { WIDE: 4, STEP: 1, RAGGED: 0 })).toBe(code);
  expect(settleBranches(code, {})).toBe(code);
});

it('keeps the side of an else that is left, and settles what is in it', () => {
  const code = text(
    '  if (FLAT) {',
    '    if (TALL > 1) { a(); }',
    '    b();',
    '  } else {',
    '    if (TALL > 1) {',
    '      c();',
    '    }',
    '    d();',
    '  }',
    '  if (ROLLED) { for (;;) { e(); } } else { f(); }',
    '  g();',
  );
  expect(settleBranches(code, { FLAT: 1, TALL: 1, ROLLED: 1 })).toBe(
    text('  {', '    b();', '  }', '  { for (;;) { e(); } }', '  g();'),
  );
  expect(settleBranches(code, { FLAT: 0, TALL: 1, ROLLED: 0 })).toBe(
    text('  {', '    d();', '  }', '  { f(); }', '  g();'),
  );
  expect(settleBranches(code, { FLAT: 0, TALL: 2 })).toBe(
    text(
      '  {',
      '    if (TALL > 1) {',
      '      c();',
      '    }',
      '    d();',
      '  }',
      '  if (ROLLED) { for (;;) { e(); } } else { f(); }',
      '  g();',
    ),
  );
});

it('needs one false term of several, and all for true', () => {
  const code = text(
    '  if (SUMS && row == 0) { a(); }',
    '  if (TALL == 1 && WIDE == 1) { b(); } else { c(); }',
  );
  expect(settleBranches(code, { SUMS: 0, TALL: 1, WIDE: 2 })).toBe('  { c(); }');
  expect(settleBranches(code, { SUMS: 1, TALL: 1, WIDE: 1 })).toBe(
    text('  if (SUMS && row == 0) { a(); }', '  { b(); }'),
  );
  expect(settleBranches(code, { SUMS: 1, TALL: 1 })).toBe(code);
});

it('does not touch chains, calls, and conditions on anything else', () => {
  const code = text(
    '  if (PHASE == 1) {',
    '    a();',
    '  } else if (PHASE == 2) {',
    '    b();',
    '  }',
    '  if (count(WIDE) > 3) { c(); }',
    '  if (WIDE > 3 || row == 0) { d(); }',
    '  if (params.m > 3) { e(); }',
    '  if (WIDE > 3) { // by way of an exception',
    '    f();',
    '  }',
    '  let WIDE_ = 1;',
  );
  expect(settleBranches(code, { PHASE: 2, WIDE: 1 })).toBe(code);
});

it('leaves every shader in balance, whatever its constants are', () => {
  const folder = new URL('../../shaders/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.wgsl'));
  expect(files.length).toBeGreaterThan(30);
  for (const file of files) {
    const code = readFileSync(new URL(file, folder), 'utf8');
    const plain = (text: string) => text.replace(/\/\/.*/g, ''); // comments have half-open intervals
    const names = [...code.matchAll(/^override ([A-Z]+)/gm)].map(([, name]) => name as string);
    for (const value of [0, 1, 2, 4]) {
      const settled = plain(settleBranches(code, Object.fromEntries(names.map((name) => [name, value]))));
      for (const [open, close] of ['{}', '()'])
        expect(settled.split(open as string).length, `${file}, ${value}`).toBe(
          settled.split(close as string).length,
        );
      expect(settled.match(/^fn \w+/gm)).toEqual(code.match(/^fn \w+/gm));
    }
  }
});
