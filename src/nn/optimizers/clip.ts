/** @file Gradients held within bounds before a step: all of it on the device, nothing is read. */
import { defineOp } from '../../define.ts';
import type { Tensor } from '../../tensor.ts';

/** At most one of them is a number. */
export interface ClipOptions {
  /** The longest that each variable's gradient may be (its L2 norm); longer ones are scaled down. */
  readonly clipNorm?: number | null;
  /** The largest size of any element; larger ones are cut. */
  readonly clipValue?: number | null;
  /** The longest that all gradients together may be; if they are longer, all are scaled down alike. */
  readonly globalClipNorm?: number | null;
}

export function clipped(grads: readonly Tensor[], options: ClipOptions): readonly Tensor[] {
  const { clipNorm, clipValue, globalClipNorm } = options;
  if (typeof clipValue === 'number') return grads.map((g) => g.clip(-clipValue, clipValue));
  if (typeof clipNorm === 'number') return grads.map((g) => scaled(g, shrink(squares(g), clipNorm)));
  if (typeof globalClipNorm !== 'number' || grads.length === 0) return grads;
  const scale = shrink(
    grads.map(squares).reduce((a, b) => a.add(b)),
    globalClipNorm,
  );
  return grads.map((g) => scaled(g, scale));
}

/**
 * The squared norm: 3 dispatches for each variable, where `linalg.vectorNorm`, which divides by the largest entry first, makes
 * 16. What that is for does not matter here: gradients too small to be squared are not clipped, and a norm beyond 1.8e19 is NaN.
 */
const squares = (g: Tensor): Tensor => g.square().sum();

const scaled = (g: Tensor, scale: Tensor): Tensor =>
  g.mul(scale.dtype === g.dtype ? scale : scale.astype(g.dtype));

/** What a gradient of that squared norm is multiplied by; NaN where the norm is not finite, so that it shows. */
const shrink = defineOp({
  name: 'clipNorm',
  wgsl: 'bitcast<f32>(select(bitcast<u32>(b / max(sqrt(a), b)), 0x7fc00000u, (bitcast<u32>(a) & 0x7f800000u) == 0x7f800000u))',
  cpu: (squared, most) => (squared < Infinity ? most / Math.max(Math.sqrt(squared), most) : Number.NaN),
});
