// Bad calls of what reads and writes files. What is wrong with files themselves is tried by test/unit/files-hostile.test.ts.
import {
  ArgumentError,
  callbacks,
  DeviceLostError,
  DisposedError,
  FormatError,
  fromKerasJson,
  load,
  loadNpy,
  loadSafetensors,
  saveNpy,
  saveSafetensors,
  sequential,
  toKerasJson,
} from '../../src/index.ts';
import { loadNpz, saveNpz } from '../../src/npz.ts';
import { exportOnnx } from '../../src/onnx.ts';
import { type Bad, CLOSED, GONE } from './table.ts';

const bad = (value: unknown) => value as never;
const SOURCES = 'takes a path, an address, a Blob, or bytes';
const TARGETS = "the target must be a path, 'indexeddb://name', 'opfs://path' or a file handle";
const nothing = new Uint8Array(0);

export const files: Bad[] = [
  [() => loadNpy(bad(5)), ArgumentError, `loadNpy: ${SOURCES}, got 5`],
  [() => loadNpy(''), ArgumentError, `loadNpy: ${SOURCES}, got ''`],
  [
    ({ x }) => loadSafetensors(bad(x)),
    ArgumentError,
    `loadSafetensors: ${SOURCES}, got a float32 tensor [2, 3]`,
  ],
  [() => load(bad(undefined)), ArgumentError, `load: ${SOURCES}, got undefined`],
  [() => loadNpy(nothing), FormatError, 'loadNpy: no npy file: it does not begin with \\x93NUMPY'],
  [
    () => loadNpy(nothing, bad({ devise: 1 })),
    ArgumentError,
    "loadNpy: unknown option 'devise', did you mean 'device'? The options are device, onProgress, signal",
  ],
  [
    () => loadNpy(nothing, bad({ device: 'cpu' })),
    ArgumentError,
    "loadNpy: takes a device, as await init() gives it, got 'cpu'",
  ],
  [
    () => loadSafetensors(nothing, bad({ onProgress: 1 })),
    ArgumentError,
    'loadSafetensors: takes a function, got 1',
  ],
  [
    () => loadSafetensors(nothing, bad({ signal: true })),
    ArgumentError,
    'loadSafetensors: signal must be an AbortSignal, got true',
  ],
  [
    () => loadSafetensors(nothing),
    FormatError,
    'loadSafetensors: a file of 0 bytes is too short for safetensors',
  ],
  [() => saveNpy(bad([1])), ArgumentError, 'saveNpy: takes a tensor, got [1]; wrap it: tensor(...)'],
  [({ gone }) => saveNpy(gone), DisposedError, `saveNpy: ${GONE}`],
  [({ closed }) => saveNpy(closed), DeviceLostError, `saveNpy: ${CLOSED}`],
  [({ x }) => saveNpy(x, bad({})), ArgumentError, `saveNpy: ${TARGETS}, got an object`],
  [
    ({ x }) => saveSafetensors(bad([x])),
    ArgumentError,
    'saveSafetensors: takes tensors under names, { w: tensor, ... }, got [a float32 tensor [2, 3]]',
  ],
  [() => saveSafetensors(bad({ w: 1 })), ArgumentError, 'saveSafetensors: w must be a tensor, got 1'],
  [({ gone }) => saveSafetensors({ gone }), DisposedError, `saveSafetensors: ${GONE}`],
  [
    ({ x }) => saveSafetensors({ __metadata__: x }),
    ArgumentError,
    "saveSafetensors: two tensors would be called '__metadata__'",
  ],
  [
    ({ x }) => saveSafetensors({ x }, undefined, { metadata: bad({ epoch: 3 }) }),
    ArgumentError,
    'saveSafetensors: a text of the metadata must be text, got 3',
  ],
  [
    ({ x }) => saveSafetensors({ x }, undefined, { metadata: { a: '\ud800' } }),
    ArgumentError,
    "saveSafetensors: a text holds half of a character: '\ud800'",
  ],
  [
    ({ x }) => saveSafetensors({ x }, undefined, bad({ meta: {} })),
    ArgumentError,
    "saveSafetensors: unknown option 'meta', did you mean 'metadata'? The options are metadata",
  ],
  [() => loadNpz(bad(5)), ArgumentError, `loadNpz: ${SOURCES}, got 5`],
  [() => loadNpz(nothing), FormatError, 'loadNpz: no zip archive, or cut off: its directory is missing'],
  [({ gone }) => saveNpz({ gone }), DisposedError, `saveNpz: ${GONE}`],
  [({ closed }) => saveNpz({ closed }), DeviceLostError, `saveNpz: ${CLOSED}`],
  [() => saveNpz(bad({ w: 1 })), ArgumentError, 'saveNpz: w must be a tensor, got 1'],
  [({ x }) => saveNpz({ x }, bad(1)), ArgumentError, `saveNpz: ${TARGETS}, got 1`],
  [
    ({ x }) => saveNpz({ x }, undefined, bad({ compres: true })),
    ArgumentError,
    "saveNpz: unknown option 'compres', did you mean 'compress'? The options are compress",
  ],
  [
    ({ x }) => saveNpz({ x }, undefined, { compress: bad(9) }),
    ArgumentError,
    'saveNpz: compress must be true or false, got 9',
  ],
  [
    () => exportOnnx(bad({})),
    ArgumentError,
    'exportOnnx: takes a model, as sequential gives it, got an object',
  ],
  [
    () => exportOnnx(sequential([])),
    ArgumentError,
    'exportOnnx: the model has no weights yet; give the first layer an inputShape, or call model.build(inputShape)',
  ],
  [
    () => exportOnnx(sequential([]), undefined, bad({ input: 'x' })),
    ArgumentError,
    "exportOnnx: unknown option 'input', did you mean 'inputName'? The options are inputName, outputName",
  ],
  [
    () => exportOnnx(sequential([]), undefined, { inputName: '' }),
    ArgumentError,
    "exportOnnx: a name must be a word, got ''",
  ],
  [
    () => callbacks.modelCheckpoint(bad(5)),
    ArgumentError,
    "modelCheckpoint: takes a function, a path, 'indexeddb://name', 'opfs://path' or a file handle, got 5",
  ],
  [
    () => load(nothing, bad({ custom: { a: 1 } })),
    ArgumentError,
    'load: custom holds functions under names, got an object',
  ],
  [
    () => fromKerasJson(bad(null)),
    ArgumentError,
    'fromKerasJson: takes JSON, as text or as it is parsed, got null',
  ],
  [
    () => fromKerasJson({ class_name: 'Model' }),
    FormatError,
    "fromKerasJson: only models of class Sequential are read, got 'Model'",
  ],
  [
    () => toKerasJson(bad({})),
    ArgumentError,
    'toKerasJson: takes a model, as sequential gives it, got an object',
  ],
];
