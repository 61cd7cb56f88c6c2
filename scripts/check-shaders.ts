// Validates every shader as it stands, with Tint through Dawn's null backend: no GPU and no adapter needed.
// Prints file:line:column like a compiler, so that editors can jump there.
import { globSync, readFileSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create(['backend=null']);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error('Dawn has no null backend');
// A shader may enable any feature, whatever this machine's own adapter can do.
const device = await adapter.requestDevice({
  requiredFeatures: [...adapter.features] as GPUFeatureName[],
});

const files = globSync('shaders/**/*.wgsl').sort();
let errors = 0;
for (const file of files) {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: readFileSync(file, 'utf8') });
  const { messages } = await module.getCompilationInfo();
  const failure = await device.popErrorScope();
  for (const { type, message, lineNum, linePos } of messages) {
    console.log(`${file}:${lineNum}:${linePos} ${type}: ${message}`);
  }
  const found = messages.filter(({ type }) => type === 'error').length;
  if (failure && found === 0) console.log(`${file}:1:1 error: ${failure.message}`);
  errors += failure ? Math.max(found, 1) : found;
}

console.log(`${files.length} shaders, ${errors} errors`);
if (files.length === 0) console.log('no shaders/*.wgsl found: run this in the repository root');
process.exit(errors > 0 || files.length === 0 ? 1 : 0); // Dawn's threads would keep Node alive
