// What of the view inside needs no device: the line of the user's program in a stack, and the environment variable.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { outsideLine } from '../../src/debug/tell.ts';

describe('the line of the program', () => {
  it('is the first outside of the library, in every engine', () => {
    const v8 = `Error
    at userLine (file:///x/node_modules/tapegrad/dist/index.js:1:2)
    at Object.log (file:///x/node_modules/tapegrad/dist/index.js:3:4)
    at Array.map (<anonymous>)
    at file:///x/my app/main (1).ts:5:6`;
    expect(outsideLine(v8)).toBe('/x/my app/main (1).ts:5:6');
    const sources = `Error
    at userLine (http://localhost:1/src/debug/tell.ts?t=1:1:2)
    at log (http://localhost:1/src/ops/dispatch.ts:3:4)
    at async main (http://localhost:1/@fs/demo/main.ts?t=5:5:6)`;
    expect(outsideLine(sources)).toBe('http://localhost:1/@fs/demo/main.ts:5:6');
    const firefox = 'userLine@http://a/lib.js:1:2\nlog@http://a/lib.js:3:4\nmain@http://a/@b/app.js:5:6';
    expect(outsideLine(firefox)).toBe('http://a/@b/app.js:5:6');
    expect(outsideLine('userLine@http://a/all.js:1:2\nmain@http://a/all.js:5:6')).toBeUndefined();
  });
});

describe('the environment variable DEBUG', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const levelAtImport = async () => {
    vi.resetModules();
    await import('../../src/debug/debug.ts');
    return (await import('../../src/core/context.ts')).context.debug?.level;
  };

  it.each([
    ['1', 1],
    ['2', 2],
    ['3', 3],
    ['4', undefined],
    ['express:*', undefined],
    ['', undefined],
  ])('%s', async (value, level) => {
    vi.stubEnv('DEBUG', value);
    expect(await levelAtImport()).toBe(level);
  });

  it('is not looked for where there is no process', async () => {
    vi.stubGlobal('process', undefined);
    expect(await levelAtImport()).toBeUndefined();
  });
});
