// `npm test`: every check in order, cheapest first, stopping at the first that fails and naming it.
// Each step is an npm script of its own, so that it can be repeated alone.
import { spawnSync } from 'node:child_process';

const steps = ['lint', 'typecheck', 'shaders', 'build', 'vitest', 'package-check'];

for (const [i, step] of steps.entries()) {
  console.log(`\n▶ ${i + 1}/${steps.length} ${step}`);
  const start = performance.now();
  const { status, signal, error } = spawnSync('npm', ['run', '--silent', step], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (status !== 0) {
    const how = error?.message ?? (signal ? `signal ${signal}` : `exit status ${status}`);
    console.error(`\n✗ npm test failed in step "${step}" after ${seconds} s (${how}).`);
    console.error(`  Repeat it alone: npm run ${step}`);
    const rest = steps.slice(i + 1);
    if (rest.length > 0) console.error(`  Not run: ${rest.join(', ')}`);
    process.exit(1);
  }
  console.log(`✓ ${step}, ${seconds} s`);
}
