/**
 * @file An elementwise formula as one dispatch. Contiguous operands go four elements at a time, others through their
 * strides; a number travels in the uniforms. The text of a variant is made once.
 */
import flatSource from '../../shaders/elementwise.wgsl?raw';
import stridedSource from '../../shaders/elementwise_strided.wgsl?raw';
import { broadcastLayout, collapse, isContiguous, MAX_RANK, sizeOf } from '../core/shape.ts';
import type { Dispatch, Operand } from '../device/device.ts';
import { grid, mathFunctions, wgslType } from './wgsl.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const COMPONENTS = ['x', 'y', 'z', 'w'];
const WORKGROUP = 64;

type Type = ReturnType<typeof wgslType>;
type Slots = NonNullable<Dispatch['slots']>;

/** What an operand is to the shader: its name in the formula, its type, and its place among the buffers if it has one. */
interface Role {
  readonly name: string;
  readonly type: Type;
  /** Undefined for a number. */
  readonly buffer: number | undefined;
}

/** Dispatches `expression` of the operands (a, b, c) into `y`; the operands broadcast to it. */
export function mapDispatch(expression: string, operands: readonly Operand[], y: Operand): Dispatch {
  const inputs = operands.map((x) => ({ ...x, ...broadcastLayout(x, y.shape) }));
  const size = sizeOf(y.shape);
  const tensors = inputs.filter((x) => x.storage.constant === undefined);
  const roles = inputs.map((x, k): Role => {
    const place = tensors.indexOf(x);
    return { name: NAMES[k] as string, type: wgslType(x.dtype), buffer: place < 0 ? undefined : place };
  });
  const numbers = (type: Type): number[] =>
    inputs.flatMap((x, k) => (roles[k]?.type === type ? [x.storage.constant ?? []].flat() : []));
  const isFlat = (x: Operand) => isContiguous(x) && x.offset === 0 && sizeOf(x.shape) === size;
  // The last vector may reach behind the result: into padding, but in a window of a larger storage into its neighbours.
  const flat = isFlat(y) && y.storage.length === size && tensors.every(isFlat);
  const result = wgslType(y.dtype);
  const variant = `${result} ${roles.map((r) => r.type + (r.buffer ?? '#')).join(' ')} ${expression}`;
  const shared = {
    buffers: [
      { storage: y.storage, access: 'read_write' as const },
      ...tensors.map(({ storage }) => ({ storage, access: 'read' as const })),
    ],
    floats: numbers('f32'),
  };
  if (flat) {
    const vectors = Math.ceil(size / 4);
    return {
      ...shared,
      source: flatSource,
      shader: 'elementwise',
      key: variant,
      slots: once(`flat ${variant}`, () => flatSlots(expression, roles, result)),
      constants: { WORKGROUP },
      integers: [vectors, ...numbers('i32')],
      workgroups: grid(Math.ceil(vectors / WORKGROUP)),
      work: size * 8,
    };
  }
  const { shape, strides } = collapse(y.shape, [y.strides, ...tensors.map((x) => x.strides)]);
  const axes = Array.from({ length: MAX_RANK }, (_, d) => {
    const [to = 0, ...from] = strides.map((s) => s[d] ?? 0);
    return [shape[d] ?? 1, to, 0, 0, ...four(from)];
  });
  return {
    ...shared,
    source: stridedSource,
    shader: 'elementwise_strided',
    key: `${shape.length} ${variant}`,
    slots: once(`strided ${variant}`, () => stridedSlots(expression, roles, result)),
    constants: { WORKGROUP, RANK: shape.length },
    integers: [
      size,
      y.offset,
      0,
      0,
      ...four(tensors.map((x) => x.offset)),
      ...axes.flat(),
      ...numbers('i32'),
    ],
    workgroups: grid(Math.ceil(size / WORKGROUP)),
    work: size * 16,
  };
}

const four = (values: readonly number[]): number[] => COMPONENTS.map((_, k) => values[k] ?? 0);

const texts = new Map<string, Slots>();

function once(variant: string, make: () => Slots): Slots {
  const slots = texts.get(variant) ?? make();
  texts.set(variant, slots);
  return slots;
}

/** The slots that both shaders have; `element` is how the buffers are typed. */
function commonSlots(
  expression: string,
  roles: readonly Role[],
  result: Type,
  element: (type: Type) => string,
): Slots {
  const parameters = roles.map(({ name, type }) => `${name}: ${type}`).join(', ');
  const inOrder = [...roles]
    .filter((r) => r.buffer === undefined)
    .sort((a, b) => b.type.localeCompare(a.type)); // i32 first
  return {
    scalars: inOrder.map(({ name, type }) => `  ${name}: ${type},`).join('\n'),
    formula: `${mathFunctions(expression)}\nfn f(${parameters}) -> ${result} { return ${expression}; }`,
    result: `@group(0) @binding(1) var<storage, read_write> y: array<${element(result)}>;`,
    operands: roles
      .filter((r) => r.buffer !== undefined)
      .map(
        ({ name, type, buffer = 0 }) =>
          `@group(0) @binding(${buffer + 2}) var<storage, read> ${name}: array<${element(type)}>;`,
      )
      .join('\n'),
  };
}

function flatSlots(expression: string, roles: readonly Role[], result: Type): Slots {
  const load = roles.map(({ name, type, buffer }) =>
    buffer === undefined ? `  let ${name}4 = vec4<${type}>(params.${name});` : `  let ${name}4 = ${name}[i];`,
  );
  const values = COMPONENTS.map((c) => `f(${roles.map(({ name }) => `${name}4.${c}`).join(', ')})`);
  return {
    ...commonSlots(expression, roles, result, (type) => `vec4<${type}>`),
    load: load.join('\n'),
    store: `  y[i] = vec4<${result}>(${values.join(', ')});`,
  };
}

function stridedSlots(expression: string, roles: readonly Role[], result: Type): Slots {
  const values = roles.map(({ name, buffer }) =>
    buffer === undefined ? `params.${name}` : `${name}[at.${COMPONENTS[buffer]}]`,
  );
  return {
    ...commonSlots(expression, roles, result, (type) => type),
    store: `  y[to] = f(${values.join(', ')});`,
  };
}
