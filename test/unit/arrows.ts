// The layers of the source tree and which of them may import which: DESIGN.md's arrows as a table, and a pure
// function that holds a file's imports against it. Nothing here reads the disk, so broken arrows can be tested.
import { posix } from 'node:path';
import { parseSync } from 'vite';

interface Layer {
  readonly files: RegExp;
  /** Layers whose values may be imported; 'all' is for the tops, which put the parts together. */
  readonly imports: readonly string[] | 'all';
  /** Layers that may be imported with `import type` besides. */
  readonly types?: readonly string[];
}

const base = ['core', 'context', 'device'];
const engine = [...base, 'tensor', 'dispatch'];
const publicApi = ['core', 'tensor', 'tree', 'update', 'values', 'composite', 'autograd', 'scope'];
const libraries = ['linalg', 'data', 'io'];

/** Downwards only; the files of one layer may import each other. A path belongs to the first row that fits. */
const LAYERS: Readonly<Record<string, Layer>> = {
  shaders: { files: /^shaders\//, imports: [] },
  wasm: { files: /^wasm\//, imports: [] },
  context: { files: /^src\/core\/context\.ts$/, imports: ['core'], types: ['device', 'autograd', 'tensor'] },
  core: { files: /^src\/core\//, imports: [] },
  cpu: { files: /^src\/device\/cpu\//, imports: [...base, 'wasm'] },
  webgpu: { files: /^src\/device\/webgpu\//, imports: [...base, 'shaders'] },
  device: { files: /^src\/device\/[^/]+$/, imports: ['core', 'context'] },
  debug: { files: /^src\/debug\//, imports: base },
  tensor: { files: /^src\/tensor\.ts$/, imports: [...base, 'debug'] },
  tree: { files: /^src\/tree\.ts$/, imports: ['core', 'tensor'] },
  table: { files: /^src\/ops\/table\.ts$/, imports: [...base, 'rows'], types: ['tensor'] },
  dispatch: {
    files: /^src\/ops\/(dispatch|parts)\.ts$/,
    imports: [...base, 'debug', 'rows', 'table', 'tensor'],
  },
  rows: { files: /^src\/ops\//, imports: [...base, 'shaders'], types: ['tensor'] },
  values: {
    files: /^src\/(create|from_gpu_buffer|random|variable)\.ts$/,
    imports: [...engine, 'tree'],
    types: ['table'],
  },
  composite: {
    files: /^src\/(composite\/.+|composite|define|dense_units)\.ts$/,
    imports: [...engine, 'rows', 'tree', 'values', 'scope'],
  },
  update: { files: /^src\/update\.ts$/, imports: [...engine, 'rows', 'scope', 'values'] },
  capture: { files: /^src\/capture\.ts$/, imports: [...engine, 'scope', 'tree', 'values'], types: ['rows'] },
  scope: { files: /^src\/(scope|warmup)\.ts$/, imports: [...base, 'tensor', 'tree'] },
  autograd: { files: /^src\/autograd\//, imports: [...engine, 'tree', 'values', 'scope'], types: ['rows'] },
  init: { files: /^src\/init\.ts$/, imports: [...base, 'cpu', 'webgpu'] },
  linalg: {
    files: /^src\/linalg\//,
    imports: [...engine, 'rows', 'tree', 'values', 'scope', 'composite'],
  },
  data: { files: /^src\/data\//, imports: publicApi },
  io: { files: /^src\/io\//, imports: publicApi, types: ['device'] },
  nn: {
    files: /^src\/nn\//,
    imports: [...publicApi, ...libraries, 'capture', 'debug', 'init'],
    types: ['device'],
  },
  evolve: {
    files: /^src\/evolve\//,
    imports: [...publicApi, ...libraries, 'capture', 'init', 'nn'],
    types: ['device'],
  },
  landscape: {
    files: /^src\/landscape\//,
    imports: [...publicApi, ...libraries, 'nn', 'capture', 'init'],
  },
  onnx: { files: /^src\/onnx\//, imports: ['core', 'io', 'nn'], types: ['tensor'] },
  index: { files: /^src\/(index|data|evolve|npz|onnx|landscape)\.ts$/, imports: 'all' },
  fixtures: { files: /^test\/fixtures\//, imports: [] },
  building: { files: /^(demo\/vite\.config\.ts$|scripts\/)/, imports: 'all' },
  demo: { files: /^demo\//, imports: 'all' },
  bench: { files: /^bench\//, imports: 'all' },
};

/** Packages that src may load, and only by `import()`: in a browser they are not there. */
const OPTIONAL_PACKAGES = /^(node:.+|webgpu)$/;

/** Packages of an export of its own: optional, as who does not use the export goes without. */
const EXPORT_PACKAGES: Readonly<Record<string, RegExp>> = {
  'src/io/npz.ts': /^fflate$/,
  'src/io/zip.ts': /^fflate$/,
  'src/onnx/wire.ts': /^@bufbuild\/protobuf\/wire$/,
};

interface Import {
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic' | 'type';
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What one syntax node imports, if anything. A specifier that is not a literal cannot be checked. */
function importOf(node: Record<string, unknown>): Import | undefined {
  const specifier = isRecord(node.source) ? node.source.value : undefined;
  if (typeof specifier !== 'string') return undefined;
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return { specifier, kind: (node.importKind ?? node.exportKind) === 'type' ? 'type' : 'static' };
    case 'ImportExpression':
      return { specifier, kind: 'dynamic' };
    case 'TSImportType':
      return { specifier, kind: 'type' };
    default:
      return undefined;
  }
}

/** Every import in a TypeScript source, wherever it stands; not those in comments and strings. */
export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join('; ')}`);
  const found: Import[] = [];
  const visit = (node: unknown): void => {
    if (!isRecord(node)) return;
    const imported = importOf(node);
    if (imported) found.push(imported);
    Object.values(node).forEach(visit);
  };
  visit(program.body);
  return found;
}

function layerOf(path: string): string | undefined {
  return Object.keys(LAYERS).find((name) => LAYERS[name]?.files.test(path));
}

function mayImport(from: string, to: string, kind: Import['kind']): boolean {
  const layer = LAYERS[from];
  if (!layer || from === to) return layer !== undefined;
  if (layer.imports === 'all') return to === 'index' || LAYERS[to]?.imports !== 'all';
  return layer.imports.includes(to) || (kind === 'type' && (layer.types ?? []).includes(to));
}

/** The broken arrows of one file, a line each. Paths are relative to the repository's root, with slashes. */
export function brokenArrows(path: string, source: string): string[] {
  const from = layerOf(path);
  if (!from) return [`${path}: belongs to no layer; give it a row in test/unit/arrows.ts`];
  return importsOf(path, source).flatMap(({ specifier, kind }) => {
    if (!specifier.startsWith('.')) {
      if (!path.startsWith('src/') || (kind === 'dynamic' && OPTIONAL_PACKAGES.test(specifier))) return [];
      if (EXPORT_PACKAGES[path]?.test(specifier)) return [];
      return [
        `${path}: ${kind} import of '${specifier}'; src loads only node: modules and webgpu, by import()`,
      ];
    }
    const target = posix.join(posix.dirname(path), specifier.replace(/\?.*$/, ''));
    const to = layerOf(target);
    if (!to) return [`${path}: imports ${target}, which belongs to no layer`];
    if (mayImport(from, to, kind)) return [];
    const asType = mayImport(from, to, 'type') ? '; as a type it may' : '';
    return [`${path}: ${from} must not import ${to} (${target})${asType}`];
  });
}
