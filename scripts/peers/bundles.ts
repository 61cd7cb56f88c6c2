/**
 * @file What libraries weigh: the programs of the cold starts and whole main entries, minified and compressed by gzip,
 * with the WebAssembly that they fetch at run time.
 */
import { gzipSync } from 'node:zlib';
import { type Entry, OURS, type Result } from '../../bench/peers/results.ts';
import { bundle, type Files, runtimeFiles } from './programs.ts';

interface Weighed {
  readonly work: string;
  /** A program for each library. */
  readonly programs: Readonly<Record<string, string>>;
}

const program = (name: string) => `bench/peers/programs/${name}.ts`;

const WEIGHED: readonly Weighed[] = [
  {
    work: 'bundle: a program of tensors, gradients and WebGPU',
    programs: {
      [OURS]: program('train-tapegrad'),
      'jax-js': program('train-jax'),
      tfjs: program('train-tfjs'),
      ort: program('matmul-ort'),
    },
  },
  {
    work: 'bundle: the whole main entry',
    programs: {
      [OURS]: program('whole-tapegrad'),
      'jax-js': program('whole-jax'),
      tfjs: program('whole-tfjs'),
      ort: program('whole-ort'),
    },
  },
];

const kib = (bytes: number) => Number((bytes / 1024).toFixed(1));

/** Of all JavaScript of a program, the parts that it loads later too. */
function zippedKib(files: Files): number {
  let bytes = 0;
  for (const [path, content] of files)
    if (path.endsWith('.js')) bytes += gzipSync(content, { level: 9 }).length;
  return kib(bytes);
}

/** What ONNX Runtime fetches besides to run on WebGPU. */
const ORT_WASM = '/ort/ort-wasm-simd-threaded.asyncify.wasm';

export async function bundleSizes(
  entry: string,
  libraries: readonly string[],
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const wasm = kib(gzipSync(runtimeFiles().get(ORT_WASM) ?? '', { level: 9 }).length);
  for (const { work, programs } of WEIGHED) {
    const entries: Entry[] = [];
    for (const [library, path] of Object.entries(programs)) {
      if (!libraries.includes(library)) continue;
      const size = zippedKib(await bundle({ entry, program: path, name: library }));
      entries.push({ library, samples: [library === 'ort' ? size + wasm : size] });
    }
    const result: Result = { work, group: 'bundle', unit: 'KiB', entries };
    results.push(result);
    onResult(result);
  }
  return results;
}
