/**
 * @file The page in which the benchmark runs. It tells scripts/bench.ts about it through the function that
 * scripts/page-host.ts exposed.
 */
import { type BenchSettings, benchMatmul } from './matmul.ts';
import { type BenchEvent, type Outcome, tableHead, tableRow } from './report.ts';

type Message =
  | { readonly type: 'event'; readonly event: BenchEvent }
  | { readonly type: 'result'; readonly result: Outcome }
  | { readonly type: 'failure'; readonly text: string };

declare global {
  interface Window {
    tellHost(message: Message): Promise<void>;
  }
}

/** For who watches with --headed. */
function show(line: string): void {
  const log = document.getElementById('log') as HTMLElement;
  log.textContent += `${line}\n`;
}

function showEvent(event: BenchEvent): void {
  if (event.type === 'device')
    show(`${event.adapter}${event.software ? ' (software)' : ''}\n\n${tableHead()}`);
  else if (event.type === 'row') show(tableRow(event.row));
  else show(`failed: ${event.text}`);
}

async function main(): Promise<void> {
  const settings = JSON.parse(
    new URLSearchParams(location.search).get('settings') as string,
  ) as BenchSettings;
  const result = await benchMatmul(settings, (event) => {
    showEvent(event);
    void window.tellHost({ type: 'event', event });
  });
  await window.tellHost({ type: 'result', result });
}

main().catch(async (error: unknown) => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  show(text);
  await window.tellHost({ type: 'failure', text });
});
