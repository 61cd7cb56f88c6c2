/**
 * @file The messages of ONNX that a model takes (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), by their fields' numbers,
 * and their bytes, by the wire format of @bufbuild/protobuf.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Scalar = 'int32' | 'int64' | 'float' | 'string' | 'bytes';
type Field = readonly [number: number, type: Scalar | Schema];
/** Names of fields, in the order of their numbers. */
type Schema = { readonly [name: string]: Field };

const attribute = {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'int64'],
  s: [4, 'bytes'],
  ints: [8, 'int64'],
  type: [20, 'int32'],
} as const satisfies Schema;

const node = {
  input: [1, 'string'],
  output: [2, 'string'],
  name: [3, 'string'],
  opType: [4, 'string'],
  attribute: [5, attribute],
} as const satisfies Schema;

const tensor = {
  dims: [1, 'int64'],
  dataType: [2, 'int32'],
  name: [8, 'string'],
  rawData: [9, 'bytes'],
} as const satisfies Schema;

const dimension = { dimValue: [1, 'int64'], dimParam: [2, 'string'] } as const satisfies Schema;
const shape = { dim: [1, dimension] } as const satisfies Schema;
const tensorType = { elemType: [1, 'int32'], shape: [2, shape] } as const satisfies Schema;
const type = { tensorType: [1, tensorType] } as const satisfies Schema;
const valueInfo = { name: [1, 'string'], type: [2, type] } as const satisfies Schema;

const graph = {
  node: [1, node],
  name: [2, 'string'],
  initializer: [5, tensor],
  input: [11, valueInfo],
  output: [12, valueInfo],
} as const satisfies Schema;

const operatorSet = { domain: [1, 'string'], version: [2, 'int64'] } as const satisfies Schema;

const model = {
  irVersion: [1, 'int64'],
  producerName: [2, 'string'],
  graph: [7, graph],
  opsetImport: [8, operatorSet],
} as const satisfies Schema;

type ValueOf<T> = T extends 'int32' | 'int64' | 'float'
  ? number
  : T extends 'string'
    ? string
    : T extends 'bytes'
      ? Uint8Array
      : T extends Schema
        ? MessageOf<T>
        : never;
/** What a message is written from: fields that are absent are left out, lists are repeated. */
type MessageOf<S extends Schema> = {
  readonly [K in keyof S]?: ValueOf<S[K][1]> | readonly ValueOf<S[K][1]>[] | undefined;
};

export type OnnxNode = MessageOf<typeof node>;
export type OnnxTensor = MessageOf<typeof tensor>;
export type OnnxAttribute = MessageOf<typeof attribute>;
export type OnnxValueInfo = MessageOf<typeof valueInfo>;

function writeField(writer: BinaryWriter, [number, kind]: Field, value: unknown): void {
  if (typeof kind === 'object') {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(writer, kind, value as Readonly<Record<string, unknown>>);
    writer.join();
    return;
  }
  switch (kind) {
    case 'int32':
      writer.tag(number, WireType.Varint).int32(value as number);
      break;
    case 'int64':
      writer.tag(number, WireType.Varint).int64(value as number);
      break;
    case 'float':
      writer.tag(number, WireType.Bit32).float(value as number);
      break;
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(value as string);
      break;
    case 'bytes':
      writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
  }
}

function writeMessage(writer: BinaryWriter, schema: Schema, values: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(schema)) {
    const value = values[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) writeField(writer, field, one);
  }
}

export function encodeModel(content: MessageOf<typeof model>): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writeMessage(writer, model, content);
  return writer.finish() as Uint8Array<ArrayBuffer>;
}
