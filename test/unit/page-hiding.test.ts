// What the page does while it is hidden.
import { afterEach, expect, it, vi } from 'vitest';
import { pauseWhenHidden } from '../../demo/ui/hiding.ts';

afterEach(() => vi.unstubAllGlobals());

it('pauses what runs, goes on with it when it is shown, and starts nothing that stood still', () => {
  const page = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal('document', page);
  const turn = (hidden: boolean) => {
    page.hidden = hidden;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  let running = false;
  pauseWhenHidden(
    () => running,
    (now) => {
      running = now;
    },
  );
  turn(true);
  turn(false);
  expect(running).toBe(false);
  running = true;
  turn(true);
  expect(running).toBe(false);
  turn(false);
  expect(running).toBe(true);
});
