/**
 * @file The end of scripts/page-host.ts that lies in the page: settings come in by the address, and events, the
 * result or what went wrong go out through `window.tellHost`. It runs in the browser and imports nothing.
 */

/** What a page tells. A result or a failure ends the run. */
export type PageMessage<Event, Result> =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'failure'; readonly text: string };

declare global {
  interface Window {
    /** Exposed by scripts/page-host.ts. */
    tellHost(message: PageMessage<unknown, unknown>): Promise<void>;
  }
}

/** Does the work of the page. A failure is shown in its element `log` as well, for who watches. */
export async function runInPage<Settings, Event, Result>(
  work: (settings: Settings, tell: (event: Event) => void) => Promise<Result>,
): Promise<void> {
  try {
    const settings = new URLSearchParams(location.search).get('settings') as string;
    const tell = (event: Event) => void window.tellHost({ type: 'event', event });
    const result = await work(JSON.parse(settings), tell);
    await window.tellHost({ type: 'result', result });
  } catch (error) {
    // The kinds of the engine's own errors are worth naming; String() names every kind.
    const text = error instanceof Error && error.name === 'Error' ? error.message : String(error);
    document.getElementById('log')?.append(`\n${text}`);
    await window.tellHost({ type: 'failure', text });
  }
}
