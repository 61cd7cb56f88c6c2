/**
 * @file Bind groups, cached by layout and buffers and forgotten with the first of their buffers that is destroyed.
 */
import type { PooledBuffer } from './pool.ts';

/** A buffer, or a part of it. */
interface Bound {
  readonly pooled: PooledBuffer;
  readonly range?: { readonly offset: number; readonly size: number };
}

/** Bind groups kept; when there are more, all are made anew. */
const LIMIT = 8192;

interface Entry {
  readonly group: GPUBindGroup;
  readonly buffers: readonly PooledBuffer[];
}

export class BindGroups {
  readonly #groups = new Map<string, Entry>();
  /** The keys of the groups that each buffer is in. */
  readonly #keysOf = new Map<PooledBuffer, Set<string>>();

  /** The group of a layout, which `pattern` names, and what is bound to it. */
  get(pattern: string, bound: readonly Bound[], make: () => GPUBindGroup): GPUBindGroup {
    const key = `${pattern}:${bound.map(nameOf).join(',')}`;
    const known = this.#groups.get(key);
    if (known) return known.group;
    if (this.#groups.size >= LIMIT) this.clear();
    const group = make();
    const buffers = bound.map(({ pooled }) => pooled);
    this.#groups.set(key, { group, buffers });
    for (const buffer of buffers) {
      const keys = this.#keysOf.get(buffer);
      if (keys) keys.add(key);
      else this.#keysOf.set(buffer, new Set([key]));
    }
    return group;
  }

  /** Forgets the groups of a buffer that is about to be destroyed, under their other buffers too. */
  evict(pooled: PooledBuffer): void {
    for (const key of this.#keysOf.get(pooled) ?? []) {
      for (const buffer of this.#groups.get(key)?.buffers ?? []) {
        const keys = this.#keysOf.get(buffer);
        if (buffer !== pooled && keys?.delete(key) && keys.size === 0) this.#keysOf.delete(buffer);
      }
      this.#groups.delete(key);
    }
    this.#keysOf.delete(pooled);
  }

  clear(): void {
    this.#groups.clear();
    this.#keysOf.clear();
  }
}

const nameOf = ({ pooled: { id }, range }: Bound): string =>
  range ? `${id}@${range.offset}+${range.size}` : String(id);
