/**
 * @file WGSL text to pipelines. A shader is specialised by text at tagged lines and by override constants;
 * the pipeline cache is keyed by file, slots and constants, never by shape.
 */
import { context } from '../../core/context.ts';
import type { Dispatch } from '../device.ts';
import type { Failures } from './failures.ts';

/** Replaces each line that ends in `// @slot name` by the text for that name; other lines stay. */
export function fillSlots(source: string, slots: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(slots));
  const text = source.replace(/^.*\/\/ @slot (\w+)\s*$/gm, (line, name: string) => {
    unused.delete(name);
    return slots[name] ?? line;
  });
  if (unused.size > 0) throw new Error(`the shader has no slot ${[...unused].join(', ')}`);
  return text;
}

/** Who may touch what, in binding order: w for read_write, r for read, s for the status word. */
export function bindingPattern(dispatch: Dispatch): string {
  return (
    dispatch.buffers.map((b) => (b.access === 'read' ? 'r' : 'w')).join('') + (dispatch.status ? 's' : '')
  );
}

export interface CompiledShader {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const COMPUTE = 4; // GPUShaderStage.COMPUTE

export class ShaderCache {
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #shaders = new Map<string, CompiledShader>();
  constructor(
    private readonly device: GPUDevice,
    private readonly failures: Failures,
  ) {}

  get(dispatch: Dispatch): CompiledShader {
    const { shader, slots = {}, constants = {} } = dispatch;
    const pattern = bindingPattern(dispatch);
    const variant = dispatch.key ?? JSON.stringify([constants, slots]);
    const key = `${shader}|${pattern}|${variant}`;
    const known = this.#shaders.get(key);
    if (known) return known;
    const code = fillSlots(dispatch.source, slots);
    if (context.debug?.level === 2)
      console.debug(`tapegrad: ${shader}.wgsl, ${JSON.stringify(constants)}:\n${code}`);
    const compiled = this.failures.guard(`compiling ${shader}.wgsl`, () => {
      const layout = this.#layout(pattern);
      const pipeline = this.device.createComputePipeline({
        label: shader,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: {
          module: this.#module(shader, code),
          entryPoint: 'main',
          constants,
        },
      });
      return { layout, pipeline };
    });
    this.#shaders.set(key, compiled);
    return compiled;
  }

  #module(label: string, code: string): GPUShaderModule {
    let module = this.#modules.get(code);
    if (!module) {
      module = this.device.createShaderModule({ label, code });
      this.#modules.set(code, module);
    }
    return module;
  }

  #layout(pattern: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(pattern);
    if (!layout) {
      const storage = [...pattern].map((p, k) => ({
        binding: k + 1,
        visibility: COMPUTE,
        buffer: { type: p === 'r' ? ('read-only-storage' as const) : ('storage' as const) },
      }));
      layout = this.device.createBindGroupLayout({
        label: pattern,
        entries: [
          { binding: 0, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } },
          ...storage,
        ],
      });
      this.#layouts.set(pattern, layout);
    }
    return layout;
  }
}
