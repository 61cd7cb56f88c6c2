/**
 * @file The text that fills the slots of elementwise.wgsl and elementwise_rows.wgsl: the formula, the operands, and how
 * each of them is read.
 */
import type { Dispatch } from '../device/device.ts';
import { mathFunctions, type wgslType } from './wgsl.ts';

export const NAMES: readonly string[] = ['a', 'b', 'c', 'd'];
const COMPONENTS = ['x', 'y', 'z', 'w'];

type Type = ReturnType<typeof wgslType>;
type Slots = NonNullable<Dispatch['slots']>;

/** What an operand is to the shader: its name in the formula, its type, and its place among the buffers if it has one. */
export interface Role {
  readonly name: string;
  readonly type: Type;
  /** Undefined for a number. */
  readonly buffer: number | undefined;
}

type Values =
  /** Four elements, one vector in memory. */
  | 'vector'
  /** Four elements, each by itself. */
  | 'elements'
  /** One element for all four. */
  | 'one'
  /** One element, where a thread takes one. */
  | 'element';

/** How an operand is read; `once` where it is the same in every row, `square` where its vectors lie across the rows. */
export type Reading = Values | `${Values} once` | 'square';

/** The values, and 0 where there are fewer than four. */
export const four = (values: readonly number[]): number[] => COMPONENTS.map((_, k) => values[k] ?? 0);

/** The slots that both shaders have; `buffers` is how the result and the operands are typed. */
function commonSlots(
  expression: string,
  roles: readonly Role[],
  result: Type,
  element: (type: Type, buffer: number | undefined) => string,
): Slots {
  const parameters = roles.map(({ name, type }) => `${name}: ${type}`).join(', ');
  const inOrder = [...roles]
    .filter((r) => r.buffer === undefined)
    .sort((a, b) => b.type.localeCompare(a.type)); // i32 first
  return {
    scalars: inOrder.map(({ name, type }) => `  ${name}: ${type},`).join('\n'),
    formula: `${mathFunctions(expression)}\nfn f(${parameters}) -> ${result} { return ${expression}; }`,
    result: `@group(0) @binding(1) var<storage, read_write> y: array<${element(result, undefined)}>;`,
    operands: roles
      .flatMap(({ name, type, buffer }) =>
        buffer === undefined
          ? []
          : [
              `@group(0) @binding(${buffer + 2}) var<storage, read> ${name}: array<${element(type, buffer)}>;`,
            ],
      )
      .join('\n'),
  };
}

/**
 * Whether the formula may stand in a loop, or many times. SwiftShader compiles pow_, four times in a loop, for a minute;
 * and where there is much to compute, memory does not decide.
 */
export const isLight = (expression: string): boolean => mathFunctions(expression).length < 400;

/** The formula of four elements at a time; `suffix` makes the names of the operands' values. */
function vectorOf(roles: readonly Role[], result: Type, suffix: string): string {
  const values = COMPONENTS.map((c) => `f(${roles.map(({ name }) => `${name}${suffix}.${c}`).join(', ')})`);
  return `vec4<${result}>(${values.join(', ')})`;
}

export function flatSlots(
  expression: string,
  roles: readonly Role[],
  result: Type,
  readings: readonly Reading[],
): Slots {
  const isOne = ({ buffer }: Role) => buffer === undefined || readings[buffer] === 'one';
  const load = ({ name, type, buffer }: Role): string => {
    if (buffer === undefined) return `  let ${name}4 = vec4<${type}>(params.${name});`;
    const start = `params.operands.${COMPONENTS[buffer]}`;
    return readings[buffer] === 'one'
      ? `  let ${name}4 = vec4<${type}>(${name}[${start}]);`
      : `    let ${name}4 = ${name}[${start} + i];`;
  };
  return {
    ...commonSlots(expression, roles, result, (type, buffer) =>
      buffer !== undefined && readings[buffer] === 'one' ? type : `vec4<${type}>`,
    ),
    once: roles.filter(isOne).map(load).join('\n'),
    load: roles
      .filter((r) => !isOne(r))
      .map(load)
      .join('\n'),
    vectors: isLight(expression)
      ? '  for (var i = first; i < end; i += LANES) {'
      : '  let i = first; if (i < end) {',
    store: `    y[params.result + i] = ${vectorOf(roles, result, '4')};`,
  };
}

/** `ragged`: squares may reach below the last row. */
export function rowSlots(
  expression: string,
  roles: readonly Role[],
  result: Type,
  width: 1 | 4,
  readings: readonly Reading[],
  ragged: boolean,
): Slots {
  const readingOf = ({ buffer }: Role): Reading =>
    buffer === undefined ? (width === 4 ? 'one once' : 'element once') : (readings[buffer] as Reading);
  const squares = roles.filter((r) => readingOf(r) === 'square');
  const step = squares.length > 0 ? 4 : 1;
  const isOnce = (r: Role) => readingOf(r).endsWith('once');
  /** Gives the operand's values in row k of a step their name. */
  const load = (role: Role, k: number): string => {
    const { name, type, buffer } = role;
    const component = COMPONENTS[buffer ?? 0];
    const start = isOnce(role) ? `at.${component}` : `${name}_at`;
    const place = k === 0 ? start : `(${start} + ${k} * rows.operands.${component})`;
    const elements = [0, 1, 2, 3].map((j) => `${name}[${place} + ${j} * columns.operands.${component}]`);
    const [values] = readingOf(role).split(' ') as [Values | 'square'];
    const value = {
      square: `vec4<${type}>(${[0, 1, 2, 3].map((j) => `${name}${j}.${COMPONENTS[k]}`).join(', ')})`,
      vector: `${name}[${place} >> 2u]`,
      elements: `vec4<${type}>(${elements.join(', ')})`,
      one: `vec4<${type}>(${buffer === undefined ? `params.${name}` : `${name}[${place}]`})`,
      element: buffer === undefined ? `params.${name}` : `${name}[${place}]`,
    }[values];
    return `let ${name}_ = ${value};`;
  };
  const loadSquare = ({ name, buffer }: Role): string => {
    const component = COMPONENTS[buffer ?? 0];
    return [0, 1, 2, 3]
      .map((j) => `    let ${name}${j} = ${name}[(${name}_at + ${j} * columns.operands.${component}) >> 2u];`)
      .join('\n');
  };
  const row = (k: number): string => {
    const loads = roles.filter((r) => !isOnce(r)).map((r) => load(r, k));
    const place = k === 0 ? 'to' : `(to + ${k} * rows.result)`;
    const store =
      width === 4
        ? `y[${place} >> 2u] = ${vectorOf(roles, result, '_')};`
        : `y[${place}] = f(${roles.map(({ name }) => `${name}_`).join(', ')});`;
    return `    ${k > 0 && ragged ? `if (row + ${k}u < end) ` : ''}{ ${loads.join(' ')} ${store} }`;
  };
  const inVectors = (reading: Reading | undefined) =>
    reading === undefined ? width === 4 : reading === 'square' || reading.startsWith('vector');
  return {
    ...commonSlots(expression, roles, result, (type, buffer) =>
      inVectors(buffer === undefined ? undefined : readings[buffer]) ? `vec4<${type}>` : type,
    ),
    // Scalars of their own: SwiftShader keeps a vector that changes in a loop in memory.
    once: roles
      .map((r) => (isOnce(r) ? `  ${load(r, 0)}` : `  var ${r.name}_at = at.${COMPONENTS[r.buffer ?? 0]};`))
      .join('\n'),
    rows:
      isLight(expression) && step === 1
        ? '  for (var row = first; row < end; row++) {'
        : '  let row = first; {',
    row: [...squares.map(loadSquare), ...Array.from({ length: step }, (_, k) => row(k))].join('\n'),
    next: [
      ...roles
        .filter((r) => !isOnce(r))
        .map(({ name, buffer }) => `    ${name}_at += rows.operands.${COMPONENTS[buffer ?? 0]};`),
      '    to += rows.result;',
    ].join('\n'),
  };
}
