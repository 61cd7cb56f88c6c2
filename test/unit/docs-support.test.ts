// docs/support.md shows the example that the crash tests run, and not another.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the docs show the example as it stands', () => {
  const example = readFileSync('examples/recover.ts', 'utf8').replace(/^\/\*\*.*?\*\/\n/s, '');
  expect(readFileSync('docs/support.md', 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``);
});
