/**
 * @file docs/ops.md as text. What can be found out is found out: signatures and meanings from the docstrings, dtypes and
 * gradients by calling the operation on the CPU device, what runs on a GPU by having its kernels planned, without one.
 * The rest is in op-notes.ts.
 */
import type { Device, Dispatch, GpuContext, Storage } from '../../src/device/device.ts';
import * as api from '../../src/index.ts';
import { table } from '../../src/ops/table.ts';
import type { Tensor } from '../../src/tensor.ts';
import { type Group, groups, type Note, opCount, type PublicOp, type Trial } from './op-notes.ts';
import { functionOf, methodsOf, type Parameter, type Signature } from './signatures.ts';

const { DTypeError, NotDifferentiableError } = api;

/** Texts of the files of src/ that declare operations. */
export interface Sources {
  readonly tensor: string;
  readonly composite: string;
  readonly create: string;
}

interface Op {
  readonly name: PublicOp;
  readonly signature: Signature;
  readonly note: Note;
}

// --- trials ---

const VALUES = { x: [0.3, -1.2, 0.7, 1.4, -0.4, 2.6], y: [1.1, 0.6, -0.9, 2.3, 1.7, -0.5] };

type Callable = (...args: readonly Tensor[]) => Tensor;

function trialOn(device: Device): Trial {
  return {
    api,
    y: api.tensor(VALUES.y, { shape: [2, 3], device }),
    indices: (...shape) => api.tensor(new Int32Array(shape.reduce((a, b) => a * b, 1)), { shape, device }),
  };
}

/** Calls the operation: as its note says, or with operands alone. */
function attempt({ name, signature, note }: Op, x: Tensor, trial: Trial): Tensor {
  if (note.trial) return note.trial(x, trial);
  const operands = signature.parameters.filter((p) => !p.optional && !p.rest).map(() => trial.y);
  return (x[name as keyof Tensor] as Callable).call(x, ...operands);
}

const values = (device: Device): Tensor => api.tensor(VALUES.x, { shape: [2, 3], device });

// --- dtypes ---

const RULES: Readonly<Record<string, string>> = {
  'int32 int32 float32': 'number',
  'float32 float32 float32': 'float',
  'bool int32 float32': 'any',
  'bool bool bool': 'any → bool',
  'int32 int32 int32': 'any → int32',
  '- float32 -': 'int32 → float32',
};

/** What the operation makes of bool, int32 and float32, by the name that the page's introduction gives to it. */
function dtypesOf(op: Op, device: Device): string {
  if (op.note.dtypes) return op.note.dtypes;
  const results = (['bool', 'int32', 'float32'] as const).map((dtype) => {
    const { indices, y } = trialOn(device);
    try {
      return attempt(op, values(device).abs().astype(dtype), { api, indices, y: y.astype(dtype) }).dtype;
    } catch (error) {
      if (error instanceof DTypeError) return '-';
      throw error;
    }
  });
  return RULES[results.join(' ')] ?? results.join(', ');
}

// --- gradients ---

/** Whether a weighted sum of the result has a gradient by x, and whether it is 0 everywhere. */
function gradientOf(op: Op, device: Device): string {
  const weighted = (x: Tensor): Tensor => {
    const y = attempt(op, x, trialOn(device));
    const weights = api.arange(1, y.size + 1, 1, { device, dtype: 'float32' });
    return y.mul(weights.reshape(y.shape)).sum();
  };
  try {
    const found = api.grad(weighted)(values(device)).dataSync();
    if (found.every((g) => g === 0)) return 'zero';
    return isRow(op.name) ? 'yes' : 'through its parts';
  } catch (error) {
    if (error instanceof NotDifferentiableError || error instanceof DTypeError) return 'none';
    throw error;
  }
}

// --- kernels ---

interface Planned {
  readonly op: string;
  readonly dispatches: readonly Dispatch[];
}

/** A device that plans every kernel for a GPU and runs none. */
function planningDevice(): { device: Device; planned: Planned[] } {
  const planned: Planned[] = [];
  const storage = (dtype: Storage['dtype'], length: number, constant?: number): Storage => ({
    device,
    dtype,
    length,
    bytes: 0,
    madeBy: '',
    references: 1,
    ...(constant === undefined ? {} : { constant }),
  });
  const never = () => {
    throw new Error('docs: a planned kernel has no results');
  };
  const context = {
    scratch: storage,
    opId: 0,
    bindings: 8,
    bindableBytes: Infinity,
    wouldBlock: () => {},
    info: { name: 'none' },
  } as unknown as GpuContext;
  const device: Device = {
    kind: 'webgpu',
    info: context.info,
    lost: new Promise(() => {}),
    requireAlive: () => {},
    poolBytes: 0,
    freeBytes: Infinity,
    bindableBytes: Infinity,
    supports: (dtype) => dtype !== 'float64',
    upload: (data, dtype) => storage(dtype, data.length),
    allocate: storage as unknown as Device['allocate'],
    constant: (dtype, value) => storage(dtype, 1, value),
    run: ({ op, inputs, outputs, gpu }) => planned.push({ op, dispatches: gpu(inputs, outputs, context) }),
    copy: never,
    read: never,
    readSync: never,
    release: () => {},
    flush: async () => {},
    close: () => {},
  };
  return { device, planned };
}

const FORMULA = /\{ return (.*); \}$/;

/** `a`, `b`, `c` as the operands are called; a truth value as its condition. */
function readable(expression: string, names: readonly string[]): string {
  return expression
    .replace(/^select\(0, 1, (.*)\)$/, '$1')
    .replace(/\b[abc]\b/g, (letter) => names['abc'.indexOf(letter)] ?? letter);
}

/** The tensor itself is x, unless an argument is. */
function selfName({ parameters }: Signature): string {
  return parameters.some((p) => p.name === 'x') ? 'y' : 'x';
}

function operandNames({ name, signature }: Op): string[] {
  const names = signature.parameters.map((p) => p.name);
  return isFunction(name) ? names : [selfName(signature), ...names];
}

/** An expression, a shader, a view, or the operations that it is made of. */
function kernelOf(op: Op, cpu: Device): string {
  const { device, planned } = planningDevice();
  const takesIndices = dtypesOf(op, cpu).startsWith('int32');
  api.withDevice(device, () => {
    const x = values(device);
    const trial = trialOn(device);
    const operand = takesIndices ? x.astype('int32') : x;
    planned.length = 0;
    attempt(op, operand, trial);
  });
  const shaders = (dispatches: readonly Dispatch[]) =>
    dispatches.map((d) => `[${d.shader}](../shaders/${d.shader}.wgsl)`);
  if (!isRow(op.name)) {
    const parts = planned.flatMap((p) => {
      const name = p.op === 'select' ? 'where' : p.op;
      return name !== op.name && isPublic(name) ? [name] : shaders(p.dispatches);
    });
    return parts.length > 0 ? `of ${[...new Set(parts)].join(', ')}` : 'view';
  }
  // Conversions and copies of the operands, under the same name, come before the kernel.
  const own = planned.findLast((p) => p.op === op.name)?.dispatches ?? [];
  if (own.length === 0) return 'view';
  const [formula] = own.map((d) => FORMULA.exec(d.slots?.formula ?? '')?.[1]);
  if (own.length === 1 && formula && formula !== 'a') return code(readable(formula, operandNames(op)));
  return [...new Set(shaders(own))].join(', ');
}

/** Whether it is a row of the table, and not made of others. */
const isRow = (name: PublicOp): boolean => name in table || name === 'where';
const isPublic = (name: string): boolean => groups.some(({ notes }) => name in notes);

// --- text ---

const code = (text: string): string => `\`${text}\``;

const FUNCTIONS = ['where', 'concat', 'stack', 'einsum', 'meshgrid'] as const;
const isFunction = (name: PublicOp): boolean => (FUNCTIONS as readonly string[]).includes(name);

function shown({ name, rest, optional, options }: Parameter): string {
  if (options) return `{ ${options.join(', ')} }`;
  if (rest) return `...${name}`;
  return name + (optional ? '?' : '');
}

function callOf({ name, signature, note }: Op): string {
  const args = signature.parameters.map(shown).join(', ');
  const call = note.signature ?? `${isFunction(name) ? '' : `${selfName(signature)}.`}${name}(${args})`;
  return signature.returns === 'Tensor'
    ? call
    : `${call}: ${signature.returns.replace(/: Tensor/g, '').replace(';', ',')}`;
}

/** A table of Markdown; columns without a single entry are left out. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = head.map((_, k) => k).filter((k) => rows.some((row) => row[k]));
  const line = (cells: readonly string[]) =>
    `| ${kept.map((k) => (cells[k] ?? '').replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), `|${kept.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function section(
  { title, about, shape = '', notes }: Group,
  signatures: ReadonlyMap<string, Signature>,
  cpu: Device,
): string {
  const ops = Object.entries(notes).map(([name, note]): Op => {
    const signature = signatures.get(name);
    if (!signature?.meaning) throw new Error(`docs: ${name} has no docstring`);
    return { name: name as PublicOp, signature, note };
  });
  const facts = ops.map((op) => [
    code(callOf(op)),
    op.signature.meaning,
    op.note.shape ?? shape,
    dtypesOf(op, cpu),
    gradientOf(op, cpu),
    kernelOf(op, cpu),
    op.note.source ?? '',
  ]);
  const names = ops.map(({ name, note }) => [
    code(name),
    ...note.elsewhere.map((n) => (n === null ? '—' : code(n))),
  ]);
  return [
    `## ${title}`,
    about,
    markdownTable(['Operation', 'Meaning', 'Shape', 'Dtypes', 'Gradient', 'On a GPU', 'Source'], facts),
    '<details><summary>The same elsewhere</summary>',
    markdownTable(['tapegrad', 'NumPy', 'PyTorch', 'TensorFlow.js', 'jax-js'], names),
    '</details>',
  ].join('\n\n');
}

const INTRODUCTION = `# Operations

<!-- Made by \`npm run docs\` out of the table of operations. Edit the docstrings in src/tensor.ts or scripts/docs/op-notes.ts instead. -->

All ${opCount} operations of tapegrad. Each is a method and a function of the same name, \`x.add(y)\` and \`add(x, y)\`, but for
${FUNCTIONS.map(code).join(', ')}, which are functions only. None changes its operands. Names follow the
[Python Array API](https://data-apis.org/array-api/2025.12/) in camelCase, then NumPy and JAX. Decompositions and norms
are functions of the namespace \`linalg\`: [linear-algebra.md](linear-algebra.md) has them.

## What holds for all

**Shapes.** Operands broadcast as in NumPy: aligned at the last axis, sizes of 1 repeat. Up to 6 axes; sizes of 0 are
fine. Negative axes count from the end. Shapes that do not fit are a \`ShapeError\` at the call.

**Dtypes.** Types promote as bool < int32 < float32 < float64. A plain number is accepted wherever a tensor is, and takes
the tensor's dtype; only one with a fraction, or beyond int32, turns int32 into float32. float64 exists on the CPU device only. float16
is for storage: what is computed of it is float32. The column says what becomes of the operands' common dtype:

| | bool | int32 | float32, float64 |
|---|---|---|---|
| number | int32 | int32 | kept |
| float | float32 | float32 | kept |
| any | kept | kept | kept |
| any → bool | bool | bool | bool |
| any → int32 | int32 | int32 | int32 |

**Indices** are int32. Negative ones count from the end; beyond the ends is an \`IndexError\`, at the call for host data and
on the CPU device, at the next read-out for a tensor on a GPU. Only the bounds of \`slice\` clamp, as NumPy's. Labels must lie
in [0, classes).

**Gradients.** *yes*: the operation has a gradient of its own, itself made of operations, so that gradients of gradients
work. *through its parts*: it is made of others. *zero*: its derivative is 0 wherever it has one. *none*: there is no
derivative, and a loss that depends on the argument in no other way is a \`NotDifferentiableError\` that names the
operation. At kinks: relu'(0) = 0 and |x|'(0) = 0; max, min and their elementwise forms share the gradient evenly
among ties; \`clip\` passes it where min ≤ x ≤ max; sqrt'(0) = Infinity.

**Nothing to reduce.** Over no elements sum is 0, prod 1, all true, any false, logSumExp −Infinity, mean NaN; max, min,
argmax and argmin are a \`ShapeError\`.

**On a GPU.** An elementwise operation is the WGSL expression that is shown, compiled into
[elementwise.wgsl](../shaders/elementwise.wgsl); functions whose names end in \`_\` are our own, from
[math.wgsl](../shaders/math.wgsl), since WGSL's do not keep to IEEE 754. Others name their shaders. A *view* runs nothing and
copies nothing; *of* tells what an operation is made of. On the CPU device each has a second formula in TypeScript, and
the tests hold the two against each other.

**Elsewhere.** The same operation, or the nearest to it, in NumPy 2 and SciPy, PyTorch 2, TensorFlow.js 4.22 and jax-js
0.1.25; \`F\` is torch.nn.functional, and jax-js's \`np\`, \`nn\` and \`lax\` are its modules. A dash: nothing does it in one call.`;

/** The whole page. `sources` are the files of src/ as they stand. */
export async function opsPage(sources: Sources): Promise<string> {
  const cpu = await api.init('cpu');
  const signatures = new Map<string, Signature>();
  for (const part of ['PrimitiveOps', 'CompositeOps'])
    for (const s of methodsOf('tensor.ts', sources.tensor, part)) signatures.set(s.name, s);
  for (const name of FUNCTIONS) {
    const file = name === 'where' || name === 'concat' ? 'create' : 'composite';
    signatures.set(name, functionOf(`${file}.ts`, sources[file], name));
  }
  const sections = groups.map((group) => api.scope(() => section(group, signatures, cpu)));
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}
