/**
 * @file WGSL text to pipelines. A shader is specialised by text at tagged lines and by override constants;
 * the pipeline cache is keyed by file, slots and constants, never by shape.
 */
import { context } from '../../core/context.ts';
import { TapegradError } from '../../core/errors.ts';
import type { Dispatch } from '../device.ts';
import { settleBranches } from './branches.ts';
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

/** Pipelines that give the same results. */
export interface CompiledShader {
  readonly pipeline: GPUComputePipeline;
  /** That of `dispatch.faster`, when it is there. */
  faster: GPUComputePipeline | undefined;
  /** What was asked of it so far, as in `dispatch.work`; Infinity from when the faster one is being made. */
  work: number;
}

const COMPUTE = 4; // GPUShaderStage.COMPUTE

/** Work after which a faster pipeline has paid for its compilation, about half a second where there is one. */
const WORTH = 5e8;

export class ShaderCache {
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #shaders = new Map<string, CompiledShader>();
  /** Those of dispatches that are recorded again and again. */
  readonly #known = new WeakMap<Dispatch, CompiledShader>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  /** Pipelines that are being made. */
  readonly #pending = new Map<string, Promise<TapegradError | undefined>>();
  /** Why those could not be made that were asked for last and are not there. */
  readonly #failed = new Map<string, TapegradError>();
  /** The last of the faster pipelines that wait for each other: the GPU has other things to do. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly device: GPUDevice,
    private readonly failures: Failures,
  ) {}

  /** The pipeline of a dispatch: it is compiled now, unless it is known. */
  get(dispatch: Dispatch): CompiledShader {
    const known = this.find(dispatch);
    if (known) return known;
    const key = pipelineKey(dispatch);
    const pipeline = this.failures.guard(`compiling ${dispatch.shader}.wgsl`, () =>
      this.device.createComputePipeline(this.#descriptor(dispatch)),
    );
    this.#pipelines.set(key, pipeline);
    return this.#compiled(dispatch, key, pipeline);
  }

  /** The pipeline of a dispatch, if it is known. */
  find(dispatch: Dispatch): CompiledShader | undefined {
    const known = this.#known.get(dispatch);
    if (known) return known;
    const key = pipelineKey(dispatch);
    const pipeline = this.#pipelines.get(key);
    return pipeline && this.#compiled(dispatch, key, pipeline);
  }

  #compiled(dispatch: Dispatch, key: string, pipeline: GPUComputePipeline): CompiledShader {
    const both = pairKey(dispatch, key);
    const compiled = this.#shaders.get(both) ?? {
      pipeline,
      faster: dispatch.faster && this.#pipelines.get(pipelineKey(fasterOf(dispatch))),
      work: 0,
    };
    this.#shaders.set(both, compiled);
    this.#known.set(dispatch, compiled);
    return compiled;
  }

  /** Compiles the pipeline of a dispatch in the background, unless it is known. Never rejects: an error is what it gives. */
  prepare(dispatch: Dispatch): Promise<TapegradError | undefined> | undefined {
    const key = pipelineKey(dispatch);
    if (this.#pipelines.has(key)) return undefined;
    const pending = this.#pending.get(key);
    if (pending) return pending;
    const made = this.failures
      .unheard(() => {
        const descriptor = this.#descriptor(dispatch);
        return this.device.createComputePipelineAsync(descriptor).then(
          (pipeline) => void this.#pipelines.set(key, pipeline),
          async ({ message }: Error) => {
            const why = (await mistakeIn(descriptor.compute.module)) ?? message;
            const failure = new TapegradError(`compiling ${dispatch.shader}.wgsl: ${why}`);
            this.#failed.set(key, failure);
            return failure;
          },
        );
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, made);
    this.#failed.delete(key);
    return made;
  }

  /** Why the pipeline of a dispatch could not be made in the background. */
  failureOf(dispatch: Dispatch): TapegradError | undefined {
    return this.#failed.size === 0 ? undefined : this.#failed.get(pipelineKey(dispatch));
  }

  /** Compiles the faster pipeline of a dispatch in the background, and has it used from then on; never rejects. */
  async speedUp(dispatch: Dispatch): Promise<void> {
    if (!dispatch.faster) return;
    const faster = fasterOf(dispatch);
    const error = await this.prepare(faster);
    if (error) this.failures.report(error);
    const compiled = this.#shaders.get(pairKey(dispatch));
    if (compiled) compiled.faster = this.#pipelines.get(pipelineKey(faster));
  }

  /** Notes that a dispatch is run; the faster pipeline is made when that is worth it, one after another. */
  used(compiled: CompiledShader, dispatch: Dispatch): void {
    if (!dispatch.faster || compiled.faster || compiled.work === Infinity) return;
    compiled.work += dispatch.work;
    if (compiled.work < WORTH) return;
    compiled.work = Infinity;
    this.#last = this.#last.then(() => this.speedUp(dispatch));
  }

  #descriptor(dispatch: Dispatch): GPUComputePipelineDescriptor {
    const { shader, source, slots = {}, constants = {} } = dispatch;
    const code = settleBranches(fillSlots(source, slots), constants);
    if (context.debug?.level === 2)
      console.debug(`tapegrad: ${shader}.wgsl, ${JSON.stringify(constants)}:\n${code}`);
    const layout = this.layout(dispatch);
    return {
      label: shader,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.#module(shader, code), entryPoint: 'main', constants },
    };
  }

  #module(label: string, code: string): GPUShaderModule {
    let module = this.#modules.get(code);
    if (!module) {
      module = this.device.createShaderModule({ label, code });
      this.#modules.set(code, module);
    }
    return module;
  }

  layout(dispatch: Dispatch): GPUBindGroupLayout {
    const pattern = bindingPattern(dispatch);
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

/** What is wrong with the text of a module, if anything is. */
async function mistakeIn(module: GPUShaderModule): Promise<string | undefined> {
  const info = await module.getCompilationInfo().catch(() => undefined); // rejects only where the device is lost
  const found = info?.messages.find(({ type }) => type === 'error');
  return found && `${found.lineNum}:${found.linePos} ${found.message}`;
}

/** Names the pipeline of a dispatch. */
export function pipelineKey(dispatch: Dispatch): string {
  const { shader, key, slots = {}, constants = {} } = dispatch;
  return `${shader}|${bindingPattern(dispatch)}|${key ?? JSON.stringify([constants, slots])}`;
}

/** Names it together with its faster one. */
function pairKey(dispatch: Dispatch, key = pipelineKey(dispatch)): string {
  return dispatch.faster ? `${key}${JSON.stringify(dispatch.faster.constants)}` : key;
}

/** The same dispatch by its faster pipeline. */
function fasterOf({ faster, ...dispatch }: Dispatch): Dispatch {
  return { ...dispatch, ...faster };
}
