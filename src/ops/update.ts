/**
 * @file Optimizer updates: the only kernels that change what they are given, the storages of variables and of an
 * optimizer's state, which nobody else sees (dispatch.ts copies first if somebody does). update_rules.ts has the formulas;
 * one dispatch updates as many variables as the device can bind.
 */
import updateSource from '../../shaders/update.wgsl?raw';
import { contiguous, sizeOf } from '../core/shape.ts';
import type { CpuOperand, Dispatch, GpuContext, Kernel, Operand, Storage } from '../device/device.ts';
import { homeOf, roomOf } from '../device/window.ts';
import { type Decay, type Rule, type UpdateName, updateRules } from './update_rules.ts';
import { grid } from './wgsl.ts';

const WORKGROUP = 64;
/** Segments of one dispatch: as many as the parameters have room for. */
const SEGMENTS = 12;

export interface UpdateAttrs {
  /** Where each variable's state begins. */
  readonly places: readonly number[];
  /** The rule's numbers now, that of the decay last; a captured step asks again whenever it is replayed. */
  numbers(): readonly number[];
  readonly decay: Decay | undefined;
}

/** Outputs: the buffers of state, then the variables. Inputs: as many gradients. */
function updateKernel(name: string, rule: Rule): Kernel<UpdateAttrs> {
  return {
    cpu: ({ inputs, outputs, attrs: { places, numbers, decay } }, simd) => {
      const slots = outputs.slice(0, rule.slots);
      const state = slots.map((s) => s.data);
      const values = numbers();
      const share = decay ? (values.at(-1) as number) : 0;
      outputs.slice(rule.slots).forEach((w, k) => {
        const g = inputs[k] as CpuOperand;
        const place = (slots[0]?.offset ?? 0) + (places[k] as number);
        const own = slots.map((s) => ({ ...s, ...contiguous(g.shape), offset: place }));
        const size = sizeOf(g.shape);
        if (decay === 'decoupled')
          for (let i = w.offset; i < w.offset + size; i++)
            w.data[i] = (w.data[i] as number) - share * (w.data[i] as number);
        if (decay !== 'l2' && rule.simd?.(simd, w, g, own, values)) return;
        for (let i = w.offset, j = g.offset, k = place; k < place + size; i++, j++, k++) {
          const slope = g.data[j] as number;
          const steeper = decay === 'l2' ? slope + share * (w.data[i] as number) : slope;
          rule.cpu(w.data, i, steeper, state, k, values);
        }
      });
    },
    gpu: ({ inputs, outputs, attrs }, context) => {
      const state = outputs.slice(0, rule.slots);
      const begin = state[0]?.offset ?? 0;
      const pairs = outputs
        .slice(rule.slots)
        .map((w, k): Pair => ({ w, g: inputs[k] as Operand, place: begin + (attrs.places[k] as number) }));
      for (const wish of wishes(pairs)) context.wouldBlock(wish);
      return groups(segmentsOf(pairs), rule, context).map((group) =>
        dispatchOf(name, rule, group, state, attrs, context),
      );
    },
  };
}

/** A variable, its gradient, and where its state begins. */
interface Pair {
  readonly w: Operand;
  readonly g: Operand;
  readonly place: number;
}

/** Where gradients would lie, for each block of variables, to follow one another as those do. */
function wishes(pairs: readonly Pair[]): Iterable<ReadonlyMap<Storage, number>> {
  const found = new Map<object, Map<Storage, number>>();
  for (const { w, g } of pairs) {
    const { within } = w.storage;
    if (!within || g.offset > 0) continue;
    const wish = found.get(within.block) ?? new Map<Storage, number>();
    found.set(within.block, wish.set(g.storage, within.start));
  }
  return found.values();
}

/** Variables that follow one another in a block, as do their gradients and their state: for a kernel they are one. */
interface Segment {
  readonly ws: readonly [Operand, ...Operand[]];
  readonly gs: readonly [Operand, ...Operand[]];
  readonly place: number;
  /** Elements, those between variables included. */
  readonly size: number;
}

/** The element of what is bound of an operand where it begins. */
const startOf = ({ storage, offset }: Operand): number => (storage.within?.start ?? 0) + offset;

function segmentsOf(pairs: readonly Pair[]): Segment[] {
  const segments: Segment[] = [];
  for (const { w, g, place } of pairs) {
    const size = sizeOf(g.shape);
    const last = segments.at(-1);
    const begin = last ? roomOf(last.size) : 0;
    const follows = (x: Operand, first: Operand) =>
      homeOf(x.storage) === homeOf(first.storage) && startOf(x) === startOf(first) + begin;
    if (last && place === last.place + begin && follows(w, last.ws[0]) && follows(g, last.gs[0]))
      segments[segments.length - 1] = {
        ws: [...last.ws, w],
        gs: [...last.gs, g],
        place: last.place,
        size: begin + size,
      };
    else segments.push({ ws: [w], gs: [g], place, size });
  }
  return segments;
}

/** As many segments as one dispatch can bind, together with the state and the status word. */
function groups(segments: readonly Segment[], rule: Rule, context: GpuContext): Segment[][] {
  const free = context.bindings - rule.slots - 1;
  const found: Segment[][] = [];
  let bound = new Set<object>();
  for (const segment of segments) {
    const own = [segment.ws[0], segment.gs[0]].map(({ storage }) => homeOf(storage));
    const more = own.filter((home) => !bound.has(home));
    const last = found.at(-1);
    if (last && last.length < SEGMENTS && bound.size + more.length <= free) last.push(segment);
    else {
      found.push([segment]);
      bound = new Set();
    }
    for (const home of own) bound.add(home);
  }
  return found;
}

/** The storages to bind, those of one block as one; and for each segment which one, and where in it it begins. */
function bindingsOf(
  operands: readonly Segment['ws'][],
  context: GpuContext,
): {
  readonly storages: readonly Storage[];
  readonly which: readonly number[];
  readonly starts: readonly number[];
} {
  const all = [...new Set(operands.flat().map(({ storage }) => storage))];
  const homes = [...new Set(all.map(homeOf))];
  const storages = homes.map((home) => {
    const own = all.filter((storage) => homeOf(storage) === home);
    return own[0]?.within ? context.blockOf(own) : (own[0] as Storage);
  });
  return {
    storages,
    which: operands.map(([{ storage }]) => homes.indexOf(homeOf(storage))),
    starts: operands.map(([first]) => startOf(first)),
  };
}

function dispatchOf(
  name: string,
  rule: Rule,
  segments: readonly Segment[],
  state: readonly Operand[],
  attrs: UpdateAttrs,
  context: GpuContext,
): Dispatch {
  const variables = bindingsOf(
    segments.map(({ ws }) => ws),
    context,
  );
  const gradients = bindingsOf(
    segments.map(({ gs }) => gs),
    context,
  );
  // Vectors may reach into the padding behind a variable and its state; a gradient must begin at one.
  const lanes = gradients.starts.every((start) => start % 4 === 0) ? 4 : 1;
  let end = 0;
  const table = segments.flatMap(({ size, place }, k) => {
    end += Math.ceil(size / lanes);
    return [
      end,
      ...[gradients.starts[k] as number, place, variables.starts[k] as number].map((n) => n / lanes),
    ];
  });
  const padding = new Array<number>(4 * (SEGMENTS - segments.length)).fill(0);
  return {
    source: updateSource,
    shader: 'update',
    key: [name, attrs.decay, lanes, ...variables.which, 'by', ...gradients.which].join(' '),
    slots: slotsOf(rule, attrs.decay, lanes, variables.which, gradients.which),
    constants: { WORKGROUP },
    buffers: [
      ...[...state.map(({ storage }) => storage), ...variables.storages].map((storage) => ({
        storage,
        access: 'read_write' as const,
      })),
      ...gradients.storages.map((storage) => ({ storage, access: 'read' as const })),
    ],
    status: true,
    integers: [end, 0, 0, 0, ...table, ...padding],
    floats: attrs.numbers(),
    live: () => ({ floats: attrs.numbers() }),
    workgroups: grid(Math.ceil(end / WORKGROUP)),
    work: end * lanes * 16,
  };
}

function slotsOf(
  { slots, numbers, wgsl }: Rule,
  decay: Decay | undefined,
  lanes: number,
  variableOf: readonly number[],
  gradientOf: readonly number[],
): Record<string, string> {
  const list = <T>(count: number, line: (k: number) => T) => Array.from({ length: count }, (_, k) => line(k));
  const buffer = (binding: number, access: string, name: string) =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<Lanes>;`;
  const [variables, gradients] = [variableOf, gradientOf].map((of) => Math.max(...of) + 1) as [
    number,
    number,
  ];
  const first = 1 + slots;
  /** The statement for the buffer that belongs to a thread's segment; `bufferOf` has that of each segment. */
  const choose = (bufferOf: readonly number[], count: number, statement: (buffer: number) => string) => {
    if (count === 1) return statement(0);
    const cases = list(count, (buffer) => {
      const segments = bufferOf.flatMap((other, s) => (other === buffer ? [`${s}u`] : []));
      return `case ${[...segments, ...(buffer === 0 ? ['default'] : [])].join(', ')}: { ${statement(buffer)} }`;
    });
    return `switch s { ${cases.join(' ')} }`;
  };
  return {
    lanes: lanes === 4 ? 'alias Lanes = vec4f; alias Bits = vec4u;' : 'alias Lanes = f32; alias Bits = u32;',
    floats: [...numbers, ...(decay ? ['decay'] : [])].map((n) => `  ${n}: f32,`).join('\n'),
    weights: [
      ...list(slots, (k) => buffer(1 + k, 'read_write', `s${k}`)),
      ...list(variables, (k) => buffer(first + k, 'read_write', `w${k}`)),
    ].join('\n'),
    gradients: list(gradients, (k) => buffer(first + variables + k, 'read', `g${k}`)).join('\n'),
    state: `@group(0) @binding(${first + variables + gradients}) var<storage, read_write> status: array<atomic<u32>, 4>;`,
    weight: `fn weight(s: u32, i: u32) -> Lanes { ${choose(variableOf, variables, (k) => `return w${k}[i];`)} }`,
    setWeight: `fn setWeight(s: u32, i: u32, w: Lanes) { ${choose(variableOf, variables, (k) => `w${k}[i] = w;`)} }`,
    gradient: `fn gradient(s: u32, i: u32) -> Lanes { ${choose(gradientOf, gradients, (k) => `return g${k}[i];`)} }`,
    further: list(variableOf.length - 1, (k) => `  found = further(found, thread, ${k});`).join('\n'),
    ...(decay === 'decoupled' ? { decayed: '  let w = kept - params.decay * kept;' } : {}),
    ...(decay === 'l2' ? { steeper: '  let g = slope + params.decay * w;' } : {}),
    rule: wgsl,
  };
}

export const updates = Object.fromEntries(
  Object.entries(updateRules).map(([name, rule]) => [name, updateKernel(name, rule)]),
) as Readonly<Record<UpdateName, Kernel<UpdateAttrs>>>;
