/** @file What the view inside says: an operation in words, and the line of the user's program that called it. */
import { context } from '../core/context.ts';
import { show } from '../core/shape.ts';
import type { Measured, Shown } from '../device/measure.ts';

const inWords = (values: readonly Shown[]): string =>
  values.map(({ shape, dtype }) => `${show(shape)} ${dtype}`).join(', ');

/** Inputs and outputs: `[2, 3] float32, [3] float32 → [2, 3] float32`. */
function call(inputs: readonly Shown[], outputs: readonly Shown[]): string {
  return `${inputs.length > 0 ? `${inWords(inputs)} ` : ''}→ ${inWords(outputs)}`;
}

/** Whether anybody wants to hear of operations. */
export const listening = (): boolean => Boolean(context.debug?.level) || context.probes.length > 0;

/** Tells of an operation that began at that time and has been given to the device. */
export function tellOperation(op: string, inputs: readonly Shown[], output: Shown, began: number): void {
  if (context.debug?.level) {
    const time = (performance.now() - began).toFixed(3);
    console.debug(`tapegrad: ${op}: ${call(inputs, [output])}, ${time} ms`);
  }
  for (const probe of context.probes) probe.operation?.(op, inputs, output, began);
}

/** Logs what each kernel of a submit took, when that is known. */
export async function tellKernels(kernels: readonly Measured[], timed: Promise<void>): Promise<void> {
  await timed;
  for (const { op, kernel, clock, time } of kernels) {
    const took = time ? `${time.ms.toFixed(3)} ms` : 'no time';
    const how = clock === 'gpu' ? 'on the GPU' : "until done (no 'timestamp-query')";
    console.debug(`tapegrad: ${op}: ${kernel}.wgsl, ${took} ${how}`);
  }
}

/** What an error says of the operation that is called now, should it make a NaN or Infinity. */
export function finding(op: string, inputs: readonly Shown[], outputs: readonly Shown[]): string {
  const line = userLine();
  return `${op}${context.differentiating ? ' (in a gradient)' : ''}: made NaN or Infinity out of finite inputs: ${call(inputs, outputs)}${line ? `, at ${line}` : ''}`;
}

/** Frames that are captured: those of nested gradients are many. */
const FRAMES = 100;

function userLine(): string | undefined {
  return outsideLine(stackHere());
}

/** The stack of the call that is under way, from the line of the user's program on: ten frames, a line each. */
export function userStack(): string {
  return outsideFrames(stackHere()).slice(0, 10).join('\n');
}

/** As text at once: an error that V8 has not written out yet holds on to the receivers of its frames. */
function stackHere(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  return stack;
}

/** The place of the first frame outside of the library; the first frame of all is one of the library's. Pure. */
export function outsideLine(stack: string): string | undefined {
  return placeOf(outsideFrames(stack)[0] ?? '');
}

/** The frames that have a place, from the first one outside of the library on. Pure. */
export function outsideFrames(stack: string): string[] {
  const frames = stack.split('\n').flatMap((frame) => {
    const place = placeOf(frame);
    return place === undefined ? [] : [{ frame: frame.trim(), file: fileOf(place) }];
  });
  const own = frames[0]?.file ?? '';
  const library = own.replace(/\/src\/debug\/tell\.ts$/, '/src/'); // unless everything lies in one file
  const first = frames.findIndex(({ file }) => (library === own ? file !== own : !file.startsWith(library)));
  return first < 0 ? [] : frames.slice(first).map(({ frame }) => frame);
}

/** `file:line:column` of a frame, in the forms of V8 ("at f (place)", "at place") and of Firefox and Safari ("f@place"). */
function placeOf(frame: string): string | undefined {
  const text = frame.trim();
  const place = text.startsWith('at ')
    ? text.replace(/^at (?:async )?/, '').replace(/^.*\((.*)\)$/, '$1')
    : text.replace(/^[^@]*@/, '');
  if (!/:\d+:\d+$/.test(place) || place.startsWith('node:')) return undefined;
  return place.replace(/^file:\/\//, '').replace(/\?[^:]*(?=:\d+:\d+$)/, '');
}

const fileOf = (place: string): string => place.replace(/:\d+:\d+$/, '');
