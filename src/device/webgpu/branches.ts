/**
 * @file Settles branches on override constants before a shader is compiled: compilers take their time over code that never
 * runs, a tenth of it in the products. Reads the layout of shaders/, where a block closes at the indentation of its `if`.
 */

type Constants = Readonly<Record<string, number>>;

/** `NAME`, `!NAME`, `NAME == 1` or `NAME > 1`. */
const TERM = /^(!?)([A-Z]+)(?: (==|>) (\d+))?$/;

/** Whether a condition holds, as far as the constants tell: one false term is enough for false. */
function holds(condition: string, constants: Constants): boolean | undefined {
  const terms = condition.split(' && ').map((term) => {
    const [, not, name = '', relation, number] = TERM.exec(term) ?? [];
    const value = constants[name];
    if (value === undefined) return undefined;
    if (relation === '==') return value === Number(number);
    if (relation === '>') return value > Number(number);
    return (value !== 0) === (not === '');
  });
  if (terms.includes(false)) return false;
  return terms.includes(undefined) ? undefined : true;
}

/** The text without the branches that these constants leave out. The others keep their condition. */
export function settleBranches(code: string, constants: Constants): string {
  const lines = code.split('\n');
  const kept: string[] = [];
  for (let k = 0; k < lines.length; k++) {
    const line = lines[k] as string;
    const [, indent = '', condition = '', rest = ''] = /^( *)if \(([^()]+)\) \{(.*)$/.exec(line) ?? [];
    const readable = condition !== '' && /^$|\}$/.test(rest);
    const value = readable ? holds(condition, constants) : undefined;
    if (value === undefined) {
      kept.push(line);
      continue;
    }
    if (rest !== '') {
      const [then = '', otherwise] = rest.slice(0, rest.lastIndexOf('}')).split('} else {');
      if (value) kept.push(otherwise === undefined ? line : `${indent}{${then}}`);
      else if (otherwise !== undefined) kept.push(`${indent}{${otherwise}}`);
      continue;
    }
    const next = (from: number) => lines.findIndex((l, i) => i > from && l.startsWith(`${indent}}`));
    const middle = next(k);
    const end = lines[middle] === `${indent}} else {` ? next(middle) : middle;
    if (lines[end] !== `${indent}}`) {
      kept.push(line); // a chain of else if
      continue;
    }
    const inner = value ? lines.slice(k + 1, middle) : lines.slice(middle + 1, end);
    if (value || end > middle) {
      const opening = end > middle ? `${indent}{` : line;
      kept.push(opening, settleBranches(inner.join('\n'), constants), `${indent}}`);
    }
    k = end;
  }
  return kept.join('\n');
}
