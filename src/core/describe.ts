/** @file Values in words, for messages: short, on one line, and whatever the value is, never an error themselves. Pure. */

/** Entries of an array, and characters of a string, that are shown. */
const ENTRIES = 8;
const CHARACTERS = 60;
/** How deep nested arrays are shown; one may contain itself. */
const DEPTH = 3;

/** `'x'`, `[1, 2]`, `a float32 tensor [2, 3]`, `a function`, `a Promise`, `an object`, ... */
export function describe(value: unknown, depth = DEPTH): string {
  if (typeof value === 'string')
    return value.length > CHARACTERS ? `'${value.slice(0, CHARACTERS)}…'` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return describeArray(value, depth);
  const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
  if (typeof dtype === 'string' && Array.isArray(shape))
    return `${withArticle(`${dtype} tensor`)} ${describeArray(shape, depth)}`;
  const { name } = Object.getPrototypeOf(value)?.constructor ?? Object;
  return withArticle(name === 'Object' ? 'object' : String(name));
}

/** The same of what should have been a tensor, with the cure where it can be made one. */
export function describeOperand(value: unknown): string {
  let first = value;
  for (let depth = 0; Array.isArray(first) && depth < DEPTH; depth++) first = first[0];
  const holds = typeof first === 'number' || typeof first === 'boolean' || ArrayBuffer.isView(first);
  return `${describe(value)}${holds ? '; wrap it: tensor(...)' : ''}`;
}

function describeArray(values: readonly unknown[], depth: number): string {
  if (depth === 0 && values.length > 0) return '[…]';
  const shown = Array.from(values.slice(0, ENTRIES), (v) => describe(v, depth - 1)); // holes are undefined
  return `[${[...shown, ...(values.length > ENTRIES ? ['…'] : [])].join(', ')}]`;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
