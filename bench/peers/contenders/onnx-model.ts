/**
 * @file ONNX models as bytes, as small as ONNX Runtime takes them: a graph of float32 inputs, nodes with integer,
 * float and string attributes, and outputs. Field numbers are those of onnx.proto3. Pure.
 */

export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: 'float32' | 'int64';
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers are integers; floats are wrapped. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/** Opset 17 is the first with LayerNormalization; ReduceSum takes its axes as an input from 13 on. */
const OPSET = 17;
const IR_VERSION = 8;
const ELEMENT_TYPES = { float32: 1, int64: 7 } as const;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

type Bytes = readonly number[];

/** Seven bits a byte, the least first. */
function varint(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) return [...new Uint8Array(varintOfNegative(value))];
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}

/** Negative integers are written as their two's complement in 64 bits. */
function varintOfNegative(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) + 128);
  return [...out, Number(rest)];
}

const integer = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, content: string): Bytes => bytes(field, [...new TextEncoder().encode(content)]);
const float = (field: number, value: number): Bytes => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

function valueInfo({ name, shape, type = 'float32' }: Value): Bytes {
  const dimensions = shape.flatMap((size) => bytes(1, integer(1, size)));
  const tensorType = [...integer(1, ELEMENT_TYPES[type]), ...bytes(2, dimensions)];
  return [...text(1, name), ...bytes(2, bytes(1, tensorType))];
}

function attribute(name: string, value: number | readonly number[] | { readonly float: number }): Bytes {
  const head = text(1, name);
  if (typeof value === 'number') return [...head, ...integer(3, value), ...integer(20, ATTRIBUTE.int)];
  if ('float' in value) return [...head, ...float(2, value.float), ...integer(20, ATTRIBUTE.float)];
  return [...head, ...value.flatMap((each) => integer(8, each)), ...integer(20, ATTRIBUTE.ints)];
}

function node({ op, inputs, outputs, attributes = {} }: Node): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
  ];
}

/** The bytes of a ModelProto. */
export function onnxModel({ inputs, nodes, outputs }: Graph): Uint8Array {
  const graph = [
    ...nodes.flatMap((each) => bytes(1, node(each))),
    ...text(2, 'bench'),
    ...inputs.flatMap((each) => bytes(11, valueInfo(each))),
    ...outputs.flatMap((each) => bytes(12, valueInfo(each))),
  ];
  return Uint8Array.from([
    ...integer(1, IR_VERSION),
    ...bytes(7, graph),
    ...bytes(8, [...text(1, ''), ...integer(2, OPSET)]),
  ]);
}
