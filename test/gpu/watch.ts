// Watches a GPUDevice for what WebGPU takes badly, or takes and does something else with than was meant: writes and
// destruction between recording and submit, command buffers submitted twice, a buffer that one dispatch reads and writes.
import { intercept } from '../../scripts/gpu-counter.ts';

/** Offences from now on, in words; the list that it returns grows. */
export function watchHazards(device: GPUDevice): string[] {
  const offences: string[] = [];
  const boundBy = new WeakMap<GPUBindGroup, readonly GPUBuffer[]>();
  const accessIn = new WeakMap<GPUBindGroupLayout, ReadonlyMap<number, string | undefined>>();
  const submitted = new WeakSet<GPUCommandBuffer>();
  /** What recorded work uses that is not submitted yet. */
  const waiting = new Set<GPUBuffer>();

  const nameOf = (buffer: GPUBuffer) => `${buffer.label || 'a buffer'} of ${buffer.size} bytes`;

  intercept(device, 'createBuffer', (result) => {
    const buffer = result as GPUBuffer;
    intercept(buffer, 'destroy', () => {
      if (waiting.has(buffer))
        offences.push(`${nameOf(buffer)} was destroyed before the submit that uses it`);
    });
  });
  intercept(device, 'createBindGroupLayout', (layout, [descriptor]) => {
    const { entries } = descriptor as GPUBindGroupLayoutDescriptor;
    accessIn.set(layout as GPUBindGroupLayout, new Map([...entries].map((e) => [e.binding, e.buffer?.type])));
  });
  intercept(device, 'createBindGroup', (group, [descriptor]) => {
    const { entries, layout } = descriptor as GPUBindGroupDescriptor;
    const bindings = [...entries].map(({ binding, resource }) => ({
      buffer: (resource as GPUBufferBinding).buffer,
      access: accessIn.get(layout)?.get(binding),
    }));
    boundBy.set(
      group as GPUBindGroup,
      bindings.map(({ buffer }) => buffer),
    );
    for (const { buffer, access } of bindings) {
      const others = bindings.filter((b) => b.buffer === buffer && b.access !== access);
      if (access === 'storage' && others.length > 0)
        offences.push(`${nameOf(buffer)} is bound for reading and for writing at once`);
    }
  });
  intercept(device, 'createCommandEncoder', (result) => {
    const encoder = result as GPUCommandEncoder;
    intercept(encoder, 'beginComputePass', (pass) =>
      intercept(pass as GPUComputePassEncoder, 'setBindGroup', (_, [, group]) => {
        for (const buffer of boundBy.get(group as GPUBindGroup) ?? []) waiting.add(buffer);
      }),
    );
    for (const name of ['copyBufferToBuffer', 'clearBuffer'] as const)
      intercept(encoder, name, (_, args) => {
        for (const x of args) if (typeof x === 'object') waiting.add(x as GPUBuffer);
      });
  });
  intercept(device.queue, 'writeBuffer', (_, [target]) => {
    const buffer = target as GPUBuffer;
    // The parameters are written on purpose, by the submit itself: each dispatch has a slot of its own there.
    if (buffer.label !== 'parameters' && waiting.has(buffer))
      offences.push(`${nameOf(buffer)} was written while recorded work was still to use it`);
  });
  intercept(device.queue, 'submit', (_, [list]) => {
    waiting.clear();
    for (const commands of list as Iterable<GPUCommandBuffer>) {
      if (submitted.has(commands)) offences.push('a command buffer was submitted twice');
      submitted.add(commands);
    }
  });
  return offences;
}
